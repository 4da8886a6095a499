// Simulates a step again with one thing faster.
// Does not know how resources are made faster.

#include "analysis/explain/binding.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "analysis/explain/what_if.hpp"

namespace teapot {
namespace {

constexpr double all = 1 - 1 / usual_raise;  // part of the step that is saved where everything is faster
constexpr double nothing = 1e-4;

/// At most so much of the step can be saved by a faster resource: it was in use so long. Nothing where that is not
/// known.
std::optional<double> most_gain(const Resource& resource, const Report& report) {
  const bool computes = resource.name == "arithmetic" || resource.name == "memory" || resource.name == "SM loads" ||
                        resource.name == "launches";
  for (const ResourceUse& use : report.resources) {
    if (use.kind == (computes ? std::string{"compute"} : resource.name == "CPU memory" ? "CPU" : resource.name))
      return all * std::min(1.0, use.use);
  }
  return {};
}

}  // namespace

std::optional<Binding> find_binding(const Scenario& scenario, const Run& run_, const Report& report) {
  std::vector<std::string> loaded;
  for (const ResourceUse& use : report.resources) {
    if (use.kind != "compute" && use.kind != "CPU") loaded.push_back(use.kind);
  }
  std::vector<Resource> candidates = resources(scenario, run_.program, loaded);
  const auto first = [](const Resource& r) { return r.name == "memory"; };  // decoding mostly reads memory
  std::stable_sort(candidates.begin(), candidates.end(), [&](const Resource& a, const Resource& b) {
    const double most_a = most_gain(a, report).value_or(0);  // last: others leave little for them, as a rule
    const double most_b = most_gain(b, report).value_or(0);
    return most_a != most_b ? most_a > most_b : first(a) && !first(b);
  });
  std::optional<Binding> best;
  double left = all;
  for (const Resource& resource : candidates) {
    const double most = std::min(left, most_gain(resource, report).value_or(all));
    if (best && best->gain >= most) continue;
    const Seconds step = run(faster(scenario, resource.name, usual_raise)).timeline.step;
    const double gain = (report.step - step) / report.step;
    if (gain >= nothing && (!best || gain > best->gain)) best = Binding{resource.name, resource.meaning, gain};
    left -= std::max(0.0, gain);
  }
  return best;
}

}  // namespace teapot
