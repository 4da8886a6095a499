#pragma once
// Which experts each token chooses.
// Knows no GPUs and no bytes: where experts live is the placement's, what is sent is the traffic's.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/random.hpp"
#include "workloads/model/model.hpp"
#include "workloads/routing/routing.hpp"

namespace teapot {

/// A token takes top_k different experts; where groups are limited, all of them from max_groups of the groups.
struct Gate {
  int experts = 0;
  int top_k = 0;
  int groups = 1;
  int max_groups = 1;

  bool limited() const { return max_groups < groups; }
};

/// `nodes` stands for the groups where the model has none of its own.
Gate make_gate(const Model& model, const Routing& routing, int nodes);

/// Probability that a token chooses at least one of `wanted` experts, all choices being equally likely. Exact where
/// the experts lie within one group or fill whole groups. Without limit: 1 - C(E - n, k) / C(E, k).
double hit_probability(const Gate& gate, double wanted);

/// Draws one of several with given weights in constant time: Walker's alias method, tables built as in M. Vose,
/// A linear algorithm for generating random numbers with a given distribution, 1991.
class AliasTable {
 public:
  explicit AliasTable(const std::vector<double>& weights);
  std::uint16_t draw(Random& random) const {
    const std::uint64_t bits = random.next();
    const auto slot = static_cast<std::size_t>(((bits >> 32) * own_.size()) >> 32);
    return static_cast<std::uint32_t>(bits) < own_[slot] ? static_cast<std::uint16_t>(slot) : other_[slot];
  }

 private:
  std::vector<std::uint32_t> own_;  // chance of a slot to give itself, of 2^32
  std::vector<std::uint16_t> other_;
};

/// The choices of one layer's tokens.
class Chooser {
 public:
  /// All experts equally likely.
  static Chooser uniform(const Gate& gate) { return Chooser{gate}; }
  /// Experts drawn by weight, each at most once for a token; groups by their weight where they are limited.
  static Chooser weighted(const Gate& gate, std::vector<double> weights);
  /// Those of a trace: each GPU takes a run of consecutive tokens that begins at a drawn place.
  static Chooser traced(const Gate& gate, std::shared_ptr<const ExpertTrace> trace, int layer);

  const Gate& gate() const { return gate_; }
  const std::vector<double>& weights() const { return weights_; }  ///< empty: all alike

  /// Calls f(const std::uint16_t* chosen) for each token. `random` names the GPU and its micro-batch.
  template <class F>
  void each_token(Random random, int tokens, F&& f) const {
    each_next(random, tokens, f);
  }
  /// Adds how often each expert is chosen; the same choices.
  void count(Random random, int tokens, std::uint32_t* counts) const { count_next(random, tokens, counts); }
  /// The same, and leaves `random` behind the last token: the next ones go on from there. Not of a trace.
  template <class Count>
  void count_next(Random& random, int tokens, Count* counts) const;

 private:
  explicit Chooser(const Gate& gate) : gate_(gate) {}

  template <class F>
  void each_next(Random& random, int tokens, F& f) const {
    if (trace_) {
      from_trace(random, tokens, f);
    } else if (table_) {
      by_weight(random, tokens, f);
    } else {
      alike(random, tokens, f);
    }
  }
  template <class F>
  void alike(Random& random, int tokens, F& f) const;
  template <class F>
  void by_weight(Random& random, int tokens, F& f) const;
  template <class F>
  void from_trace(Random random, int tokens, F& f) const;
  void choose_by_weight(Random& random, std::uint16_t* chosen) const;
  void choose_rest(Random& random, const std::vector<bool>& open, std::uint16_t* chosen, int found) const;
  std::vector<bool> open_groups(Random& random) const;

  Gate gate_;
  std::vector<double> weights_;
  std::shared_ptr<const AliasTable> table_;
  std::shared_ptr<const ExpertTrace> trace_;
  const std::vector<std::uint16_t>* choices_ = nullptr;  // the trace's, of this layer
};

// ---------------------------------------------------------------------------------------------------------------------

namespace detail {

/// Distinct numbers below `range`, a power of two of at most 256: eight candidates for each 64 random bits.
template <class F>
void choose_bytes(int range, int top_k, Random& random, F&& f) {
  const auto low_bits = static_cast<std::uint64_t>(range - 1);
  std::array<std::uint64_t, 4> taken{};
  for (int found = 0; found < top_k;) {
    std::uint64_t bits = random.next();
    for (int i = 0; i < 8 && found < top_k; ++i, bits >>= 8) {
      const std::uint64_t candidate = bits & low_bits;
      const std::uint64_t bit = std::uint64_t{1} << (candidate & 63);
      if (taken[candidate >> 6] & bit) continue;
      taken[candidate >> 6] |= bit;
      f(found++, static_cast<std::uint16_t>(candidate));
    }
  }
}

inline bool contains(const std::uint16_t* values, int count, std::uint16_t value) {
  bool found = false;
  for (int i = 0; i < count; ++i) found |= values[i] == value;
  return found;
}

inline void choose_words(std::uint32_t range, int count, Random& random, std::uint16_t* chosen) {
  for (int found = 0; found < count;) {
    const auto candidate = static_cast<std::uint16_t>(random.below(range));
    if (!contains(chosen, found, candidate)) chosen[found++] = candidate;
  }
}

}  // namespace detail

template <class F>
void Chooser::alike(Random& random, int tokens, F& f) const {
  const int in_group = gate_.experts / gate_.groups;
  const int range = gate_.limited() ? in_group * gate_.max_groups : gate_.experts;
  const bool bytes = range <= 256 && (range & (range - 1)) == 0;
  std::vector<std::uint16_t> chosen(static_cast<std::size_t>(gate_.top_k));
  std::vector<std::uint16_t> open(static_cast<std::size_t>(gate_.max_groups));
  for (int token = 0; token < tokens; ++token) {
    if (gate_.limited()) {
      detail::choose_words(static_cast<std::uint32_t>(gate_.groups), gate_.max_groups, random, open.data());
    }
    if (bytes) {
      detail::choose_bytes(range, gate_.top_k, random,
                           [&](int i, std::uint16_t expert) { chosen[static_cast<std::size_t>(i)] = expert; });
    } else {
      detail::choose_words(static_cast<std::uint32_t>(range), gate_.top_k, random, chosen.data());
    }
    if (gate_.limited()) {
      for (auto& expert : chosen) {
        const auto group = open[static_cast<std::size_t>(expert / in_group)];
        expert = static_cast<std::uint16_t>(group * in_group + expert % in_group);
      }
    }
    f(static_cast<const std::uint16_t*>(chosen.data()));
  }
}

template <class F>
void Chooser::by_weight(Random& random, int tokens, F& f) const {
  std::vector<std::uint16_t> chosen(static_cast<std::size_t>(gate_.top_k));
  for (int token = 0; token < tokens; ++token) {
    choose_by_weight(random, chosen.data());
    f(static_cast<const std::uint16_t*>(chosen.data()));
  }
}

template <class F>
void Chooser::from_trace(Random random, int tokens, F& f) const {
  const auto k = static_cast<std::size_t>(gate_.top_k);
  const std::size_t recorded = choices_->size() / k;
  std::size_t at = random.below(static_cast<std::uint32_t>(recorded));
  for (int token = 0; token < tokens; ++token, at = (at + 1) % recorded) f(choices_->data() + at * k);
}

}  // namespace teapot
