#pragma once
// The work of each stage of a layer on every GPU, and what its GPUs exchange. Computed once for all layers alike.
// Knows no order: what waits for what is decided elsewhere.

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "workloads/layout/placement.hpp"
#include "workloads/load/requests.hpp"
#include "workloads/routing/traffic.hpp"
#include "workloads/step/layer_kernels.hpp"
#include "workloads/step/program_writer.hpp"

namespace teapot {

/// Whose tokens a pass through layers decodes.
struct Pass {
  int micro_batch = 0;
  int turn = 0;     ///< of a pipeline: stage p works on the requests of stage p - turn
  int queries = 1;  ///< tokens of each request
  bool operator==(const Pass&) const = default;
  auto operator<=>(const Pass&) const = default;
};

class StepWork {
 public:
  StepWork(const Model& model, const Deployment& deployment, const Decode& decode, const Machine& machine,
           const ProgramWriter& writer, std::uint64_t seed);

  int micro_batches() const { return micro_batches_; }
  /// Experts split as attention is, on the tokens of the whole TP group: nothing to dispatch, an all-reduce after.
  bool experts_follow_attention() const {
    return deployment_.expert_parallel == 1 && deployment_.expert_tensor_parallel == deployment_.tensor_parallel;
  }
  bool dispatches() const { return deployment_.expert_gpus() > 1 && !experts_follow_attention(); }

  Compute embedding(int queries);
  Compute projections(const Pass& pass, const Attention& attention, bool joins_prediction);
  Compute attention(const Pass& pass, const Attention& attention);
  Compute dense(const Pass& pass);
  Compute gate(const Pass& pass);
  Compute shared(const Pass& pass);
  Compute experts(const Pass& pass, const Exchange& exchange);
  /// For all micro-batches together; in a pipeline for one turn, on the last stage.
  Compute head(int queries, int turn);

  /// The gate's choices of one layer.
  Exchange exchange(const Pass& pass, int layer);
  /// `parts` of the tokens' BF16 activations from each GPU of a TP group to each other one.
  Collective tensor_parallel(const Pass& pass, double parts);
  /// From each stage's GPUs to the next stage's: their part of the activations; from the last one token numbers.
  Collective next_stage(const Pass& pass);

 private:
  enum class Part { projections, prediction, attention, dense, gate, shared, embedding, head };
  using Key = std::tuple<Part, int, Pass>;  // the second: kind of attention

  int owner(int group, int turn) const;  // the group whose requests a group works on
  std::vector<Batch> group_batches(const Pass& pass, const Attention* attention) const;
  std::vector<Batch> gpu_batches(const Pass& pass) const;
  std::vector<Batch> routed_batches(const Pass& pass) const;
  std::vector<Batch> step_batches(int queries, int turn) const;
  int tokens_of_gpu(int gpu, const Pass& pass) const;
  int kind_of(const Attention& attention);
  template <class Kernels>
  const Compute& cached(const Key& key, const std::vector<Batch>& batches, Kernels&& kernels);
  template <class Kernels>
  Compute timed_each(const std::vector<Batch>& batches, Kernels&& kernels) const;
  void only_on_stage(Compute& work, int stage) const;
  Compute expert_times(const std::vector<std::pair<double, double>>& tokens_and_active);
  const Placement& placement(int layer);
  Chooser chooser(int layer) const;
  double group_tokens() const;  // of one micro-batch and EP group, roughly: scales the power law

  const Model& model_;
  const Deployment& deployment_;
  const Decode& decode_;
  const ProgramWriter& writer_;
  std::uint64_t seed_;
  int micro_batches_;
  Requests requests_;
  std::unique_ptr<const ExchangeLayout> layout_;
  Gate gate_;
  std::map<int, Placement> placements_;  // by layer; 0 for all where they are alike
  std::vector<Attention> kinds_;         // met so far
  std::map<Key, Compute> computed_;
  std::map<Pass, Exchange> balanced_;  // all gates of a program share one
  std::map<std::pair<double, Pass>, std::shared_ptr<const Traffic>> tensor_parallel_;
  std::map<std::pair<double, double>, Compute> expert_times_;  // by tokens and active experts
};

}  // namespace teapot
