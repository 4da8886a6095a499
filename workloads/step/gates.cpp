// Placing experts and sending tokens to them.
// Knows no order and no bytes.

#include "workloads/step/gates.hpp"

#include <algorithm>
#include <utility>

namespace teapot {

Gates::Gates(const Model& model, const Layout& layout, const Routing& routing, const std::vector<int>& domain,
             double group_tokens, std::uint64_t seed, const std::shared_ptr<KnownExchanges>& known)
    : model_(model),
      layout_(layout),
      routing_(routing),
      group_tokens_(group_tokens),
      seed_(seed),
      groups_(layout, domain),
      gate_(make_gate(model, routing, std::max(1, groups_.nodes_of_group()))),
      known_(known ? known->from({model.experts, layout, routing, domain, group_tokens, seed}) : nullptr),
      choices_(known ? known->choices() : nullptr) {}

const Placement& Gates::placement(int layer) {
  const LoadSource& source = routing_.source;
  const bool skewed = source.kind != LoadSource::Kind::balanced && source.kind != LoadSource::Kind::uniform;
  const int key = skewed && routing_.balancer != Balancer::none ? layer : 0;
  const auto [found, added] = placements_.try_emplace(key);
  if (!added) return found->second;
  Placement& p = found->second;
  if (routing_.balancer == Balancer::none) return p = place_in_order(model_, layout_);
  const auto loads = loads_before(expert_loads(source, model_.experts.routed, layer, group_tokens_, seed_),
                                  routing_.drift, layer, seed_);
  const int slots = model_.experts.routed + layout_.redundant_experts;
  const int ranks = layout_.expert_parallel;
  const int nodes = groups_.nodes_of_group();
  const int groups = model_.experts.groups;
  const bool divides = nodes > 0 && groups % nodes == 0 && ranks % nodes == 0 && slots % nodes == 0;
  p = divides && routing_.balancer == Balancer::hierarchical ? place_hierarchically(loads, groups, nodes, slots, ranks)
                                                             : place_globally(loads, slots, ranks);
  p.gpus_per_rank = layout_.expert_tensor_parallel;
  return p;
}

Chooser Gates::chooser(int layer) const {
  const LoadSource& source = routing_.source;
  switch (source.kind) {
    case LoadSource::Kind::balanced:
    case LoadSource::Kind::uniform:
      return Chooser::uniform(gate_);
    case LoadSource::Kind::trace:
      return Chooser::traced(gate_, source.trace, layer);
    default:
      return Chooser::weighted(gate_, expert_loads(source, gate_.experts, layer, group_tokens_, seed_));
  }
}

Exchange Gates::exchange(int layer, int micro_batch, const std::vector<int>& tokens) {
  if (routing_.balanced()) {
    const auto [found, added] = balanced_.try_emplace(tokens);
    if (added) found->second = balanced_exchange(groups_, gate_, routing_, {tokens.begin(), tokens.end()});
    return found->second;
  }
  if (!known_) return sampled(layer, micro_batch, tokens);
  const auto [found, added] = known_->try_emplace({layer, micro_batch, tokens});
  if (added) found->second = sampled(layer, micro_batch, tokens);
  return found->second;
}

Exchange Gates::sampled(int layer, int micro_batch, const std::vector<int>& tokens) {
  const GateSeed seed{seed_, layer, micro_batch};
  Chooser choices = chooser(layer);
  if (routing_.distinct_experts > 0) {
    choices = keep_favourites(choices, layout_.gpus, tokens, seed, routing_.distinct_experts);
  }
  const Placement& placed = placement(layer);
  if (!goes_by_plan(groups_, choices.gate(), routing_, tokens))
    return sampled_exchange(groups_, choices, placed, routing_, tokens, seed);
  const auto [plans, added] = plans_.try_emplace(&placed, groups_, placed);
  const bool first_ones_choose_alike =
      routing_.source.kind == LoadSource::Kind::uniform && routing_.distinct_experts == 0;
  GateChoices* const known = choices_ && first_ones_choose_alike ? choices_->of(gate_, seed, groups_.gpus) : nullptr;
  return sampled_exchange(groups_, choices, placed, routing_, tokens, seed, &plans->second, known);
}

}  // namespace teapot
