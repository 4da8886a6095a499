// Counting copies: expected values for a balanced gate, a sparse matrix for sampled tokens.
// Knows no links and no time.

#include "workloads/traffic.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <map>
#include <utility>

namespace teapot {

/// Counts of the gate under construction.
struct Exchanges::Rows {
  std::vector<std::uint32_t> to;         ///< of the sender at hand, by GPU of its EP group
  std::vector<std::uint32_t> forwarded;  ///< [relay * widest node + position of the receiver]
  std::vector<std::uint32_t> experts;    ///< of the sender at hand: how often each expert was chosen
  std::vector<std::uint32_t> arrived;
  std::size_t widest = 0;
};

Exchanges::Exchanges(const Gate& gate, const Routing& routing, Placement placement, int gpus,
                     const std::vector<int>& domain)
    : gate_(gate), routing_(routing), placement_(std::move(placement)), gpus_(gpus) {
  assert(gpus < std::numeric_limits<std::uint16_t>::max() && "ranks are stored in 16 bits");
  assert(routing.per != CopyPer::node || static_cast<int>(domain.size()) >= gpus);
  groups_ = groups_of(gpus, placement_.group_gpus);
  std::map<std::pair<int, int>, int> index;
  for (int gpu = 0; gpu < gpus; ++gpu) {
    const int where = domain.empty() ? gpu : domain[static_cast<std::size_t>(gpu)];
    const auto [found, added] = index.try_emplace({first_of_group(gpu), where}, static_cast<int>(nodes_.size()));
    if (added) nodes_.emplace_back();
    auto& members = nodes_[static_cast<std::size_t>(found->second)].members;
    node_.push_back(found->second);
    position_.push_back(static_cast<int>(members.size()));
    members.push_back(gpu);
  }
}

/// The GPU of a node that takes a sender's copies for it: the one that stands where the sender stands in its own.
int Exchanges::relay(int source, int node) const {
  const auto& members = nodes_[static_cast<std::size_t>(node)].members;
  return members[static_cast<std::size_t>(position_[static_cast<std::size_t>(source)]) % members.size()];
}

/// Experts that so many GPUs hold, a redundant copy counted as the part of the expert's tokens that it takes.
double Exchanges::experts_on(double gpus) const {
  const double slots = gpus / placement_.gpus_per_rank * placement_.slots_per_rank;
  return slots * gate_.experts / static_cast<double>(placement_.expert.size());
}

/// Expected copies of `tokens` that reach a set of so many GPUs when each set member gets at most one of a token.
double Exchanges::reach(double tokens, double gpus) const {
  double missed = 1 - hit_probability(gate_, experts_on(std::max<double>(gpus, placement_.gpus_per_rank)));
  if (routing_.shared_copies) missed *= 1 - gpus / placement_.group_gpus;
  return tokens * (1 - missed);
}

Exchange Exchanges::balanced(double tokens) const {
  const int n = placement_.group_gpus;
  if (n == 1) return {std::make_shared<const Traffic>(all_to_all(groups_, 0)), {}};
  // What would have stayed goes to the others in equal parts.
  const double scale = routing_.remote_all ? static_cast<double>(n) / (n - 1) : 1;
  if (routing_.per != CopyPer::node) {
    // Each of the GPUs that share an expert needs the token.
    const double copies = gate_.top_k * placement_.gpus_per_rank + (routing_.shared_copies ? 1 : 0);
    const double each = routing_.per == CopyPer::expert ? tokens * copies / n : reach(tokens, 1);
    return {std::make_shared<const Traffic>(all_to_all(groups_, each * scale)), {}};
  }
  Traffic traffic;
  traffic.ranks = gpus_;
  traffic.groups = groups_;
  traffic.row_begin.push_back(0);
  const double to_gpu = reach(tokens, 1);
  std::vector<double> row(static_cast<std::size_t>(gpus_));
  for (int gpu = 0; gpu < gpus_; ++gpu) {
    std::fill(row.begin(), row.end(), 0.0);
    const int own = node_[static_cast<std::size_t>(gpu)];
    double senders = 1;  // tokens of itself, and of those whose copies it forwards
    for (int source = first_of_group(gpu); source < first_of_group(gpu) + n; ++source) {
      if (node_[static_cast<std::size_t>(source)] != own && relay(source, own) == gpu) senders += 1;
    }
    for (const int member : nodes_[static_cast<std::size_t>(own)].members) {
      row[static_cast<std::size_t>(member)] = senders * to_gpu;
    }
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
      const auto& members = nodes_[node].members;
      if (static_cast<int>(node) == own || first_of_group(members[0]) != first_of_group(gpu)) continue;
      row[static_cast<std::size_t>(relay(gpu, static_cast<int>(node)))] =
          reach(tokens, static_cast<double>(members.size()));
    }
    row[static_cast<std::size_t>(gpu)] = 0;
    for (int d = 0; d < gpus_; ++d) {
      if (row[static_cast<std::size_t>(d)] == 0) continue;
      traffic.destination.push_back(static_cast<std::uint16_t>(d));
      traffic.weight.push_back(row[static_cast<std::size_t>(d)] * scale);
    }
    traffic.row_begin.push_back(static_cast<std::uint32_t>(traffic.destination.size()));
  }
  return {std::make_shared<const Traffic>(std::move(traffic)), {}};
}

