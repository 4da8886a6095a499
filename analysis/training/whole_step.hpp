#pragma once
// A training step as one program of all GPUs, without anything put together by hand: for other simulators, and to check
// what was put together. As large as tasks times operators of a chunk; for deployments of tens to hundreds of GPUs.
// Knows no output format.

#include "analysis/training/training_run.hpp"

namespace teapot {

/// Tasks in the order in which `result` ran them. Streams: compute, communication, sends down and up the pipeline.
/// Throws ConfigError where it does not fit in memory.
Program whole_step(const TrainingScenario& scenario, const TrainingResult& result);

}  // namespace teapot
