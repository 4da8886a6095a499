// Work of every stage, with GPUs alike or each with its own requests.
// Knows no stage by name and no order.

#include "workloads/step/step_work.hpp"

#include <algorithm>

#include "workloads/step/overlap.hpp"

namespace teapot {
namespace {

/// Adds the part of `work` that one of `count` GPUs has in the mean.
void add_share(Compute& sum, const Compute& work, double count) {
  sum.flops += work.flops / count;
  sum.bytes += work.bytes / count;
  if (sum.parts.empty()) {
    sum.parts = work.parts;
    for (KernelPart& part : sum.parts) part.time = Seconds{};
  }
  for (std::size_t i = 0; i < sum.parts.size(); ++i) {
    sum.parts[i].time += work.parts[i].time / count;
    sum.parts[i].provenance = std::max(sum.parts[i].provenance, work.parts[i].provenance);
  }
}

/// What decides a GPU's time at a stage beside what arrived; none where contexts differ, and so does the time.
std::optional<std::vector<double>> value_of(const Batch& batch) {
  std::vector<double> value;
  for (const Sequences& s : batch.sequences) {
    if (!s.contexts.empty()) return std::nullopt;
    value.insert(value.end(), {s.count, s.new_tokens, s.context});
  }
  return value;
}

/// A step of prompts with more tokens than graphs were recorded for: each kernel costs what it costs to launch.
Machine on_load(Machine machine, const Load& load, const Layout& layout) {
  const bool prompts = std::any_of(load.requests.begin(), load.requests.end(), [](const auto& r) { return r.prompt; });
  const double tokens = load.new_tokens_per_gpu() * layout.tensor_parallel;
  if (prompts && tokens > machine.runtime.recorded_tokens) {
    machine.runtime.per_kernel += machine.runtime.per_prompt_kernel;
  } else {
    machine.runtime.per_launch = Seconds{};
  }
  return machine;
}

/// GPUs that run feed-forwards alone, by scale-up domain; the others take no part.
std::shared_ptr<const std::vector<int>> nodes_apart(const Layout& layout, const Machine& machine) {
  std::vector<int> nodes(static_cast<std::size_t>(layout.gpus), -1);
  std::map<int, int> number;  // by domain
  for (int gpu = layout.attention_gpus(); gpu < layout.gpus; ++gpu) {
    const auto index = static_cast<std::size_t>(gpu);
    const int where = machine.domain.empty() ? gpu : machine.domain[index];
    nodes[index] = number.try_emplace(where, static_cast<int>(number.size())).first->second;
  }
  return std::make_shared<const std::vector<int>>(std::move(nodes));
}

double roughly_in_group(const Batches& batches, const Layout& layout) {
  return batches.mean_tokens() * (layout.apart() ? layout.attention_gpus() : layout.expert_gpus());
}

}  // namespace

StepWork::StepWork(const StepShape& shape, const Load& load, const Machine& machine, std::uint64_t seed,
                   const std::shared_ptr<KnownExchanges>& known)
    : shape_(shape),
      machine_(on_load(machine, load, shape.layout)),
      // The requests of a pipeline are counted with the stage that works on them first.
      batches_(load, shape.layout, overlap(shape.execution.overlap).micro_batches) {
  if (!shape.model.has_experts()) return;
  gates_.emplace(shape.model, shape.layout, shape.execution.routing, machine.domain,
                 roughly_in_group(batches_, shape.layout), seed, known);
}

const std::vector<Stage>& StepWork::stages(const LayerKind& kind) {
  for (const auto& known : kinds_) {
    if (known->first == kind) return known->second;
  }
  kinds_.push_back(std::make_unique<const std::pair<LayerKind, std::vector<Stage>>>(kind, layer_stages(shape_, kind)));
  return kinds_.back()->second;
}

// -- whose tokens -----------------------------------------------------------------------------------------------------

/// A stage's GPUs of one pipeline work on one part of its requests; all stages at once on one part each, the stage
/// after on the part that came before.
int StepWork::group_of(int index, const Pass& pass) const {
  const int stages = shape_.layout.pipeline_parallel;
  if (pass.stage >= 0) return index * stages + pass.part;
  return index / stages * stages + (index % stages + pass.part) % stages;
}

int StepWork::groups_of(const Pass& pass) const {
  return pass.stage >= 0 ? batches_.groups() / shape_.layout.pipeline_parallel : batches_.groups();
}

std::vector<Share> StepWork::shares(const Stage& stage, const Pass& pass, int layer) {
  if (stage.whose == Whose::arrived) return arrived(pass, layer);
  if (stage.whose == Whose::dealt) return {dealt(pass)};
  std::vector<Share> shares;
  const bool own = stage.whose == Whose::own;
  const int count = batches_.alike() ? 1 : own ? shape_.layout.attention_gpus() : groups_of(pass);
  for (int i = 0; i < count; ++i) {
    shares.push_back({own ? batches_.of_gpu(i, pass.micro_batch, pass.tokens)
                          : batches_.of_group(group_of(i, pass), pass.micro_batch, pass.tokens, stage.reads_cache),
                      0, 0});
  }
  return shares;
}

std::vector<double> StepWork::group_tokens(const Pass& pass) const {
  std::vector<double> tokens;
  for (int i = 0; i < (batches_.alike() ? 1 : groups_of(pass)); ++i) {
    tokens.push_back(batches_.of_group(group_of(i, pass), pass.micro_batch, pass.tokens, false).tokens());
  }
  return tokens;
}

std::vector<int> StepWork::gpu_tokens(const Pass& pass) const {
  std::vector<int> tokens;
  const bool one_for_all = batches_.alike() && !shape_.layout.apart();
  for (int gpu = 0; gpu < (one_for_all ? 1 : shape_.layout.attention_gpus()); ++gpu) {
    tokens.push_back(batches_.tokens_of_gpu(gpu, pass.micro_batch, pass.tokens));
  }
  if (!one_for_all) tokens.resize(static_cast<std::size_t>(shape_.layout.gpus));
  return tokens;
}

double StepWork::tokens_between(int first, int last, const Pass& pass) const {
  double tokens = 0;
  for (int gpu = first; gpu < last; ++gpu) tokens += batches_.tokens_of_gpu(gpu, pass.micro_batch, pass.tokens);
  return tokens;
}

Share StepWork::dealt(const Pass& pass) const {
  const double all = tokens_between(0, shape_.layout.attention_gpus(), pass);
  Share share;
  share.batch.sequences.push_back({all / shape_.layout.ffn_gpus, 1, 0, {}, false});
  return share;
}

const Exchange& StepWork::routed(const Pass& pass, int layer) {
  RoutedLayer& last = routed_[pass];
  if (last.layer == layer) return last.exchange;
  Exchange exchange = gates_->exchange(layer, pass.micro_batch, gpu_tokens(pass));
  const bool same = exchange.traffic == last.exchange.traffic;  // a balanced gate's
  last.layer = layer;
  last.exchange = std::move(exchange);
  if (!same) last.to_nodes = last.within = nullptr;
  return last.exchange;
}

std::shared_ptr<const Traffic> StepWork::routed_leg(StageExchange::Leg leg, const Pass& pass, int layer) {
  const auto& whole = routed(pass, layer).traffic;
  if (leg == StageExchange::Leg::whole) return whole;
  RoutedLayer& last = routed_[pass];
  if (!last.to_nodes) {
    const int senders = shape_.layout.attention_gpus();
    last.to_nodes = std::make_shared<const Traffic>(rows_of(*whole, 0, senders, whole->groups));
    last.within =
        std::make_shared<const Traffic>(rows_of(*whole, senders, whole->ranks, nodes_apart(shape_.layout, machine_)));
  }
  return leg == StageExchange::Leg::within ? last.within : last.to_nodes;
}

std::vector<Share> StepWork::arrived(const Pass& pass, int layer) {
  const Exchange& exchange = routed(pass, layer);
  const int slots = shape_.layout.experts_per_rank(shape_.model);
  std::vector<Share> shares;
  if (!exchange.arrived.empty()) {
    const int without = shape_.layout.apart() ? shape_.layout.attention_gpus() * slots : 0;
    for (auto at = exchange.arrived.begin() + without; at != exchange.arrived.end(); at += slots) {
      std::uint64_t tokens = 0;
      std::uint64_t active = 0;
      for (int slot = 0; slot < slots; ++slot) {
        tokens += at[slot];
        active += at[slot] > 0 ? 1 : 0;
      }
      shares.push_back({{}, static_cast<double>(tokens), static_cast<double>(active)});
    }
    return shares;
  }
  const int of_group = shape_.layout.apart() ? shape_.layout.attention_gpus() : shape_.layout.expert_gpus();
  const int groups = batches_.alike() ? 1 : shape_.layout.expert_groups();
  for (int group = 0; group < groups; ++group) {
    const double tokens = tokens_between(group * of_group, (group + 1) * of_group, pass);
    const double arrived = tokens * gates_->top_k() / shape_.layout.expert_parallel;
    const auto each = static_cast<std::size_t>(groups == 1 ? 1 : of_group);
    shares.insert(shares.end(), each, {{}, arrived, std::min<double>(slots, arrived)});
  }
  return shares;
}

// -- timing -----------------------------------------------------------------------------------------------------------

const Compute& StepWork::timed(const Stage& stage, const Share& share, int kind) {
  auto value = value_of(share.batch);
  if (!value) return unlike_ = teapot::timed(machine_, stage.kernels(share), kind);
  const auto [found, added] = of_share_.try_emplace({&stage, kind, share.arrived, share.active, std::move(*value)});
  if (added) found->second = teapot::timed(machine_, stage.kernels(share), kind);
  return found->second;
}

StepWork::GpuRange StepWork::gpus_of(const Stage& stage) const {
  const Layout& layout = shape_.layout;
  if (!layout.apart()) return {0, layout.gpus};
  return stage.side == Side::attention ? GpuRange{0, layout.attention_gpus()}
                                       : GpuRange{layout.attention_gpus(), layout.ffn_gpus};
}

Compute StepWork::timed(const Stage& stage, const std::vector<Share>& shares) {
  const Devices& devices = machine_.devices;
  const bool alike = stage.on_host || devices.alike();
  if (shares.size() == 1 && alike) return timed(stage, shares[0], stage.on_host ? on_cpu : 0);
  // One entry for each share, or for each GPU where GPUs of several kinds need different times for the same.
  const GpuRange range = gpus_of(stage);
  const auto gpus = static_cast<std::size_t>(range.count);
  const std::size_t entries = alike ? shares.size() : gpus;
  Compute sum;
  sum.duration.assign(static_cast<std::size_t>(range.first), Seconds{});
  for (std::size_t i = 0; i < entries; ++i) {
    const int kind = stage.on_host ? on_cpu : devices.kind(range.first + static_cast<int>(i * gpus / entries));
    const Compute& one = timed(stage, shares[i * shares.size() / entries], kind);
    sum.duration.insert(sum.duration.end(), gpus / entries, one.duration[0]);
    add_share(sum, one, static_cast<double>(entries));
  }
  sum.duration.resize(static_cast<std::size_t>(shape_.layout.gpus));
  return sum;
}

Compute StepWork::compute(const Stage& stage, const Pass& pass, int layer) {
  const bool by_layer = stage.whose == Whose::arrived && !shape_.execution.routing.balanced();
  if (by_layer) return timed(stage, shares(stage, pass, layer));
  const auto [found, added] = of_pass_.try_emplace({&stage, pass});
  if (added) found->second = timed(stage, shares(stage, pass, layer));
  return found->second;
}

// -- exchanges --------------------------------------------------------------------------------------------------------

Collective StepWork::exchange(const Stage& stage, const Pass& pass, int layer) {
  const StageExchange& e = *stage.exchange;
  Collective work;
  work.reversed = e.back;
  work.bytes_per_copy = e.bytes_per_copy;
  if (e.pattern == nullptr) {
    work.traffic = routed_leg(e.leg, pass, layer);
    return work;
  }
  const auto tokens = group_tokens(pass);
  auto& traffic = traffic_[{e.pattern, e.parts, pass.stage, tokens}];
  if (!traffic)
    traffic = std::make_shared<const Traffic>(e.pattern(shape_.layout, e.parts, tokens, machine_.domain, pass.stage));
  work.traffic = traffic;
  return work;
}

}  // namespace teapot
