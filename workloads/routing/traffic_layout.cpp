// Dividing GPUs into EP groups and nodes, and expected values for a balanced gate.
// Knows no links and no time.

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

#include "workloads/routing/traffic.hpp"

namespace teapot {

ExchangeLayout::ExchangeLayout(const Layout& layout, const std::vector<int>& domain)
    : gpus(layout.gpus),
      senders(layout.attention_gpus()),
      apart(layout.apart()),
      group_gpus(layout.expert_gpus()),
      gpus_per_rank(layout.expert_tensor_parallel),
      groups(layout.apart() ? one_group(layout.gpus) : groups_of(layout.gpus, layout.expert_gpus())),
      node(static_cast<std::size_t>(layout.gpus), -1),
      position(static_cast<std::size_t>(layout.gpus)) {
  assert(domain.empty() || static_cast<int>(domain.size()) >= gpus);
  const auto where = [&](int gpu) { return domain.empty() ? gpu : domain[static_cast<std::size_t>(gpu)]; };
  std::map<std::pair<int, int>, int> index;
  for (int gpu = apart ? senders : 0; gpu < gpus; ++gpu) {
    const auto [found, added] = index.try_emplace({first_of_group(gpu), where(gpu)}, static_cast<int>(members.size()));
    if (added) members.emplace_back();
    auto& mates = members[static_cast<std::size_t>(found->second)];
    node[static_cast<std::size_t>(gpu)] = found->second;
    position[static_cast<std::size_t>(gpu)] = static_cast<int>(mates.size());
    mates.push_back(gpu);
  }
  std::map<int, int> before;  // senders apart, by domain
  for (int gpu = 0; apart && gpu < senders; ++gpu) {
    const auto found = index.find({first_of_group(gpu), where(gpu)});
    if (found != index.end()) node[static_cast<std::size_t>(gpu)] = found->second;
    position[static_cast<std::size_t>(gpu)] = before[where(gpu)]++;
  }
}

int ExchangeLayout::relay(int source, int to_node) const {
  const auto& mates = members[static_cast<std::size_t>(to_node)];
  return mates[static_cast<std::size_t>(position[static_cast<std::size_t>(source)]) % mates.size()];
}

int ExchangeLayout::nodes_of_group() const {
  const std::size_t each = members.front().size();
  if (group_gpus % static_cast<int>(each) != 0) return 0;
  const auto alike = [&](const std::vector<int>& mates) {
    return mates.size() == each && mates.back() - mates.front() == static_cast<int>(each) - 1;
  };
  return std::all_of(members.begin(), members.end(), alike) ? group_gpus / static_cast<int>(each) : 0;
}

namespace {

/// Expected copies of one token that reach a set of so many GPUs when each gets at most one.
double reach(const ExchangeLayout& layout, const Gate& gate, const Routing& routing, double gpus) {
  // GPUs that share experts hold the same ones; a redundant copy takes a part of its expert's tokens.
  const double ranks = std::max<double>(gpus, layout.gpus_per_rank) / layout.group_gpus;
  double missed = 1 - hit_probability(gate, ranks * gate.experts);
  if (routing.shared_copies) missed *= 1 - gpus / layout.group_gpus;
  return 1 - missed;
}

/// The rows of a balanced exchange; a row is dense while it is made.
class BalancedRows {
 public:
  BalancedRows(const ExchangeLayout& layout, const Gate& gate, const Routing& routing,
               const std::vector<double>& tokens)
      : layout_(layout), routing_(routing), tokens_(tokens) {
    const double n = layout.group_gpus;
    // What would have stayed goes to the others in equal parts.
    scale_ = routing.remote_all ? n / (n - 1) : 1;
    // Each of the GPUs that share an expert needs the token.
    const double copies = gate.top_k * layout.gpus_per_rank + (routing.shared_copies ? 1 : 0);
    to_gpu_ = routing.per == CopyPer::expert ? copies / n : reach(layout, gate, routing, 1);
    for (const auto& mates : layout.members) {
      to_node_.push_back(reach(layout, gate, routing, static_cast<double>(mates.size())));
    }
  }

  void fill(std::vector<double>& row, int gpu) const {
    const int first = layout_.first_of_group(gpu);
    if (routing_.per == CopyPer::node) {
      fill_by_node(row, gpu);
    } else {
      for (int d = first; d < first + layout_.group_gpus; ++d) {
        row[static_cast<std::size_t>(d)] = tokens_of(gpu) * to_gpu_ * scale_;
      }
    }
    row[static_cast<std::size_t>(gpu)] = 0;
  }

 private:
  double tokens_of(int gpu) const { return tokens_[tokens_.size() == 1 ? 0 : static_cast<std::size_t>(gpu)]; }

  void fill_by_node(std::vector<double>& row, int gpu) const {
    const int own = layout_.node[static_cast<std::size_t>(gpu)];
    const int first = layout_.first_of_group(gpu);
    if (own >= 0) fill_own_node(row, gpu, own);
    if (layout_.apart && gpu >= layout_.senders) return;  // has no tokens but those it forwards
    for (std::size_t node = 0; node < layout_.members.size(); ++node) {
      const bool same_group = layout_.first_of_group(layout_.members[node][0]) == first;
      if (static_cast<int>(node) == own || !same_group) continue;
      row[static_cast<std::size_t>(layout_.relay(gpu, static_cast<int>(node)))] =
          tokens_of(gpu) * to_node_[node] * scale_;
    }
  }

  void fill_own_node(std::vector<double>& row, int gpu, int own) const {
    const int first = layout_.first_sender(gpu);
    double tokens = tokens_of(gpu);  // its own, and those of others whose copies it forwards
    for (int source = first; source < first + layout_.senders_of_group(); ++source) {
      if (layout_.node[static_cast<std::size_t>(source)] != own && layout_.relay(source, own) == gpu) {
        tokens += tokens_of(source);
      }
    }
    for (const int mate : layout_.members[static_cast<std::size_t>(own)]) {
      row[static_cast<std::size_t>(mate)] = tokens * to_gpu_ * scale_;
    }
  }

  const ExchangeLayout& layout_;
  const Routing& routing_;
  const std::vector<double>& tokens_;
  double scale_;
  double to_gpu_;                ///< copies of a token to each GPU
  std::vector<double> to_node_;  ///< copies of a token to each node
};

}  // namespace

Exchange balanced_exchange(const ExchangeLayout& layout, const Gate& gate, const Routing& routing,
                           const std::vector<double>& tokens) {
  auto traffic = std::make_shared<Traffic>(layout.gpus);
  traffic->groups = layout.groups;
  traffic->tokens = layout.mean(tokens);
  const BalancedRows rows{layout, gate, routing, tokens};
  std::vector<double> row(static_cast<std::size_t>(layout.gpus));
  for (int gpu = 0; gpu < layout.gpus; ++gpu) {
    const int first = layout.first_of_group(gpu);
    if (layout.group_gpus > 1 || layout.apart) rows.fill(row, gpu);
    for (int d = first; d < first + layout.group_gpus; ++d) {
      const double copies = std::exchange(row[static_cast<std::size_t>(d)], 0.0);
      if (copies != 0) traffic->add(d, copies);
    }
    traffic->end_row();
  }
  return {std::move(traffic), {}};
}

}  // namespace teapot
