// Chances of a token to reach a set of experts, and choices by weight.
// Knows no GPUs and no bytes.

#include "workloads/routing/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

namespace teapot {
namespace {

/// Probability that k different ones of `all` miss `wanted` of them: C(all - wanted, k) / C(all, k).
double miss(double all, double wanted, int k) {
  double probability = 1;
  for (int i = 0; i < k; ++i) probability *= std::max(0.0, all - wanted - i) / (all - i);
  return probability;
}

double choose(double n, double k) {
  if (k < 0 || k > n) return 0;
  double result = 1;
  for (double i = 1; i <= k; ++i) result *= (n - k + i) / i;
  return result;
}

/// Draws an index by weight; weights that are not above zero are never drawn unless none is.
std::size_t draw(const std::vector<double>& weights, Random& random) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  double left = random.uniform() * sum;
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = i;
    if (left < weights[i]) return i;
    left -= weights[i];
  }
  return last;
}

/// Whether no two of the eight bytes are equal: each is compared with the four after it, in a circle.
bool all_differ(std::uint64_t bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  std::uint64_t zeros = 0;  // the highest bit of a byte: it is one that came twice, or one above such a one
  for (int turn = 8; turn <= 32; turn += 8) {
    const std::uint64_t difference = bytes ^ std::rotl(bytes, turn);
    zeros |= (difference - ones) & ~difference;
  }
  return (zeros & ones << 7) == 0;
}

/// As choose_bytes does for each token; nearly always the first eight candidates differ.
template <class Count>
void count_bytes(int range, int top_k, int tokens, Random& at_random, Count* counts) {
  Random random = at_random;  // in a register
  const std::uint64_t low_bits = 0x0101010101010101ULL * static_cast<std::uint64_t>(range - 1);
  for (int token = 0; token < tokens; ++token) {
    Random after = random;
    std::uint64_t candidates = after.next() & low_bits;
    if (top_k <= 8 && all_differ(candidates)) {
      random = after;
      for (int i = 0; i < top_k; ++i, candidates >>= 8) ++counts[candidates & 255];
    } else {
      detail::choose_bytes(range, top_k, random, [&](int, std::uint16_t expert) { ++counts[expert]; });
    }
  }
  at_random = random;
}

}  // namespace

Gate make_gate(const Model& model, const Routing& routing, int nodes) {
  Gate gate{model.experts.routed, routing.top_k > 0 ? routing.top_k : model.experts.top_k, 1, 1};
  if (routing.max_nodes <= 0) return gate;
  gate.groups = model.experts.groups > 1 ? model.experts.groups : nodes;
  if (gate.experts % gate.groups != 0) gate.groups = 1;
  gate.max_groups = std::min(routing.max_nodes, gate.groups);
  const int reachable = gate.experts / gate.groups * gate.max_groups;
  if (reachable < gate.top_k) {
    throw ConfigError(
        fmt::format("decode.routing.max_nodes: {} nodes hold {} experts, fewer than the {} that a token chooses",
                    gate.max_groups, reachable, gate.top_k));
  }
  return gate;
}

double hit_probability(const Gate& gate, double wanted) {
  if (!gate.limited()) return 1 - miss(gate.experts, wanted, gate.top_k);
  const double in_group = static_cast<double>(gate.experts) / gate.groups;
  const double open = in_group * gate.max_groups;
  if (wanted <= in_group) {
    return (1 - miss(open, wanted, gate.top_k)) * gate.max_groups / gate.groups;
  }
  // Of the groups it fills, j are among the chosen ones with hypergeometric probability.
  const double filled = std::round(wanted / in_group);
  double probability = 0;
  for (int j = 1; j <= gate.max_groups; ++j) {
    const double chance =
        choose(filled, j) * choose(gate.groups - filled, gate.max_groups - j) / choose(gate.groups, gate.max_groups);
    probability += chance * (1 - miss(open, j * in_group, gate.top_k));
  }
  return probability;
}

