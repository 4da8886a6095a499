// What the GPUs of a step exchange: copies of routed tokens, tensor-parallel activations, a pipeline's hand-over.
// Knows no order.

#include <algorithm>

#include "workloads/step/step_work.hpp"

namespace teapot {

double StepWork::group_tokens() const {
  return deployment_.requests_per_gpu / micro_batches_ * (1 + decode_.draft_tokens) * deployment_.expert_gpus();
}

const Placement& StepWork::placement(int layer) {
  const LoadSource& source = decode_.routing.source;
  const bool skewed = source.kind != LoadSource::Kind::balanced && source.kind != LoadSource::Kind::uniform;
  const int key = skewed && decode_.routing.balancer != Balancer::none ? layer : 0;
  const auto [found, added] = placements_.try_emplace(key);
  if (!added) return found->second;
  Placement& p = found->second;
  if (decode_.routing.balancer == Balancer::none) return p = place_in_order(model_, deployment_);
  const auto loads = expert_loads(source, model_.experts.routed, layer, group_tokens(), seed_);
  const int slots = model_.experts.routed + deployment_.redundant_experts;
  const int ranks = deployment_.expert_parallel;
  const int nodes = layout_->nodes_of_group();
  const int groups = model_.experts.groups;
  const bool divides = nodes > 0 && groups % nodes == 0 && ranks % nodes == 0 && slots % nodes == 0;
  p = divides && decode_.routing.balancer == Balancer::hierarchical
          ? place_hierarchically(loads, groups, nodes, slots, ranks)
          : place_globally(loads, slots, ranks);
  p.gpus_per_rank = deployment_.expert_tensor_parallel;
  return p;
}

Chooser StepWork::chooser(int layer) const {
  const LoadSource& source = decode_.routing.source;
  switch (source.kind) {
    case LoadSource::Kind::balanced:
    case LoadSource::Kind::uniform:
      return Chooser::uniform(gate_);
    case LoadSource::Kind::trace:
      return Chooser::traced(gate_, source.trace, layer);
    default:
      return Chooser::weighted(gate_, expert_loads(source, gate_.experts, layer, group_tokens(), seed_));
  }
}

Exchange StepWork::exchange(const Pass& pass, int layer) {
  const int gpus = requests_.alike() ? 1 : deployment_.gpus;
  if (decode_.routing.balanced()) {
    const auto [found, added] = balanced_.try_emplace(pass);
    if (added) {
      std::vector<double> tokens;
      for (int gpu = 0; gpu < gpus; ++gpu) tokens.push_back(tokens_of_gpu(gpu, pass));
      // Micro-batches of equal size share one exchange.
      const auto same = std::find_if(balanced_.begin(), balanced_.end(), [&](const auto& entry) {
        return gpus == 1 && entry.second.traffic && entry.first.queries == pass.queries &&
               tokens_of_gpu(0, entry.first) == tokens_of_gpu(0, pass);
      });
      found->second =
          same != balanced_.end() ? same->second : balanced_exchange(*layout_, gate_, decode_.routing, tokens);
    }
    return found->second;
  }
  std::vector<int> tokens;
  for (int gpu = 0; gpu < gpus; ++gpu) tokens.push_back(tokens_of_gpu(gpu, pass));
  const GateSeed seed{seed_, layer, pass.micro_batch};
  Chooser choices = chooser(layer);
  if (decode_.routing.distinct_experts > 0) {
    choices = keep_favourites(choices, deployment_.gpus, tokens, seed, decode_.routing.distinct_experts);
  }
  return sampled_exchange(*layout_, choices, placement(layer), decode_.routing, tokens, seed);
}

Collective StepWork::tensor_parallel(const Pass& pass, double parts) {
  const int tp = deployment_.tensor_parallel;
  auto& traffic = tensor_parallel_[{parts, pass}];
  if (!traffic) {
    // A copy is one token's activations; each GPU sends a part of those of its group's tokens.
    Traffic t = all_to_all(groups_of(deployment_.gpus, tp), parts / tp);
    const auto batches = group_batches(pass, nullptr);
    for (int gpu = 0; gpu < deployment_.gpus; ++gpu) {
      const double tokens = batches[batches.size() == 1 ? 0 : static_cast<std::size_t>(gpu / tp)].tokens();
      for (auto i = t.row_begin[static_cast<std::size_t>(gpu)]; i < t.row_begin[static_cast<std::size_t>(gpu) + 1];
           ++i) {
        t.weight[i] *= tokens;
      }
    }
    traffic = std::make_shared<const Traffic>(std::move(t));
  }
  Collective work;
  work.traffic = traffic;
  work.bytes_per_copy = activation_bytes(format("bf16"), 1, model_.hidden);
  return work;
}

Collective StepWork::next_stage(const Pass& pass) {
  const int tp = deployment_.tensor_parallel;
  const int stages = deployment_.pipeline_parallel;
  const Bytes token = activation_bytes(format("bf16"), 1, model_.hidden);
  const auto batches = group_batches(pass, nullptr);
  Traffic traffic;
  traffic.ranks = deployment_.gpus;
  traffic.groups = groups_of(deployment_.gpus, tp * stages);
  traffic.row_begin.push_back(0);
  for (int gpu = 0; gpu < deployment_.gpus; ++gpu) {
    const int group = gpu / tp;
    const double tokens = batches[batches.size() == 1 ? 0 : static_cast<std::size_t>(group)].tokens();
    const bool last = group % stages == stages - 1;
    const int to = last ? gpu - tp * (stages - 1) : gpu + tp;
    traffic.destination.push_back(static_cast<std::uint16_t>(to));
    // The last stage hands the first one four bytes for each token; the others a part of the hidden state each.
    traffic.weight.push_back(last ? tokens * (Bytes{4} / token) : tokens / tp);
    traffic.row_begin.push_back(static_cast<std::uint32_t>(traffic.destination.size()));
  }
  Collective work;
  work.traffic = std::make_shared<const Traffic>(std::move(traffic));
  work.bytes_per_copy = token;
  return work;
}

}  // namespace teapot
