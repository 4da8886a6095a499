#pragma once
// A training step: its chunks, sends and gradients simulated on the fabric, put together by the pipeline's schedule.
// Knows no output format.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "analysis/scenario/training_scenario.hpp"
#include "workloads/training/pipeline.hpp"
#include "workloads/training/state.hpp"

namespace teapot {

/// Where a step's time goes, the mean over the ranks of a pipeline; together the step.
struct TrainingParts {
  Seconds forward;    ///< chunks passed forward alone
  Seconds bubble;     ///< ranks wait
  Seconds backward;   ///< chunks passed back alone, with or without weights
  Seconds weights;    ///< gradients of weights alone
  Seconds pair;       ///< a forward beside a backward
  Seconds optimizer;  ///< gradients reduced, weights updated and gathered
};

/// One kind of chunk, as the engine timed it.
struct ChunkTime {
  std::string what;  ///< F, B, B input, W or F&B, and of which stages
  Seconds time;      ///< on the slowest GPUs
  Seconds compute;   ///< of it, kernels on one GPU, the mean
  int runs = 0;      ///< by all ranks in a step
};

/// What one GPU does within a chunk.
struct ChunkOperator {
  std::string name;
  int layer = -1;
  bool communication = false;
  Seconds start;  ///< from the chunk's
  Seconds end;
};

struct TrainingResult {
  Seconds step;
  TrainingParts parts;
  PipelineTimeline pipeline;
  std::vector<Seconds> optimizer;  ///< of each rank of the pipeline
  std::vector<ChunkTime> chunks;
  std::map<std::string, std::vector<ChunkOperator>> inside;  ///< of each chunk, on the first GPU simulated
  Seconds send;                                              ///< of one micro-batch to the next rank, the slowest
  TrainingMemory memory;
  double tokens_per_s = 0;
  double mfu_causal = 0;     ///< of the peak in BF16; attention counted as it is computed
  double mfu_noncausal = 0;  ///< attention counted as if every token saw the whole sequence
  int simulated_programs = 0;
  double wall_s = 0;

  double tokens_per_day() const { return tokens_per_s * 86400; }
};

/// The name of a task's chunk, as ChunkTime::what.
std::string chunk_name(const TrainingScenario& scenario, const Task& task);

/// Throws SimulationError.
TrainingResult run_training(const TrainingScenario& scenario, const std::function<void(double)>& progress = {});

}  // namespace teapot
