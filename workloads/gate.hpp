#pragma once
// Which experts each token chooses.
// Knows no GPUs and no bytes: where experts live is the placement's, what is sent is the traffic's.

#include <array>
#include <cstdint>
#include <vector>

#include "workloads/decode.hpp"
#include "workloads/model.hpp"
#include "workloads/random.hpp"

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

/// Calls f(const std::uint16_t* chosen) for each token; every set of experts is equally likely.
template <class F>
void choose_uniformly(const Gate& gate, Random random, int tokens, F&& f);

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
void choose_uniformly(const Gate& gate, Random random, int tokens, F&& f) {
  const int in_group = gate.experts / gate.groups;
  const int range = gate.limited() ? in_group * gate.max_groups : gate.experts;
  const bool bytes = range <= 256 && (range & (range - 1)) == 0;
  std::vector<std::uint16_t> chosen(static_cast<std::size_t>(gate.top_k));
  std::vector<std::uint16_t> open(static_cast<std::size_t>(gate.max_groups));
  for (int token = 0; token < tokens; ++token) {
    if (gate.limited()) {
      detail::choose_words(static_cast<std::uint32_t>(gate.groups), gate.max_groups, random, open.data());
    }
    if (bytes) {
      detail::choose_bytes(range, gate.top_k, random,
                           [&](int i, std::uint16_t expert) { chosen[static_cast<std::size_t>(i)] = expert; });
    } else {
      detail::choose_words(static_cast<std::uint32_t>(range), gate.top_k, random, chosen.data());
    }
    if (gate.limited()) {
      for (auto& expert : chosen) {
        const auto group = open[static_cast<std::size_t>(expert / in_group)];
        expert = static_cast<std::uint16_t>(group * in_group + expert % in_group);
      }
    }
    f(static_cast<const std::uint16_t*>(chosen.data()));
  }
}

}  // namespace teapot
