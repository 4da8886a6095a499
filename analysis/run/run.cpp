// Builds the program of a scenario and simulates it.
// Does not interpret the timeline.

#include "analysis/run/run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "analysis/run/receivers.hpp"
#include "analysis/run/work_estimate.hpp"
#include "sim/memory_limit.hpp"
#include "workloads/step/as_communication.hpp"
#include "workloads/step/step_program.hpp"

namespace teapot {

Program step_program(const Scenario& s, const std::shared_ptr<KnownExchanges>& known) {
  return step_program(s.model, s.layout, s.execution, s.load, s.machine, s.seed, known);
}

namespace {

Run run_with(const Scenario& scenario, std::shared_ptr<KnownExchanges> known,
             const std::function<void(double fraction)>& progress, bool record_links) {
  const auto begin = std::chrono::steady_clock::now();
  require_feasible(work_of(scenario));
  Run result;
  result.exchanges = std::move(known);
  result.program = step_program(scenario, result.exchanges);
  // Begin and end of each operator on each rank, in the process that simulates and in this one.
  const double cells = static_cast<double>(result.program.operators.size()) * result.program.ranks;
  require_memory(
      fmt::format("the timeline of {} operators on {} GPUs", result.program.operators.size(), result.program.ranks),
      2 * 2 * sizeof(double) * cells);
  SimulationOptions options;
  options.network = scenario.depth;
  options.progress = progress;
  options.record_links = record_links;
  result.timeline = simulate(result.program, scenario.network, options);
  if (scenario.compute == ComputeDepth::as_communication) {
    compute_as_long_as_communication(result.program, result.timeline);
    result.timeline = simulate(result.program, scenario.network, options);
  }
  if (scenario.layout.apart()) enter_with_senders(result.program, result.timeline);
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace

Run run(const Scenario& scenario, const std::function<void(double fraction)>& progress, bool record_links) {
  return run_with(scenario, std::make_shared<KnownExchanges>(), progress, record_links);
}

Run run_again(const Scenario& scenario, const Run& before) { return run_sharing(scenario, before.exchanges); }

Run run_sharing(const Scenario& scenario, const std::shared_ptr<KnownExchanges>& drawn) {
  return run_with(scenario, drawn, {}, false);
}

}  // namespace teapot
