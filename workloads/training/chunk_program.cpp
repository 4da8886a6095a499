// Which stages a chunk passes, forward and back, and what overlaps what.
// Knows no schedule.

#include "workloads/training/chunk_program.hpp"

#include <algorithm>

#include "workloads/step/program_writer.hpp"
#include "workloads/step/step_work.hpp"
#include "workloads/training/backward.hpp"

namespace teapot {
namespace {

using Kind = Task::Kind;

bool same(const ChunkPart& a, const ChunkPart& b) { return a.kind == b.kind && a.layer == b.layer; }

const char* suffix(Kind kind) { return kind == Kind::forward ? "" : kind == Kind::weights ? "-weights" : "-input"; }

/// What an exchange of tensor parallelism is on the way back.
std::string returned(const std::string& operation) {
  if (operation == "all-gather") return "reduce-scatter";
  return operation == "reduce-scatter" ? "all-gather" : operation;
}

}  // namespace

// -- work -------------------------------------------------------------------------------------------------------------

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

// -- order ------------------------------------------------------------------------------------------------------------

class ChunkPrograms::Writing {
 public:
  Writing(ChunkPrograms& of, int micro_batch_of_back, double slower)
      : of_(of), writer_(of.machine_, of.layout_.gpus, false), back_{micro_batch_of_back}, slower_(slower) {}

  void forward_enter(const ChunkPart& p) { run(of_.segments(p).enter, p, forward_, Kind::forward); }
  void forward_dispatch(const ChunkPart& p) { run(of_.segments(p).dispatch, p, forward_, Kind::forward); }
  void forward_middle(const ChunkPart& p) { run(of_.segments(p).middle, p, forward_, Kind::forward); }
  void forward_combine(const ChunkPart& p) { run(of_.segments(p).combine, p, forward_, Kind::forward); }
  // Back against the order of the forward: gradients go to the experts as tokens did, and return as results did.
  void back_dispatch(const ChunkPart& p) {
    const Segments& s = of_.segments(p);
    for (auto at = s.combine.rbegin(); at != s.combine.rend(); ++at) {
      if (!at->routed) add(*at, p, back_, Kind::input);
    }
    run(s.dispatch, p, back_, Kind::input);
  }
  void back_middle(const ChunkPart& p) { run_back(of_.segments(p).middle, p, Kind::input); }
  void back_combine(const ChunkPart& p) {
    for (const Stage& stage : of_.segments(p).combine) {
      if (stage.routed) add(stage, p, back_, Kind::input);
    }
  }
  void back_enter(const ChunkPart& p) { run_back(of_.segments(p).enter, p, Kind::input); }
  void middle_weights(const ChunkPart& p) { run_back(of_.segments(p).middle, p, Kind::weights); }
  void enter_weights(const ChunkPart& p) { run_back(of_.segments(p).enter, p, Kind::weights); }

  Program take() { return writer_.take(); }

 private:
  /// How far a micro-batch has come.
  struct Lane {
    int micro_batch = 0;
    std::vector<int> ready{};
    std::vector<int> routed{};  ///< tokens on their way or at experts
    bool apart = false;
  };

  void run(const std::vector<Stage>& stages, const ChunkPart& part, Lane& lane, Kind kind) {
    for (const Stage& stage : stages) add(stage, part, lane, kind);
  }
  void run_back(const std::vector<Stage>& stages, const ChunkPart& part, Kind kind) {
    for (auto at = stages.rbegin(); at != stages.rend(); ++at) add(*at, part, back_, kind);
  }

