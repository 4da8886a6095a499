// Laying tasks, and what happens within them, on tracks.
// Knows no file format.

#include "analysis/training/pipeline_trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

namespace teapot {
namespace {

class TraceMaker {
 public:
  TraceMaker(const TrainingScenario& s, const TrainingResult& r) : s_(s), r_(r) {
    trace_.program.ranks = trace_.timeline.ranks = s.training.pipeline.ranks;
    trace_.program.streams = {"tasks", "compute", "communication"};
    trace_.timeline.step = r.step;
  }

  PipelineTrace make(int inside) {
    for (int rank = 0; rank < s_.training.pipeline.ranks; ++rank) {
      const auto held = schedule(s_.training.schedule).held(s_.training.pipeline, rank);
      trace_.network.gpus.push_back(rank);
      trace_.network.domain.push_back(rank);
      trace_.network.nodes.push_back({fmt::format("rank {} (stages {})", rank, fmt::join(held, ", ")), "gpu"});
      for (const TimedTask& task : r_.pipeline.ranks[static_cast<std::size_t>(rank)]) add(rank, task, rank == inside);
      const Seconds done = r_.pipeline.finish(rank);
      add(rank, 0, "gradients and optimizer", -1, 0, done, done + r_.optimizer[static_cast<std::size_t>(rank)]);
    }
    trace_.timeline.operators = static_cast<int>(trace_.program.operators.size());
    return std::move(trace_);
  }

 private:
  void add(int rank, const TimedTask& timed, bool inside) {
    const Task& t = timed.task;
    std::string name = fmt::format("{} {}", to_text(t.kind), t.micro_batch);
    if (t.kind == Task::Kind::pair) name = fmt::format("F {} & B {}", t.micro_batch, t.back_micro_batch);
    add(rank, 0, name, t.stage, t.micro_batch, timed.start, timed.end);
    if (!inside) return;
    const auto found = r_.inside.find(chunk_name(s_, t));
    if (found == r_.inside.end()) return;
    for (const ChunkOperator& op : found->second)
      add(rank, op.communication ? 2 : 1, op.name, op.layer, t.micro_batch, timed.start + op.start,
          timed.start + op.end);
  }

  void add(int rank, int stream, const std::string& name, int layer, int micro_batch, Seconds start, Seconds end) {
    auto& on = ranks_[rank];
    if (!on) on = ranks({rank});
    Compute work;
    work.duration = {end - start};
    trace_.program.operators.push_back({name, layer, micro_batch, stream, {}, std::move(work), on});
    for (int other = 0; other < trace_.program.ranks; ++other) {
      constexpr double never = std::numeric_limits<double>::quiet_NaN();
      trace_.timeline.start_s.push_back(other == rank ? start.value : never);
      trace_.timeline.end_s.push_back(other == rank ? end.value : never);
    }
  }

  const TrainingScenario& s_;
  const TrainingResult& r_;
  PipelineTrace trace_;
  std::map<int, Ranks> ranks_;
};

}  // namespace

PipelineTrace pipeline_trace(const TrainingScenario& scenario, const TrainingResult& result, int inside) {
  return TraceMaker{scenario, result}.make(inside);
}

}  // namespace teapot
