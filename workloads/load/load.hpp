#pragma once
// What a step has to compute: the sequences of each GPU with their contexts and new tokens. Decode steps, prefills,
// chunks of prompts and mixtures of them are values of one type. Knows neither kernels nor traffic.

#include <vector>

#include "sim/config.hpp"
#include "workloads/layout/layout.hpp"
#include "workloads/model/batch.hpp"

namespace teapot {

/// Requests alike in kind, on all GPUs.
struct Requests {
  std::vector<int> counts{128};    ///< by GPU that attends; one entry holds for all
  double context = 4096;           ///< tokens in the cache of a request before the step, the mean
  std::vector<float> contexts;     ///< of every request, GPU after GPU; empty where all are equal
  std::vector<std::size_t> begin;  ///< of each GPU in `contexts`
  int new_tokens = 1;              ///< of each request: 1 + drafts, or those of a prompt
  bool prompt = false;

  double per_gpu() const;  ///< the mean over GPUs of their number
};

struct Load {
  std::vector<Requests> requests{{}};

  /// Of all kinds, the mean over the GPUs that attend, whole batch: all micro-batches and stages.
  double requests_per_gpu() const;
  double context_tokens() const;  ///< the mean over requests
  double new_tokens_per_gpu() const;
  int fewest() const;  ///< requests of the GPU that has the fewest
};

/// Which of a load's tokens pass through an operator.
enum class Tokens {
  all,
  sampled,   ///< those whose next token is asked for: all of a decoding request, the last one of a prompt
  one_each,  ///< one of each request
};

/// A load dealt to micro-batches and to groups of GPUs that share attention.
class Batches {
 public:
  static constexpr int whole_step = -1;  ///< in place of a micro-batch: all together

  /// Keeps a reference to the load.
  Batches(const Load& load, const Layout& layout, int micro_batches);

  /// Every GPU has the same number of requests, and all contexts are equal.
  bool alike() const { return alike_; }
  int groups() const { return gpus_ / group_size_; }
  int micro_batches() const { return micro_batches_; }
  /// `cache`: with the contexts of the sequences, or 0 in place of each.
  Batch of_group(int group, int micro_batch, Tokens tokens, bool cache) const;
  Batch of_gpu(int gpu, int micro_batch, Tokens tokens) const;  ///< its own sequences, not shared
  int tokens_of_gpu(int gpu, int micro_batch, Tokens tokens) const;
  /// Of one micro-batch, the mean over GPUs.
  double mean_tokens() const;

 private:
  Batch of_gpus(int first, int last, int micro_batch, Tokens tokens, bool cache) const;

  const Load& load_;
  int gpus_;
  int group_size_;
  int micro_batches_;
  bool alike_;
};

/// The requests of `deployment:` as they decode: `requests_per_gpu` and `context_tokens`, each a number or a
/// distribution, or in place of the first `concurrency`, the requests in flight over all GPUs. Throws ConfigError.
Load read_load(const Config& deployment, const Layout& layout);

}  // namespace teapot
