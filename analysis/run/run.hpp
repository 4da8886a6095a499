#pragma once
// One run: the scenario's program, and what happened when it was simulated.
// Knows no output format.

#include <memory>

#include "analysis/scenario/scenario.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"
#include "workloads/step/gates.hpp"

namespace teapot {

struct Run {
  Program program;
  Timeline timeline;
  double wall_s = 0;                          ///< real time of program and simulation
  std::shared_ptr<KnownExchanges> exchanges;  ///< of its gates
};

/// The operators of one step, timed for the scenario's machine.
Program step_program(const Scenario& scenario, const std::shared_ptr<KnownExchanges>& known = nullptr);
/// `record_links`: fill Timeline::busy, which tables and traces read. Throws SimulationError where the simulation
/// cannot finish.
Run run(const Scenario& scenario, const std::function<void(double fraction)>& progress = {}, bool record_links = false);
/// A scenario that differs from that of `before` in how fast things are, and in nothing else: tokens are not drawn
/// again.
Run run_again(const Scenario& scenario, const Run& before);
/// Tokens that were drawn already, for whichever scenario, are not drawn again.
Run run_sharing(const Scenario& scenario, const std::shared_ptr<KnownExchanges>& drawn);

}  // namespace teapot
