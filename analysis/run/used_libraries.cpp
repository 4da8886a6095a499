// Which library serves which operation of a step.
// Does not know how long they take.

#include "analysis/run/used_libraries.hpp"

#include <algorithm>
#include <map>

namespace teapot {
namespace {

/// Which library serves each operation.
std::map<std::string, std::string> libraries(const Scenario& s) {
  std::map<std::string, std::string> serving;
  for (const auto& operation : collective_operations()) {
    const auto found = s.libraries.by_operation.find(operation);
    serving[operation] = found == s.libraries.by_operation.end() ? s.libraries.name : found->second;
  }
  return serving;
}

}  // namespace

UsedLibraries used_libraries(const Scenario& s, const Report& r) {
  UsedLibraries used;
  for (const auto& [operation, library] : libraries(s)) {
    const bool called = std::any_of(r.operators.begin(), r.operators.end(), [&](const OperatorTime& op) {
      return op.communication && op.name.find(operation) != std::string::npos;
    });
    if (!called) continue;
    const auto known =
        std::find_if(used.begin(), used.end(), [&](const auto& entry) { return entry.first == library; });
    if (known == used.end()) {
      used.push_back({library, {operation}});
    } else {
      known->second.push_back(operation);
    }
  }
  return used;
}

}  // namespace teapot
