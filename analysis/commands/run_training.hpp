#pragma once
// ./teapot run of a scenario with `phase: training`.
// Knows no other scenario.

#include <string>

#include "analysis/output/trace/trace.hpp"
#include "sim/config.hpp"

namespace teapot::run_command {

/// What is given with the options of `run`; empty: not given.
struct TrainingOutputs {
  std::string explain, trace, html, folder;
  TraceSelection selection;
  bool json = false;
};

/// Simulates the step, prints it, and writes what was asked for.
void run_training(const Tree& tree, const std::string& name, const TrainingOutputs& outputs);

}  // namespace teapot::run_command
