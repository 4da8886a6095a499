// Builds the program of a scenario and simulates it.
// Does not interpret the timeline.

#include "analysis/run.hpp"

#include <chrono>
#include <map>
#include <utility>

#include "workloads/decode_step.hpp"

namespace teapot {
namespace {

/// Gives the compute operators of each layer and micro-batch, in equal parts, the time that its collectives took.
void compute_as_long_as_communication(Program& program, const Timeline& timeline) {
  std::map<std::pair<int, int>, Seconds> communication;
  std::map<std::pair<int, int>, int> operators;
  for (int op = 0; op < timeline.operators; ++op) {
    const Operator& o = program.operators[static_cast<std::size_t>(op)];
    const std::pair place{o.layer, o.micro_batch};
    if (std::holds_alternative<Compute>(o.work)) {
      ++operators[place];
      continue;
    }
    Seconds longest;
    for (int rank = 0; rank < timeline.ranks; ++rank) {
      longest = std::max(longest, timeline.end(op, rank) - timeline.start(op, rank));
    }
    communication[place] += longest;
  }
  for (auto& o : program.operators) {
    auto* compute = std::get_if<Compute>(&o.work);
    const std::pair place{o.layer, o.micro_batch};
    if (compute != nullptr) compute->duration = {communication[place] / operators[place]};
  }
}

}  // namespace

Program decode_program(const Scenario& scenario) {
  return decode_program(scenario.model, scenario.deployment, scenario.decode, scenario.machine, scenario.seed);
}

Run run(const Scenario& scenario, const std::function<void(double fraction)>& progress) {
  const auto begin = std::chrono::steady_clock::now();
  Run result;
  result.program = decode_program(scenario);
  SimulationOptions options;
  options.network = scenario.depth;
  options.progress = progress;
  result.timeline = simulate(result.program, scenario.network, options);
  if (scenario.compute == ComputeDepth::as_communication) {
    compute_as_long_as_communication(result.program, result.timeline);
    result.timeline = simulate(result.program, scenario.network, options);
  }
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace teapot
