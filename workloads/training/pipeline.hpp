#pragma once
// When each task of a pipeline runs, given how long each takes alone: what waits for what, and how long ranks idle.
// Knows no layer, no bytes and no network.

#include <functional>
#include <vector>

#include "sim/units.hpp"
#include "workloads/training/schedule.hpp"

namespace teapot {

/// How long tasks take on the rank that runs them, and hidden states from a stage to the next (or gradients back).
struct PipelineTimes {
  std::function<Seconds(const Task&, int rank)> task;
  /// Of what a task of this kind made; the sender computes on meanwhile.
  std::function<Seconds(int from_rank, int to_rank, Task::Kind made_by)> send;
};

struct TimedTask {
  Task task;
  Seconds start;
  Seconds end;
};

struct PipelineTimeline {
  std::vector<std::vector<TimedTask>> ranks;
  Seconds end;  ///< of the last task

  Seconds busy(int rank) const;
  Seconds busy(int rank, Task::Kind kind) const;
  Seconds finish(int rank) const;
};

/// Each rank keeps to its order; a task starts when the rank is free and what it needs has come. Throws
/// std::logic_error where an order waits for itself.
PipelineTimeline run_pipeline(const Schedule& schedule, const PipelineShape& shape, const PipelineTimes& times);

}  // namespace teapot