/// One copy for each chosen expert: it is enough to count how often each expert was chosen.
void Exchanges::count_for_each_expert(Rows& rows, int gpu, int tokens, Random random) const {
  std::fill(rows.experts.begin(), rows.experts.end(), 0U);
  auto* const counts = rows.experts.data();
  choose_uniformly(gate_, random, tokens, [counts, k = gate_.top_k](const std::uint16_t* chosen) {
    for (int i = 0; i < k; ++i) ++counts[chosen[i]];
  });
  const int first = first_of_group(gpu);
  const auto per_rank = static_cast<std::size_t>(placement_.slots_per_rank);
  for (std::size_t expert = 0; expert < rows.experts.size(); ++expert) {
    if (counts[expert] == 0) continue;
    // Of several copies of an expert a GPU always uses the same one, different GPUs different ones.
    const auto& slots = placement_.slots[expert];
    const auto slot = static_cast<std::size_t>(slots[static_cast<std::size_t>(gpu - first) % slots.size()]);
    const std::size_t receiver = slot / per_rank * static_cast<std::size_t>(placement_.gpus_per_rank);
    for (std::size_t part = 0; part < static_cast<std::size_t>(placement_.gpus_per_rank); ++part) {
      rows.to[receiver + part] += counts[expert];
      rows.arrived[(static_cast<std::size_t>(first) + receiver + part) * per_rank + slot % per_rank] += counts[expert];
    }
  }
}

/// One copy for each distinct GPU, or for each distinct node and from there for each distinct GPU.
void Exchanges::count_each_token(Rows& rows, int gpu, int tokens, Random random) const {
  const int first = first_of_group(gpu);
  const int own = node_[static_cast<std::size_t>(gpu)];
  const bool per_node = routing_.per == CopyPer::node;
  std::vector<int> seen_gpu(static_cast<std::size_t>(placement_.group_gpus), -1);
  std::vector<int> seen_node(nodes_.size(), -1);
  int token = -1;
  const auto deliver = [&](int receiver) {  // counted from the first GPU of the group
    if (std::exchange(seen_gpu[static_cast<std::size_t>(receiver)], token) == token) return;
    const int node = node_[static_cast<std::size_t>(first + receiver)];
    if (!per_node || node == own) {
      ++rows.to[static_cast<std::size_t>(receiver)];
      return;
    }
    const int relay_gpu = relay(gpu, node);
    if (std::exchange(seen_node[static_cast<std::size_t>(node)], token) != token) {
      ++rows.to[static_cast<std::size_t>(relay_gpu - first)];
    }
    if (relay_gpu == first + receiver) return;
    ++rows.forwarded[static_cast<std::size_t>(relay_gpu) * rows.widest +
                     static_cast<std::size_t>(position_[static_cast<std::size_t>(first + receiver)])];
  };
  choose_uniformly(gate_, random, tokens, [&](const std::uint16_t* chosen) {
    ++token;
    for (int i = 0; i < gate_.top_k; ++i) {
      const auto& slots = placement_.slots[chosen[i]];
      const int slot = slots[static_cast<std::size_t>(gpu - first) % slots.size()];
      for (int part = 0; part < placement_.gpus_per_rank; ++part) {
        const int receiver = placement_.rank_of(slot) * placement_.gpus_per_rank + part;
        ++rows.arrived[static_cast<std::size_t>((first + receiver) * placement_.slots_per_rank +
                                                slot % placement_.slots_per_rank)];
        deliver(receiver);
      }
    }
    if (routing_.shared_copies) deliver((gpu - first + 1 + token) % placement_.group_gpus);
  });
}

