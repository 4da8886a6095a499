// Summing traffic by operation.
// Knows no links.

#include "workloads/routing/traffic_table.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "workloads/routing/traffic.hpp"

namespace teapot {
namespace {

/// Copies of one exchange; many calls share one.
struct Sums {
  double copies = 0;
  double up = 0;
  double out = 0;
  double up_most = 0;
  double out_most = 0;
  double in_most = 0;
};

Sums sum_up(const Traffic& traffic, bool reversed, const std::vector<int>& domain) {
  const auto ranks = static_cast<std::size_t>(traffic.ranks);
  std::vector<double> up(ranks);
  std::vector<double> out(ranks);
  std::vector<double> in(ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    traffic.for_each_receiver(static_cast<int>(rank), [&](int to, double copies) {
      const auto receiver = static_cast<std::size_t>(to);
      auto& sent = domain[rank] == domain[receiver] ? up : out;
      sent[reversed ? receiver : rank] += copies;
      in[reversed ? rank : receiver] += copies;
    });
  }
  Sums sums;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    sums.up += up[rank];
    sums.out += out[rank];
    sums.up_most = std::max(sums.up_most, up[rank]);
    sums.out_most = std::max(sums.out_most, out[rank]);
    sums.in_most = std::max(sums.in_most, in[rank]);
  }
  sums.copies = sums.up + sums.out;
  return sums;
}

}  // namespace

std::vector<TrafficRow> traffic_table(const Program& program, const std::vector<int>& domain) {
  std::vector<TrafficRow> rows;
  std::map<std::pair<const Traffic*, bool>, Sums> known;
  for (const Operator& op : program.operators) {
    const auto* work = std::get_if<Collective>(&op.work);
    if (work == nullptr) continue;
    const auto [found, added] = known.try_emplace({work->traffic.get(), work->reversed});
    if (added) found->second = sum_up(*work->traffic, work->reversed, domain);
    const Sums& sums = found->second;
    auto row = std::find_if(rows.begin(), rows.end(), [&](const TrafficRow& r) { return r.operation == op.name; });
    if (row == rows.end()) {
      rows.push_back({});
      row = rows.end() - 1;
      row->operation = op.name;
      row->bytes_per_copy = work->bytes_per_copy;
    }
    const Bytes each = work->bytes_per_copy / program.ranks;  // in the mean over GPUs; by calls at the end
    ++row->calls;
    row->copies_mean += sums.copies / program.ranks;
    row->scale_up_mean += sums.up * each;
    row->scale_out_mean += sums.out * each;
    row->scale_up_most = std::max(row->scale_up_most, sums.up_most * work->bytes_per_copy);
    row->scale_out_most = std::max(row->scale_out_most, sums.out_most * work->bytes_per_copy);
    row->received_most = std::max(row->received_most, sums.in_most * work->bytes_per_copy);
  }
  for (TrafficRow& row : rows) {
    row.step = row.scale_up_mean + row.scale_out_mean;
    row.copies_mean /= row.calls;
    row.scale_up_mean = row.scale_up_mean / row.calls;
    row.scale_out_mean = row.scale_out_mean / row.calls;
  }
  return rows;
}

TokenSpread token_spread(const Model& model, const Layout& layout, const Routing& routing,
                         const std::vector<int>& domain) {
  TokenSpread spread;
  if (!model.has_experts()) return spread;
  const ExchangeLayout groups{layout, domain};
  const int nodes = groups.nodes_of_group();
  const Gate gate = make_gate(model, routing, std::max(1, nodes));
  const double ranks = layout.expert_parallel;
  spread.experts = gate.top_k;
  spread.gpus = ranks * layout.expert_tensor_parallel * hit_probability(gate, gate.experts / ranks);
  if (nodes > 0) {
    spread.nodes = nodes * hit_probability(gate, static_cast<double>(gate.experts) / nodes);
    // A sender's own node is one of them, where it has one with experts.
    const double own = static_cast<double>(std::count_if(groups.node.begin(), groups.node.begin() + groups.senders,
                                                         [](int node) { return node >= 0; })) /
                       groups.senders;
    spread.remote_nodes = spread.nodes * (nodes - own) / nodes;
  }
  return spread;
}

}  // namespace teapot
