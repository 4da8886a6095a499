// What each stage of a chunk computes and sends, forward and back.
// Knows neither their order nor a schedule.

#include "workloads/training/chunk_program.hpp"

#include <algorithm>

#include "workloads/step/step_work.hpp"
#include "workloads/training/backward.hpp"

namespace teapot {
namespace {

using Kind = Task::Kind;

bool same(const ChunkPart& a, const ChunkPart& b) { return a.kind == b.kind && a.layer == b.layer; }

}  // namespace

ChunkPrograms::ChunkPrograms(const Model& model, const Training& training, const Machine& machine,
                             const TrainerCost& cost, int gpus, std::uint64_t seed)
    : model_(model),
      training_(training),
      machine_(machine),
      cost_(cost),
      layout_(training.layout),
      shape_{model_, layout_, execution_} {
  layout_.gpus = gpus;
  execution_.overlap = "none";
  execution_.routing = training.routing;
  execution_.precision = training.precision;
  if (!model.has_experts()) return;
  gates_.emplace(model_, layout_, execution_.routing, machine_.domain, own_tokens() * layout_.expert_gpus(), seed);
}

const ChunkPrograms::Segments& ChunkPrograms::segments(const ChunkPart& part) {
  for (const auto& known : segments_) {
    if (same(known->first, part)) return known->second;
  }
  Segments s;
  if (part.kind == ChunkPart::Kind::embedding) s.enter = {embedding_stage(shape_)};
  if (part.kind == ChunkPart::Kind::head) s.enter = {head_stage(shape_)};
  for (Stage& stage : part.kind == ChunkPart::Kind::layer ? layer_stages(shape_, part.layer) : std::vector<Stage>{}) {
    const Slot slot = stage.slot;
    auto& where = slot == Slot::dispatch                                           ? s.dispatch
                  : slot == Slot::combine                                          ? s.combine
                  : slot == Slot::enter || slot == Slot::mix || slot == Slot::gate ? s.enter
                                                                                   : s.middle;
    where.push_back(std::move(stage));
  }
  segments_.push_back(std::make_unique<const std::pair<ChunkPart, Segments>>(part, std::move(s)));
  return segments_.back()->second;
}

std::vector<Kernel> ChunkPrograms::kernels(const Stage& stage, const Share& share, Kind kind) const {
  const std::vector<Kernel> forward = training_forward(stage.kernels(share));
  if (kind == Kind::forward) return forward;
  return kind == Kind::weights ? weight_gradients(forward, training_.precision)
                               : input_gradients(forward, training_.precision, training_);
}

std::vector<Share> ChunkPrograms::shares(const Stage& stage, int layer) {
  Sequences sequences;
  sequences.count = training_.micro_batch;
  sequences.new_tokens = training_.sequence_tokens;
  sequences.prompt = true;
  if (stage.whose == Whose::group) return {{{{sequences}, layout_.tensor_parallel}, 0, 0}};
  sequences.count /= layout_.tensor_parallel;
  if (stage.whose == Whose::own) return {{{{sequences}, 1}, 0, 0}};
  const int slots = layout_.experts_per_rank(model_);
  const bool whole = layout_.experts_follow_attention();
  const Exchange exchange = gates_->exchange(layer, 0, {static_cast<int>(own_tokens())});
  if (exchange.arrived.empty()) {
    const double tokens =
        (whole ? group_tokens() : own_tokens()) * layout_.expert_gpus() / (whole ? layout_.expert_parallel : 1);
    const double arrived = tokens * gates_->top_k() / layout_.expert_parallel;
    return {{{}, arrived, std::min<double>(slots, arrived)}};
  }
  std::vector<Share> all;
  for (auto at = exchange.arrived.begin(); at != exchange.arrived.end(); at += slots) {
    Share share;
    for (int slot = 0; slot < slots; ++slot) {
      share.arrived += at[slot];
      share.active += at[slot] > 0 ? 1 : 0;
    }
    all.push_back(share);
  }
  return all;
}

Compute ChunkPrograms::compute(const Stage& stage, int layer, Kind kind) {
  const bool alike = stage.whose != Whose::arrived || training_.routing.balanced();
  const std::pair key{&stage, kind};
  if (const auto found = known_.find(key); alike && found != known_.end()) return found->second;
  Compute sum;
  const auto all = shares(stage, layer);
  const double part = 1.0 / static_cast<double>(all.size());
  for (const Share& share : all) {
    Compute one = timed(machine_, kernels(stage, share, kind));
    for (KernelPart& kernel : one.parts) {
      if (kernel.kind != "weight-gradient-gemm") continue;
      one.duration[0] += kernel.time * (cost_.weight_products - 1);
      kernel.time = kernel.time * cost_.weight_products;
    }
    sum.flops += one.flops * part;
    sum.bytes += one.bytes * part;
    sum.duration.push_back(one.duration[0] * cost_.kernels);
    for (KernelPart& kernel : one.parts) kernel.time = kernel.time * cost_.kernels;
    if (sum.parts.empty()) sum.parts = std::move(one.parts);
  }
  if (alike) known_.emplace(key, sum);
  return sum;
}

Collective ChunkPrograms::exchange(const Stage& stage, int layer) {
  const StageExchange& e = *stage.exchange;
  Collective work;
  work.reversed = e.back;
  work.bytes_per_copy = e.bytes_per_copy;
  if (e.pattern == nullptr) {
    work.traffic = gates_->exchange(layer, 0, {static_cast<int>(own_tokens())}).traffic;
    return work;
  }
  auto& traffic = traffic_[&stage];
  if (!traffic)
    traffic = std::make_shared<const Traffic>(e.pattern(layout_, e.parts, {group_tokens()}, machine_.domain, -1));
  work.traffic = traffic;
  return work;
}

}  // namespace teapot
