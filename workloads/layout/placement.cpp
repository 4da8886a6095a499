// Laying experts over slots.
// Knows no tokens and no bytes.

#include "workloads/layout/placement.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

namespace teapot {
namespace {

/// Packs weights into bins of equal room, the heaviest first, each into the lightest bin that has room.
std::vector<int> pack(const std::vector<double>& weights, int bins) {
  const std::size_t room = weights.size() / static_cast<std::size_t>(bins);
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
  std::vector<double> load(static_cast<std::size_t>(bins));
  std::vector<std::size_t> filled(static_cast<std::size_t>(bins));
  std::vector<int> bin_of(weights.size());
  for (const std::size_t item : order) {
    std::size_t best = load.size();
    for (std::size_t bin = 0; bin < load.size(); ++bin) {
      if (filled[bin] < room && (best == load.size() || load[bin] < load[best])) best = bin;
    }
    bin_of[item] = static_cast<int>(best);
    load[best] += weights[item];
    ++filled[best];
  }
  return bin_of;
}

/// Experts with one slot each and the rest copies: which expert each of `slots` slots holds.
std::vector<int> replicate(const std::vector<double>& loads, int slots) {
  std::vector<int> expert_of(loads.size());
  std::iota(expert_of.begin(), expert_of.end(), 0);
  std::vector<int> copies(loads.size(), 1);
  while (static_cast<int>(expert_of.size()) < slots) {
    std::size_t heaviest = 0;
    for (std::size_t e = 1; e < loads.size(); ++e) {
      if (loads[e] * copies[heaviest] > loads[heaviest] * copies[e]) heaviest = e;
    }
    expert_of.push_back(static_cast<int>(heaviest));
    ++copies[heaviest];
  }
  return expert_of;
}

/// Slots of a set of experts over ranks, rank after rank.
std::vector<int> fill_ranks(const std::vector<double>& loads, int slots, int ranks) {
  const std::vector<int> expert_of = replicate(loads, slots);
  std::vector<int> copies(loads.size());
  for (const int e : expert_of) ++copies[static_cast<std::size_t>(e)];
  std::vector<double> weights;
  for (const int e : expert_of) {
    weights.push_back(loads[static_cast<std::size_t>(e)] / copies[static_cast<std::size_t>(e)]);
  }
  const std::vector<int> rank_of = pack(weights, ranks);
  std::vector<int> result;
  for (int rank = 0; rank < ranks; ++rank) {
    for (std::size_t slot = 0; slot < expert_of.size(); ++slot) {
      if (rank_of[slot] == rank) result.push_back(expert_of[slot]);
    }
  }
  return result;
}

}  // namespace

Placement make_placement(int experts, std::vector<int> expert_of_slot, int slots_per_rank) {
  Placement p;
  p.slots_per_rank = slots_per_rank;
  p.slots.resize(static_cast<std::size_t>(experts));
  for (std::size_t slot = 0; slot < expert_of_slot.size(); ++slot) {
    p.slots[static_cast<std::size_t>(expert_of_slot[slot])].push_back(static_cast<int>(slot));
  }
  p.expert = std::move(expert_of_slot);
  return p;
}

Placement place_in_order(const Model& model, const Layout& layout) {
  const int experts = model.experts.routed;
  std::vector<int> expert_of;
  for (int slot = 0; slot < experts + layout.redundant_experts; ++slot) expert_of.push_back(slot % experts);
  Placement p = make_placement(experts, std::move(expert_of), layout.experts_per_rank(model));
  p.gpus_per_rank = layout.expert_tensor_parallel;
  return p;
}

Placement place_globally(const std::vector<double>& loads, int slots, int ranks) {
  return place_hierarchically(loads, 1, 1, slots, ranks);
}

Placement place_hierarchically(const std::vector<double>& loads, int groups, int nodes, int slots, int ranks) {
  assert(groups % nodes == 0 && ranks % nodes == 0 && slots % ranks == 0);
  const std::size_t in_group = loads.size() / static_cast<std::size_t>(groups);
  std::vector<double> group_loads(static_cast<std::size_t>(groups));
  for (std::size_t e = 0; e < loads.size(); ++e) group_loads[e / in_group] += loads[e];
  const std::vector<int> node_of = pack(group_loads, nodes);
  std::vector<int> expert_of_slot;
  for (int node = 0; node < nodes; ++node) {
    std::vector<int> experts;  // of this node
    std::vector<double> node_loads;
    for (std::size_t e = 0; e < loads.size(); ++e) {
      if (node_of[e / in_group] != node) continue;
      experts.push_back(static_cast<int>(e));
      node_loads.push_back(loads[e]);
    }
    for (const int local : fill_ranks(node_loads, slots / nodes, ranks / nodes)) {
      expert_of_slot.push_back(experts[static_cast<std::size_t>(local)]);
    }
  }
  return make_placement(static_cast<int>(loads.size()), std::move(expert_of_slot), slots / ranks);
}

double imbalance(const Placement& placement, const std::vector<double>& loads) {
  std::vector<double> ranks(static_cast<std::size_t>(placement.ranks()));
  for (std::size_t e = 0; e < loads.size(); ++e) {
    const auto& slots = placement.slots[e];
    for (const int slot : slots) {
      ranks[static_cast<std::size_t>(placement.rank_of(slot))] += loads[e] / static_cast<double>(slots.size());
    }
  }
  const double mean = std::accumulate(ranks.begin(), ranks.end(), 0.0) / static_cast<double>(ranks.size());
  return *std::max_element(ranks.begin(), ranks.end()) / mean;
}

}  // namespace teapot
