#pragma once
// How a model is trained: batch, parallelism, pipeline, formats, what is computed again.
// Knows no accelerator, no fabric and no time.

#include <set>
#include <string>
#include <vector>

#include "sim/config.hpp"
#include "workloads/layout/layout.hpp"
#include "workloads/model/model.hpp"
#include "workloads/routing/routing.hpp"
#include "workloads/training/schedule.hpp"

namespace teapot {

struct Training {
  int sequence_tokens = 4096;
  int global_batch = 0;  ///< sequences of a step
  int micro_batch = 1;   ///< sequences that pass the pipeline together
  PipelineShape pipeline;
  std::string schedule = "1f1b";
  bool zero = true;  ///< optimizer states are divided over the ranks that share weights (ZeRO-1)
  std::set<std::string> recompute;
  Bytes gradient{4};          ///< of one number as it is summed over ranks
  int communication_sms = 0;  ///< that dispatch and combine hold; 0: as the library says
  bool prediction = false;    ///< multi-token prediction modules are trained too
  std::vector<int> layers;    ///< of the model, of each stage
  Routing routing;
  Precision precision;
  Layout layout;  ///< of one pipeline rank's work, over all GPUs: TP and EP; ranks of a pipeline one after another

  int pipeline_gpus() const { return layout.gpus / pipeline.ranks; }  ///< of one rank of all pipelines together
  int data_parallel() const { return pipeline_gpus() / layout.tensor_parallel; }
  /// Tokens of a micro-batch: all that the GPUs of a TP group work on together.
  double tokens() const { return static_cast<double>(sequence_tokens) * micro_batch; }
  double step_tokens() const { return static_cast<double>(sequence_tokens) * global_batch; }
  bool computes_again(const std::string& what) const { return recompute.contains(what) || recompute.contains("full"); }
};

/// Reads `training:` for so many GPUs; every key has a default. Throws ConfigError where the parts do not divide.
Training read_training(const Config& section, const Model& model, int gpus);

/// Layers of each stage where nothing is said: as even as can be, the embedding, the head and each prediction module
/// counted as a layer of the first or last stage where layers do not divide.
std::vector<int> split_layers(int layers, int stages, int modules);

}  // namespace teapot
