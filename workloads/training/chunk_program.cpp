// The order of a chunk's stages, forward and back, and what overlaps what.
// Knows neither a kernel nor a schedule.

#include "workloads/training/chunk_program.hpp"

#include <algorithm>

#include "workloads/step/program_writer.hpp"
#include "workloads/step/step_work.hpp"
#include "workloads/training/backward.hpp"

namespace teapot {
namespace {

using Kind = Task::Kind;

const char* suffix(Kind kind) { return kind == Kind::forward ? "" : kind == Kind::weights ? "-weights" : "-input"; }

/// What an exchange of tensor parallelism is on the way back.
std::string returned(const std::string& operation) {
  if (operation == "all-gather") return "reduce-scatter";
  return operation == "reduce-scatter" ? "all-gather" : operation;
}

}  // namespace

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
