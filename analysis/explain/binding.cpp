// Simulates a step again with one thing faster.
// Does not know how resources are made faster.

#include "analysis/explain/binding.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "analysis/explain/critical_path.hpp"
#include "analysis/explain/what_if.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

constexpr double all = 1 - 1 / usual_raise;  // part of the step that is saved where everything is faster
constexpr double nothing = 1e-4;

constexpr double rough = 1.25;  // on what the path says: it is taken from groups where ranks wait for some of theirs

bool computes(const Resource& resource) {
  return resource.name == "arithmetic" || resource.name == "memory" || resource.name == "SM loads" ||
         resource.name == "launches" || resource.name == "serving stack" || resource.name == "CPU memory";
}

/// What the chain of operators that ends last spends its time on. A raise can bring no more than it shortens this
/// chain: another one that is as long may be left.
struct ChainTimes {
  Seconds computing, software, sending;
};

ChainTimes times_of(const std::vector<PathStep>& path, const Program& program) {
  ChainTimes times;
  for (const PathStep& step : path) {
    const bool computing = std::holds_alternative<Compute>(program.operators[at(step.op)].work);
    (computing ? times.computing : times.sending) += step.end - step.begin - step.software;
    times.software += step.software;
  }
  return times;
}

/// What a resource is likely to save: memory what computing takes (decoding mostly reads memory), the busiest tier what
/// sending takes, software its floors. 0: little, as a rule.
Seconds likely(const Resource& resource, const Report& report, const ChainTimes& times) {
  if (resource.name == "memory") return times.computing;
  if (resource.name == "software") return times.software;
  for (const ResourceUse& use : report.resources) {
    if (use.kind == "compute" || use.kind == "CPU") continue;
    return use.kind == resource.name ? times.sending : Seconds{};
  }
  return {};
}

/// The most of the chain that a resource may take, whatever it does there.
Seconds most_of(const Resource& resource, const ChainTimes& times) {
  if (computes(resource)) return times.computing;
  if (resource.name == "communication SMs") return times.computing + times.sending;
  if (resource.name == "software") return times.software + times.sending;
  return times.sending;
}

/// By how much the chain's kernels become shorter.
Seconds saved_of(const std::vector<PathStep>& path, const Program& before, const Program& raised) {
  Seconds saved;
  for (const PathStep& step : path) {
    const auto* compute = std::get_if<Compute>(&before.operators[at(step.op)].work);
    if (compute == nullptr) continue;
    // Beside communication kernels it takes longer than alone, and so does what it saves.
    const Seconds alone = compute->on(step.rank);
    const double longer = alone > Seconds{} ? (step.end - step.begin) / alone : 1;
    saved += (alone - std::get<Compute>(raised.operators[at(step.op)].work).on(step.rank)) * longer;
  }
  return saved;
}

/// Resources in the order in which they are tried.
class Candidates {
 public:
  Candidates(const Scenario& scenario, const Run& before, const Report& report)
      : scenario_(scenario),
        before_(before),
        path_(rough_path(before.program, before.timeline)),
        times_(times_of(path_, before.program)) {
    std::vector<std::string> loaded;
    for (const ResourceUse& use : report.resources) {
      if (use.kind != "compute" && use.kind != "CPU") loaded.push_back(use.kind);
    }
    all_ = resources(scenario, before.program, loaded);
    std::stable_sort(all_.begin(), all_.end(), [&](const Resource& a, const Resource& b) {
      const auto rank = [&](const Resource& r) { return std::pair{likely(r, report, times_), most_of(r, times_)}; };
      return rank(a) > rank(b);
    });
  }
  const std::vector<Resource>& all() const { return all_; }
  /// Whether a resource may save more than this part of the step.
  bool may_save(const Resource& resource, double part) const {
    const Seconds enough = part / rough * before_.timeline.step;
    if (teapot::all * most_of(resource, times_) <= enough) return false;
    if (!computes(resource)) return true;
    const Program raised = step_program(faster(scenario_, resource.name, usual_raise), before_.exchanges);
    return raised.operators.size() != before_.program.operators.size() ||
           saved_of(path_, before_.program, raised) > enough;
  }

 private:
  const Scenario& scenario_;
  const Run& before_;
  std::vector<PathStep> path_;
  ChainTimes times_;
  std::vector<Resource> all_;
};

}  // namespace

std::optional<Binding> find_binding(const Scenario& scenario, const Run& before, const Report& report) {
  std::optional<Binding> best;
  double left = all;
  const Candidates candidates{scenario, before, report};
  for (const Resource& resource : candidates.all()) {
    const double wanted = best ? best->gain : nothing;
    if (wanted >= left || !candidates.may_save(resource, wanted)) continue;
    const Seconds step = run_again(faster(scenario, resource.name, usual_raise), before).timeline.step;
    const double gain = (report.step - step) / report.step;
    if (gain >= nothing && (!best || gain > best->gain)) best = Binding{resource.name, resource.meaning, gain};
    left -= std::max(0.0, gain);
  }
  return best;
}

}  // namespace teapot
