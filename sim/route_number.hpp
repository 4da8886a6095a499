#pragma once
// Numbers for the few different values of a row. For the two halves of the route table.
// Knows no routes.

#include <cassert>
#include <limits>
#include <map>
#include <vector>

namespace teapot {

/// The number of a value among those known, to which it is added if it is new; `last` is tried first.
template <class Number, class Kind>
Number number_among(std::vector<Kind>& kinds, const Kind& kind, std::map<Kind, Number>& known, Number last) {
  if (last < kinds.size() && kinds[last] == kind) return last;
  assert(kinds.size() < std::numeric_limits<Number>::max());
  const auto [found, is_new] = known.try_emplace(kind, static_cast<Number>(kinds.size()));
  if (is_new) kinds.push_back(kind);
  return found->second;
}

}  // namespace teapot