  void add(const Stage& stage, const ChunkPart& part, Lane& lane, Kind kind) {
    const Spot spot{PassOf::model, part.number, lane.micro_batch, {}};
    if (kind == Kind::weights) {
      if (stage.kernels) compute(stage, part, spot, {}, kind);
      return;
    }
    if (stage.routed && !lane.apart) {
      lane.routed = lane.ready;
      lane.apart = true;
    } else if (!stage.routed && lane.apart && stage.slot != Slot::beside) {
      lane.ready.insert(lane.ready.end(), lane.routed.begin(), lane.routed.end());
      lane.apart = false;
    }
    auto& at = stage.routed ? lane.routed : lane.ready;
    if (stage.kernels) {
      if (const int op = compute(stage, part, spot, at, kind); op >= 0) at = {op};
    } else {
      const std::string name = kind == Kind::forward ? stage.name : returned(stage.name);
      at = {writer_.collective(name, spot, at, of_.exchange(stage, part.number))};
    }
  }

  /// Below 0: nothing is computed on this way.
  int compute(const Stage& stage, const ChunkPart& part, const Spot& spot, std::vector<int> after, Kind kind) {
    Compute work = of_.compute(stage, part.number, kind);
    if (work.parts.empty()) return -1;
    for (Seconds& each : work.duration) each = each * slower_;
    for (KernelPart& kernel : work.parts) kernel.time = kernel.time * slower_;
    return writer_.compute(stage.name + suffix(kind), spot, std::move(after), std::move(work));
  }

  ChunkPrograms& of_;
  ProgramWriter writer_;
  Lane forward_{}, back_{};
  double slower_;
};

namespace {

template <class Writing>
void write_forward(Writing& write, const ChunkPart& part) {
  write.forward_enter(part);
  write.forward_dispatch(part);
  write.forward_middle(part);
  write.forward_combine(part);
}

}  // namespace

Program ChunkPrograms::alone(const std::vector<ChunkPart>& parts, Kind kind) {
  Writing write{*this, 0, 1};
  if (kind == Kind::forward) {
    for (const ChunkPart& part : parts) write_forward(write, part);
    return write.take();
  }
  const ChunkPart* pending = nullptr;  // its first stages' weights fill the time in which gradients travel
  const bool weights = kind != Kind::input;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (kind == Kind::weights) {
      write.middle_weights(*part);
      write.enter_weights(*part);
      continue;
    }
    if (training_.recompute.contains("full")) write_forward(write, *part);
    write.back_dispatch(*part);
    if (weights && pending != nullptr) write.enter_weights(*pending);
    write.back_middle(*part);
    write.back_combine(*part);
    if (weights) write.middle_weights(*part);
    write.back_enter(*part);
    pending = &*part;
  }
  if (kind == Kind::backward && pending != nullptr) write.enter_weights(*pending);
  return write.take();
}

Program ChunkPrograms::pair(const std::vector<ChunkPart>& forward, const std::vector<ChunkPart>& back) {
  Writing write{*this, 1, cost_.overlapped};
  const std::size_t turns = std::max(forward.size(), back.size());
  for (std::size_t i = 0; i < turns; ++i) {
    const ChunkPart* f = i < forward.size() ? &forward[i] : nullptr;
    const ChunkPart* b = i < back.size() ? &back[back.size() - 1 - i] : nullptr;
    if (b && training_.recompute.contains("full")) write_forward(write, *b);
    if (b) write.back_dispatch(*b);
    if (f) write.forward_enter(*f);
    if (f) write.forward_dispatch(*f);
    if (b) write.back_middle(*b);
    if (b) write.middle_weights(*b);
    if (b) write.back_combine(*b);
    if (f) write.forward_middle(*f);
    if (f) write.forward_combine(*f);
    if (b) write.back_enter(*b);
    if (b) write.enter_weights(*b);
  }
  return write.take();
}

std::vector<Kernel> ChunkPrograms::kernels(const std::vector<ChunkPart>& parts, Kind kind) {
  std::vector<Kernel> all;
  for (const ChunkPart& part : parts) {
    const Segments& s = segments(part);
    for (const auto* stages : {&s.enter, &s.dispatch, &s.middle, &s.combine}) {
      for (const Stage& stage : *stages) {
        if (!stage.kernels) continue;
        for (Kernel& kernel : kernels(stage, shares(stage, part.number).front(), kind))
          all.push_back(std::move(kernel));
      }
    }
  }
  return all;
}

}  // namespace teapot
