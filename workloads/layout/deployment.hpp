#pragma once
// How a model is laid over GPUs, and the requests each GPU serves.
// Knows neither time nor network.

#include <vector>

#include "sim/config.hpp"
#include "workloads/load/distribution.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

struct Deployment {
  int gpus = 128;
  int tensor_parallel = 1;         ///< GPUs that share the attention of their requests
  int pipeline_parallel = 1;       ///< stages, each a run of layers; dense models only
  int expert_parallel = 128;       ///< ranks over which the experts of one EP group are spread
  int expert_tensor_parallel = 1;  ///< GPUs that share one expert
  int redundant_experts = 0;       ///< extra copies of experts in each EP group
  double requests_per_gpu = 128;   ///< mean over GPUs of the whole batch: both micro-batches, all stages' shares
  std::vector<int> requests{128};  ///< by GPU; one entry holds for all
  double context_tokens = 4096;    ///< in the cache of a request, the mean
  Distribution context;            ///< of each request

  int expert_gpus() const { return expert_parallel * expert_tensor_parallel; }  ///< GPUs of one EP group
  int expert_groups() const { return gpus / expert_gpus(); }
  int experts_per_rank(const Model& model) const {
    return (model.experts.routed + redundant_experts) / expert_parallel;
  }
};

/// Reads `deployment:`; every key has a default. Throws ConfigError where the parts do not divide.
Deployment read_deployment(const Config& section, const Model& model);

}  // namespace teapot
