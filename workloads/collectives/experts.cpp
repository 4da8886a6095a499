// Dispatch and combine as traffic.
// Knows no links.

#include <algorithm>
#include <cmath>

#include "workloads/collectives/pattern.hpp"
#include "workloads/routing/traffic.hpp"

namespace teapot {

Pattern expert_pattern(const ExpertExchange& exchange, bool combine, int ranks, const std::vector<int>& domain) {
  Model model;
  model.hidden = exchange.hidden;
  model.experts.routed = exchange.experts;
  model.experts.top_k = exchange.top_k;
  model.experts.groups = exchange.expert_groups;
  Layout layout;
  layout.gpus = ranks;
  layout.expert_parallel = ranks;
  Routing routing = exchange.routing;
  routing.top_k = exchange.top_k;

  const ExchangeLayout groups{layout, domain};
  const int nodes = *std::max_element(domain.begin(), domain.end()) + 1;
  const Gate gate = make_gate(model, routing, nodes);
  const Exchange copies = routing.balanced()
                              ? balanced_exchange(groups, gate, routing, {static_cast<double>(exchange.tokens)})
                              : sampled_exchange(groups, Chooser::uniform(gate), place_in_order(model, layout), routing,
                                                 {exchange.tokens}, GateSeed{exchange.seed, 0, 0});

  // Copies of one token, its own GPU's and node's among them, as DeepEP counts.
  const double per_gpu = static_cast<double>(exchange.experts) / ranks;
  double each = exchange.top_k;
  if (routing.per == CopyPer::gpu) each = ranks * hit_probability(gate, per_gpu);
  if (routing.per == CopyPer::node) each = nodes * hit_probability(gate, per_gpu * ranks / nodes);
  if (routing.shared_copies) each += 1;

  Pattern pattern;
  pattern.traffic = copies.traffic;
  pattern.reversed = combine;
  pattern.bytes_per_copy = copy_bytes(exchange.format, exchange.hidden);
  pattern.bytes_per_gpu = pattern.bytes_per_copy * (each * exchange.tokens);
  pattern.bus_factor = copies.traffic->total() / ranks / (each * exchange.tokens);
  pattern.cost = combine ? "combine" : "dispatch";
  return pattern;
}

}  // namespace teapot