/// The copies that travel to shared experts are spread evenly over the EP group.
void Exchanges::count_shared(Rows& rows, int gpu, int tokens) const {
  for (int token = 0; token < tokens; ++token) {
    ++rows.to[static_cast<std::size_t>((gpu - first_of_group(gpu) + 1 + token) % placement_.group_gpus)];
  }
}

/// Sends what would stay to the others in turn.
void Exchanges::spread_own(Rows& rows, int gpu) const {
  const int n = placement_.group_gpus;
  const int own = gpu - first_of_group(gpu);
  const auto stays = std::exchange(rows.to[static_cast<std::size_t>(own)], 0U);
  for (std::uint32_t i = 0; n > 1 && i < stays; ++i) {
    ++rows.to[(static_cast<std::size_t>(own) + 1 + i % static_cast<std::uint32_t>(n - 1)) %
              static_cast<std::size_t>(n)];
  }
}

Exchange Exchanges::sampled(int tokens, std::uint64_t seed, int layer, int micro_batch) const {
  const auto n = static_cast<std::size_t>(placement_.group_gpus);
  const bool per_node = routing_.per == CopyPer::node;
  Rows rows;
  rows.to.resize(n);
  rows.experts.resize(static_cast<std::size_t>(gate_.experts));
  rows.arrived.resize(static_cast<std::size_t>(gpus_) * static_cast<std::size_t>(placement_.slots_per_rank));
  for (const Node& node : nodes_) rows.widest = std::max(rows.widest, node.members.size());
  if (per_node) rows.forwarded.resize(static_cast<std::size_t>(gpus_) * rows.widest);

  auto traffic = std::make_shared<Traffic>();
  traffic->ranks = gpus_;
  traffic->groups = groups_;
  traffic->row_begin.assign(1, 0);
  std::vector<std::vector<std::uint32_t>> own_copies;  // kept until all that is forwarded is known
  const std::size_t most = static_cast<std::size_t>(gpus_) * std::min(n, static_cast<std::size_t>(gate_.experts) + 1);
  traffic->destination.reserve(per_node ? 0 : most);
  traffic->copies.reserve(per_node ? 0 : most);
  const auto append = [&](int gpu) {
    const auto first = static_cast<std::size_t>(first_of_group(gpu));
    for (std::size_t receiver = 0; receiver < n; ++receiver) {
      if (rows.to[receiver] == 0 || first + receiver == static_cast<std::size_t>(gpu)) continue;
      assert(rows.to[receiver] <= std::numeric_limits<std::uint16_t>::max());
      traffic->destination.push_back(static_cast<std::uint16_t>(first + receiver));
      traffic->copies.push_back(static_cast<std::uint16_t>(rows.to[receiver]));
    }
    traffic->row_begin.push_back(static_cast<std::uint32_t>(traffic->destination.size()));
  };
  for (int gpu = 0; gpu < gpus_; ++gpu) {
    std::fill(rows.to.begin(), rows.to.end(), 0U);
    const Random random{seed, layer, micro_batch, gpu};
    if (routing_.per == CopyPer::expert) {
      count_for_each_expert(rows, gpu, tokens, random);
      if (routing_.shared_copies) count_shared(rows, gpu, tokens);
    } else {
      count_each_token(rows, gpu, tokens, random);
    }
    if (routing_.remote_all) spread_own(rows, gpu);
    if (per_node) {
      own_copies.push_back(rows.to);
    } else {
      append(gpu);
    }
  }
  for (int gpu = 0; per_node && gpu < gpus_; ++gpu) {
    const auto& members = nodes_[static_cast<std::size_t>(node_[static_cast<std::size_t>(gpu)])].members;
    rows.to = own_copies[static_cast<std::size_t>(gpu)];
    for (std::size_t i = 0; i < members.size(); ++i) {
      rows.to[static_cast<std::size_t>(members[i] - first_of_group(gpu))] +=
          rows.forwarded[static_cast<std::size_t>(gpu) * rows.widest + i];
    }
    append(gpu);
  }
  traffic->destination.shrink_to_fit();
  traffic->copies.shrink_to_fit();
  return {std::move(traffic), std::move(rows.arrived)};
}

}  // namespace teapot
