// What goes between GPUs and hosts: bytes that a stage fetches, activations that are handed over.
// Knows no stage by name and no order.

#include <algorithm>
#include <numeric>

#include "workloads/step/step_work.hpp"

namespace teapot {
namespace {

/// Bytes between each rank and its host, or all hosts in equal parts. A copy is the mean of them.
Collective between(const HostSide& host, const std::vector<double>& bytes, bool to_host, bool pooled) {
  const int ranks = static_cast<int>(bytes.size());
  const int hosts = static_cast<int>(host.passive.size());
  const double all = std::accumulate(bytes.begin(), bytes.end(), 0.0);
  Collective work;
  work.bytes_per_copy = Bytes{all > 0 ? all / ranks : 1};
  work.start = to_host ? Collective::Start::sender : Collective::Start::receiver;
  const auto copies = [&](int rank, int at) {
    const bool meet = pooled || host.of_rank[static_cast<std::size_t>(rank)] == at;
    return meet ? bytes[static_cast<std::size_t>(rank)] / work.bytes_per_copy.value / (pooled ? hosts : 1) : 0;
  };
  Traffic traffic(ranks + hosts);
  traffic.groups = one_group(ranks + hosts);
  for (int row = 0; row < ranks + hosts; ++row) {
    const bool is_host = row >= ranks;
    for (int at = 0; at < (to_host ? hosts : ranks) && is_host != to_host; ++at) {
      const double sent = to_host ? copies(row, at) : copies(at, row - ranks);
      if (sent > 0) traffic.add(to_host ? ranks + at : at, sent);
    }
    traffic.end_row();
  }
  work.traffic = std::make_shared<const Traffic>(std::move(traffic));
  return work;
}

/// Tokens handed over: copies, where tokens were sent to experts one by one, else each token once.
double tokens_of(const StepShape& shape, const Stage& stage, const Share& share) {
  if (stage.handed > 0) return share.batch.tokens();
  if (stage.whose != Whose::arrived)
    return share.batch.tokens() / (stage.whose == Whose::group ? share.batch.shared_by : 1);
  if (shape.layout.dispatches()) return share.arrived;
  return std::min(share.arrived, share.arrived * shape.layout.expert_parallel / shape.model.experts.top_k);
}

}  // namespace

Collective StepWork::of_host(const Stage& stage, const Pass& pass, int layer, Way way,
                             const std::function<Bytes(const Share&)>& bytes_of) {
  const bool by_layer = stage.whose == Whose::arrived && !shape_.execution.routing.balanced();
  const auto key = std::make_tuple(&stage, pass, way);
  const auto known = of_host_.find(key);
  if (!by_layer && known != of_host_.end()) return known->second;
  const auto all = shares(stage, pass, layer);
  const auto gpus = static_cast<std::size_t>(shape_.layout.gpus);
  std::vector<double> bytes;
  for (std::size_t gpu = 0; gpu < gpus; ++gpu) bytes.push_back(bytes_of(all[gpu * all.size() / gpus]).value);
  const bool pooled =
      way == Way::fetch && shape_.execution.offload.kv_read == Offload::Read::pooled && stage.reads_cache;
  const Collective work = between(machine_.host, bytes, way == Way::to_host, pooled);
  if (!by_layer) of_host_.emplace(key, work);
  return work;
}

Collective StepWork::fetch(const Stage& stage, const Pass& pass, int layer) {
  return of_host(stage, pass, layer, Way::fetch, stage.fetched);
}

Collective StepWork::handover(const Stage& stage, const Pass& pass, int layer, bool to_host) {
  const Bytes token = activation_bytes(format("bf16"), 1, stage.handed > 0 ? stage.handed : shape_.model.hidden);
  Collective work = of_host(stage, pass, layer, to_host ? Way::to_host : Way::to_device,
                            [&](const Share& share) { return token * tokens_of(shape_, stage, share); });
  work.overhead = machine_.runtime.per_copy;
  return work;
}

}  // namespace teapot