AliasTable::AliasTable(const std::vector<double>& weights) : own_(weights.size()), other_(weights.size()) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> share;
  std::vector<std::size_t> small;
  std::vector<std::size_t> large;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    share.push_back(weights[i] * static_cast<double>(weights.size()) / sum);
    (share[i] < 1 ? small : large).push_back(i);
  }
  const auto set = [&](std::size_t slot, double own, std::size_t other) {
    own_[slot] = static_cast<std::uint32_t>(std::min(own * 0x1p32, 0x1p32 - 1));
    other_[slot] = static_cast<std::uint16_t>(other);
  };
  while (!small.empty() && !large.empty()) {
    const std::size_t poor = small.back();
    const std::size_t rich = large.back();
    small.pop_back();
    set(poor, share[poor], rich);
    share[rich] -= 1 - share[poor];
    if (share[rich] < 1) {
      large.pop_back();
      small.push_back(rich);
    }
  }
  for (const std::size_t slot : small) set(slot, 1, slot);
  for (const std::size_t slot : large) set(slot, 1, slot);
}

Chooser Chooser::weighted(const Gate& gate, std::vector<double> weights) {
  Chooser chooser{gate};
  chooser.table_ = std::make_shared<const AliasTable>(weights);
  chooser.weights_ = std::move(weights);
  return chooser;
}

Chooser Chooser::traced(const Gate& gate, std::shared_ptr<const ExpertTrace> trace, int layer) {
  Chooser chooser{gate};
  chooser.choices_ = &row_of(trace->layers, layer);
  chooser.trace_ = std::move(trace);
  return chooser;
}

template <class Count>
void Chooser::count_next(Random& random, int tokens, Count* counts) const {
  const bool bytes = gate_.experts <= 256 && (gate_.experts & (gate_.experts - 1)) == 0;
  if (!trace_ && !table_ && !gate_.limited() && bytes)
    return count_bytes(gate_.experts, gate_.top_k, tokens, random, counts);
  const auto add = [counts, k = gate_.top_k](const std::uint16_t* chosen) {
    for (int i = 0; i < k; ++i) ++counts[chosen[i]];
  };
  each_next(random, tokens, add);
}
template void Chooser::count_next(Random& random, int tokens, std::uint16_t* counts) const;
template void Chooser::count_next(Random& random, int tokens, std::uint32_t* counts) const;

std::vector<bool> Chooser::open_groups(Random& random) const {
  const auto groups = static_cast<std::size_t>(gate_.groups);
  std::vector<double> mass(groups);
  for (std::size_t i = 0; i < weights_.size(); ++i) mass[i * groups / weights_.size()] += weights_[i];
  std::vector<bool> open(groups, false);
  for (int i = 0; i < gate_.max_groups; ++i) {
    std::size_t group = draw(mass, random);
    while (open[group]) group = (group + 1) % groups;  // no weight left: the next one
    open[group] = true;
    mass[group] = 0;
  }
  return open;
}

void Chooser::choose_by_weight(Random& random, std::uint16_t* chosen) const {
  const bool limited = gate_.limited();
  std::vector<bool> open;
  if (limited) open = open_groups(random);
  const auto groups = static_cast<std::size_t>(gate_.groups);
  int found = 0;
  // A few popular experts that are taken already can make drawing slow; then what is left is drawn from a list.
  for (int tries = 0; found < gate_.top_k && tries < 32 * gate_.top_k; ++tries) {
    const std::uint16_t candidate = table_->draw(random);
    if (limited && !open[candidate * groups / weights_.size()]) continue;
    if (detail::contains(chosen, found, candidate)) continue;
    chosen[found++] = candidate;
  }
  if (found < gate_.top_k) choose_rest(random, open, chosen, found);
}

void Chooser::choose_rest(Random& random, const std::vector<bool>& open, std::uint16_t* chosen, int found) const {
  const auto groups = static_cast<std::size_t>(gate_.groups);
  std::vector<double> left = weights_;
  std::vector<bool> free(left.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    free[i] = (open.empty() || open[i * groups / left.size()]) &&
              !detail::contains(chosen, found, static_cast<std::uint16_t>(i));
    if (!free[i]) left[i] = 0;
  }
  while (found < gate_.top_k) {
    std::size_t expert = draw(left, random);
    while (!free[expert]) expert = (expert + 1) % left.size();  // only experts nobody wants are left: any of them
    free[expert] = false;
    left[expert] = 0;
    chosen[found++] = static_cast<std::uint16_t>(expert);
  }
}

}  // namespace teapot
