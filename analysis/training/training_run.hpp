#pragma once
// A training step: its chunks, sends and gradients simulated on the fabric, put together by the pipeline's schedule.
// Knows no output format.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "analysis/scenario/training_scenario.hpp"
#include "workloads/training/pipeline.hpp"
#include "workloads/training/sends.hpp"
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

/// A part of a chunk or of a step: kernels of a kind, an exchange that nothing is computed beside, ...
struct StepPart {
  std::string group;  ///< computing, trainer, exchanges, pipeline or end of the step
  std::string name;
  Seconds time;
};

/// One kind of chunk, as the engine timed it.
struct ChunkTime {
  std::string what;               ///< F, B, B input, W or F&B, and of which stages
  Seconds time;                   ///< on the slowest GPUs
  Seconds compute;                ///< of it, kernels on one GPU, the mean
  int runs = 0;                   ///< by all ranks in a step
  Seconds total{};                ///< of these, on each the time of its rank
  std::vector<StepPart> parts{};  ///< on the first GPU, until the slowest of its rank of the pipeline is done
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
  std::vector<StepPart> end;     ///< what the optimizer's part is made of, the mean over GPUs
  Seconds send;                  ///< of one micro-batch to the next rank while nothing else is sent, the slowest
  Seconds send_beside;           ///< the same beside the exchanges of a pair of chunks
  Seconds bubble_without_sends;  ///< TrainingParts::bubble if nothing had to be sent
  Seconds bubble_even;           ///< and if all chunks of a kind took the mean of them
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

/// From kernels to the step: parts in order, the mean over the ranks of a pipeline; their sum is the step (to
/// rounding).
///   computing             kernels by kind, as long as each runs alone
///   trainer               what the framework makes them longer
///   exchanges             SMs that exchanges take from kernels beside them; exchanges that nothing is computed beside
///   pipeline              ranks wait: as the schedule must if all chunks of a kind were alike and sends free; because
///                         stages differ; for sends
///   end of the step       gradients, optimizer, weights
std::vector<StepPart> step_waterfall(const TrainingResult& result);

/// Throws SimulationError.
TrainingResult run_training(const TrainingScenario& scenario, const std::function<void(double)>& progress = {});

}  // namespace teapot
