// The catalogue of overlap strategies.
// Knows none by name.

#include "workloads/step/overlap.hpp"

#include <cassert>
#include <map>

namespace teapot {
namespace {

std::map<std::string, Overlap>& catalogue() {
  static std::map<std::string, Overlap> strategies;
  return strategies;
}

}  // namespace

OverlapRegistration::OverlapRegistration(Overlap overlap) { catalogue().emplace(overlap.name, overlap); }

std::vector<std::string> overlap_names() {
  std::vector<std::string> names;
  for (const auto& [name, strategy] : catalogue()) names.push_back(name);
  return names;
}

const Overlap& overlap(const std::string& name) {
  const auto found = catalogue().find(name);
  assert(found != catalogue().end());
  return found->second;
}

}  // namespace teapot
