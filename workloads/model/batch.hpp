#pragma once
// Sequences that some GPUs compute together: what a layer's kernels are derived from.
// Knows neither model nor GPU.

#include <span>
#include <vector>

namespace teapot {

/// Sequences alike in kind: those that decode, or pieces of prompts.
struct Sequences {
  double count = 0;
  double new_tokens = 1;                         ///< of each, in this pass
  double context = 0;                            ///< tokens in the cache of each before this pass, where all are equal
  std::vector<std::span<const float>> contexts;  ///< where they differ; together `count` of them
  bool prompt = false;                           ///< its tokens are those of a prompt: many, attending to one another

  /// The mean of f(context) over the sequences; 0 of none.
  template <class F>
  double mean(F&& f) const {
    if (contexts.empty()) return f(context);
    double sum = 0;
    for (const auto& run : contexts) {
      for (const float each : run) sum += f(double{each});
    }
    return count > 0 ? sum / count : 0;
  }
};

struct Batch {
  std::vector<Sequences> sequences;
  int shared_by = 1;  ///< GPUs that split heads and matrix columns

  double tokens() const {
    double sum = 0;
    for (const auto& each : sequences) sum += each.count * each.new_tokens;
    return sum;
  }
};

}  // namespace teapot
