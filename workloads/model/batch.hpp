#pragma once
// Sequences that some GPUs compute together: what a layer's kernels are derived from.
// Knows neither model nor GPU.

#include <algorithm>
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

  /// Tokens of each that are in the cache after this pass on top of `context`, which holds a decoding one's last
  /// already.
  double kept_more() const { return prompt ? new_tokens : 0; }

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

/// Tokens that a new token of a prompt looks back at, itself among them, the mean over `new_tokens` of them that follow
/// `context` others; at most `window` where that is not 0.
inline double causal_mean(double context, double new_tokens, double window) {
  const double growing = window > 0 ? std::clamp(window - context, 0.0, new_tokens) : new_tokens;
  const double full = new_tokens - growing;  // see a whole window
  return (growing * (context + (growing + 1) / 2) + full * window) / new_tokens;
}

struct Batch {
  std::vector<Sequences> sequences;
  int shared_by = 1;  ///< GPUs that split heads and matrix columns

  /// Whether it has sequences of that kind, be it none of them on this GPU.
  bool has(bool prompt) const {
    return std::any_of(sequences.begin(), sequences.end(), [&](const Sequences& s) { return s.prompt == prompt; });
  }
  double tokens() const { return tokens(false) + tokens(true); }
  /// Those of prompts, or those of decoding sequences.
  double tokens(bool prompt) const {
    double sum = 0;
    for (const auto& each : sequences) sum += each.prompt == prompt ? each.count * each.new_tokens : 0;
    return sum;
  }
};

}  // namespace teapot
