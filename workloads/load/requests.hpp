#pragma once
// The requests of each GPU: how many, in which micro-batch, and how long their context is.
// Knows neither kernels nor traffic.

#include <vector>

#include "workloads/layout/deployment.hpp"

namespace teapot {

/// GPUs that share attention are a group; a group's requests are those of its GPUs.
class Requests {
 public:
  Requests(const Deployment& deployment, int micro_batches);

  /// Every GPU has the same number of requests, and all contexts are equal.
  bool alike() const { return alike_; }
  int of_gpu(int gpu, int micro_batch) const;
  int of_group(int group, int micro_batch) const;
  int groups() const { return gpus_ / group_size_; }
  /// Tokens of cache that one layer reads for each request of a group, the mean.
  double visible(int group, int micro_batch, const Attention& attention) const;
  /// Tokens of cache that one layer keeps for all requests of a group.
  double kept(int group, const Attention& attention) const;

 private:
  int first(int gpu, int micro_batch) const;  // how many requests of the GPU come before the micro-batch
  template <class F>
  void each_context(int group, int micro_batch, F&& f) const;

  int gpus_;
  int group_size_;
  int micro_batches_;
  bool alike_;
  std::vector<int> counts_;         // by GPU; one entry: all alike
  double context_;                  // where all are equal
  std::vector<float> contexts_;     // of every request, GPU after GPU; empty where all are equal
  std::vector<std::size_t> begin_;  // of each GPU in contexts_
};

}  // namespace teapot
