#pragma once
// Numbers of ranks, links and operators are ints, vectors count in size_t.
// For .cpp files: a header that included it would hand the short name on.

#include <cassert>
#include <cstddef>

namespace teapot {

constexpr std::size_t at(int index) {
  assert(index >= 0);
  return static_cast<std::size_t>(index);
}

}  // namespace teapot
