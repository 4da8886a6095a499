#pragma once
// How a model is laid over GPUs: which of them share attention, layers and experts.
// Knows no requests, no time and no network.

#include "sim/config.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

struct Layout {
  int gpus = 128;
  /// The last of them run feed-forwards and nothing else, the others all the rest; 0: every GPU runs all.
  int ffn_gpus = 0;
  bool only_routed_apart = false;  ///< of feed-forwards: shared experts and dense layers stay with attention
  int tensor_parallel = 1;         ///< GPUs that share the attention of their requests
  int pipeline_parallel = 1;       ///< stages, each a run of layers; dense models only
  int expert_parallel = 128;       ///< ranks over which the experts of one EP group are spread
  int expert_tensor_parallel = 1;  ///< GPUs that share one expert
  int redundant_experts = 0;       ///< extra copies of experts in each EP group

  /// Attention and feed-forwards have GPUs of their own (attention-FFN disaggregation: Step-3, arXiv 2507.19427;
  /// MegaScale-Infer, arXiv 2504.02263).
  bool apart() const { return ffn_gpus > 0; }
  int attention_gpus() const { return gpus - ffn_gpus; }
  /// What every token passes (shared experts, dense layers) is with the routed experts on their GPUs.
  bool all_apart() const { return apart() && !only_routed_apart; }
  int expert_gpus() const { return expert_parallel * expert_tensor_parallel; }  ///< GPUs of one EP group
  int expert_groups() const { return apart() ? 1 : gpus / expert_gpus(); }
  int experts_per_rank(const Model& model) const {
    return (model.experts.routed + redundant_experts) / expert_parallel;
  }
  /// GPUs that hold all layers together, one stage after the other, each stage's GPUs sharing attention.
  int pipeline_gpus() const { return tensor_parallel * pipeline_parallel; }
  int stage_of(int gpu) const { return gpu / tensor_parallel % pipeline_parallel; }
  /// Experts are split over the GPUs that share attention, each a part of every expert or whole ones: every GPU has the
  /// group's tokens already, so there is nothing to dispatch, and an all-reduce after.
  bool experts_follow_attention() const { return !apart() && expert_gpus() == tensor_parallel; }
  /// Tokens travel to their experts and back.
  bool dispatches() const { return apart() || (expert_gpus() > 1 && !experts_follow_attention()); }
  bool operator==(const Layout&) const = default;
};

/// Reads `deployment:` but for its requests; every key has a default. Throws ConfigError where the parts do not divide.
Layout read_layout(const Config& section, const Model& model);

}  // namespace teapot
