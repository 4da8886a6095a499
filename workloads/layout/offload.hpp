#pragma once
// Where tensors lie that are not on the GPU, and who computes with them.
// Knows no accelerator, no host and no capacity.

#include "sim/config.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

struct Offload {
  enum class Run { cpu, streamed };                  ///< on the CPU, or on the GPU once its bytes have come
  enum class Read { streamed, prefetched, pooled };  ///< when a layer comes to it, one layer ahead, from all hosts

  double kv = 0;  ///< part of each cache that lies on the host
  Read kv_read = Read::streamed;
  Run kv_run = Run::streamed;
  double experts = 0;  ///< part of the routed experts that lies on the host
  Run experts_run = Run::cpu;
  double experts_missed = 0;  ///< part of the tokens' choices that falls on those
  int layers_on_device = -1;  ///< first layers whose weights are on the GPU; below 0: all of them
  Run weights_run = Run::cpu;
  bool split = false;       ///< feed-forwards are split by neuron between GPU and CPU
  double hot = 1;           ///< part of the neurons that lies on the GPU
  double hot_activity = 1;  ///< of the neurons that fire, those among the hot ones
  double active = 1;        ///< part of the neurons that fires for a token

  bool any() const { return kv > 0 || experts > 0 || layers_on_device >= 0 || split; }
  bool attends_on_cpu() const { return kv > 0 && kv_run == Run::cpu; }
  bool computes_on_cpu() const {
    return split || attends_on_cpu() || (experts > 0 && experts_run == Run::cpu) ||
           (layers_on_device >= 0 && weights_run == Run::cpu);
  }
  bool away(int layer) const { return layers_on_device >= 0 && layer >= layers_on_device; }
  /// Embedding and head stay behind with layers that the CPU runs.
  bool ends_away() const { return layers_on_device >= 0 && weights_run == Run::cpu; }
};

/// Width of what guesses which neurons of a layer's feed-forward fire: two matrices, narrow between them, of 6% of all
/// parameters (PowerInfer, arXiv 2312.12456, section 5.1).
double predictor_rank(const Model& model, const Layer& layer);

/// Reads `kv`, `experts`, `weights` and `neurons` of `memory:`. Throws ConfigError.
Offload read_offload(const Config& memory, const Model& model);

}  // namespace teapot
