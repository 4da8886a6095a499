// Builds the program of a scenario and simulates it.
// Does not interpret the timeline.

#include "analysis/run/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "sim/memory_limit.hpp"
#include "workloads/step/step_program.hpp"

namespace teapot {
namespace {

/// Gives each collective's time, in equal parts, to the compute operators issued while it is in flight: those between
/// it and the first that waits for it or, where there are none (no overlap), from that one to the next collective.
void compute_as_long_as_communication(Program& program, const Timeline& timeline) {
  const auto& operators = program.operators;
  const int count = static_cast<int>(operators.size());
  const auto is_compute = [&](int op) {
    return std::holds_alternative<Compute>(operators[static_cast<std::size_t>(op)].work);
  };
  const auto waits_for = [&](int op, int collective) {
    const auto& after = operators[static_cast<std::size_t>(op)].after;
    return std::find(after.begin(), after.end(), collective) != after.end();
  };
  std::vector<Seconds> duration(operators.size());
  for (int c = 0; c < count; ++c) {
    if (is_compute(c)) continue;
    std::vector<int> hidden;
    int op = c + 1;
    for (; op < count && !waits_for(op, c); ++op) {
      if (is_compute(op)) hidden.push_back(op);
    }
    for (; hidden.empty() && op < count && is_compute(op); ++op) hidden.push_back(op);
    Seconds longest;
    for (int rank = 0; rank < timeline.ranks; ++rank) {
      if (timeline.ran(c, rank)) longest = std::max(longest, timeline.end(c, rank) - timeline.start(c, rank));
    }
    for (const int h : hidden) duration[static_cast<std::size_t>(h)] += longest / static_cast<double>(hidden.size());
  }
  for (int op = 0; op < count; ++op) {
    auto* compute = std::get_if<Compute>(&program.operators[static_cast<std::size_t>(op)].work);
    if (compute != nullptr) compute->duration = {duration[static_cast<std::size_t>(op)]};
  }
}

}  // namespace

Program step_program(const Scenario& s) {
  return step_program(s.model, s.layout, s.execution, s.load, s.machine, s.seed);
}

Run run(const Scenario& scenario, const std::function<void(double fraction)>& progress, bool record_links) {
  const auto begin = std::chrono::steady_clock::now();
  Run result;
  result.program = step_program(scenario);
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
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace teapot
