#pragma once
// A pipeline as a timeline that trace writers take: each rank a GPU, each task an operator, one rank looked into.
// Knows no file format.

#include "analysis/training/training_run.hpp"
#include "sim/timeline.hpp"

namespace teapot {

/// What write_trace wants.
struct PipelineTrace {
  Program program;
  Timeline timeline;
  Network network;  ///< one node a rank, named by the stages it holds
};

/// Streams: tasks of every rank; compute and communication of one GPU of rank `inside`.
PipelineTrace pipeline_trace(const TrainingScenario& scenario, const TrainingResult& result, int inside = 0);

}  // namespace teapot
