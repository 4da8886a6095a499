// Walking the orders of all ranks together.
// Knows no schedule by name.

#include "workloads/training/pipeline.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace teapot {
namespace {

/// Where a chunk ended, by stage and micro-batch.
class Ends {
 public:
  Ends(int stages, int micro_batches)
      : micro_batches_(micro_batches),
        ends_(static_cast<std::size_t>(stages) * static_cast<std::size_t>(micro_batches)) {}

  struct End {
    Seconds at;
    int rank = -1;
    Task::Kind made_by = Task::Kind::forward;
  };
  const End& of(int stage, int micro_batch) const { return ends_[index(stage, micro_batch)]; }
  void put(int stage, int micro_batch, End end) { ends_[index(stage, micro_batch)] = end; }

 private:
  std::size_t index(int stage, int micro_batch) const {
    return static_cast<std::size_t>(stage) * static_cast<std::size_t>(micro_batches_) +
           static_cast<std::size_t>(micro_batch);
  }
  int micro_batches_;
  std::vector<End> ends_;
};

class Walk {
 public:
  Walk(const Schedule& schedule, const PipelineShape& shape, const PipelineTimes& times)
      : times_(times),
        last_(schedule.stages(shape) - 1),
        forward_(last_ + 1, shape.micro_batches),
        back_(last_ + 1, shape.micro_batches) {
    timeline_.ranks.resize(static_cast<std::size_t>(shape.ranks));
    for (int rank = 0; rank < shape.ranks; ++rank) orders_.push_back(schedule.order(shape, rank));
  }

  PipelineTimeline run() {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t rank = 0; rank < orders_.size(); ++rank) {
        while (advance(static_cast<int>(rank))) moved = true;
      }
    }
    for (std::size_t rank = 0; rank < orders_.size(); ++rank) {
      if (timeline_.ranks[rank].size() != orders_[rank].size()) throw std::logic_error("a pipeline waits for itself");
    }
    return std::move(timeline_);
  }

 private:
  /// When what one chunk needs is there; nothing while it has not been made.
  std::optional<Seconds> ready(int rank, int stage, int micro_batch, bool back) const {
    if (!back && stage == 0) return Seconds{};
    const bool turn = back && stage == last_;
    const Ends& ends = back && !turn ? back_ : forward_;
    const int from = turn ? stage : back ? stage + 1 : stage - 1;
    const Ends::End& end = ends.of(from, micro_batch);
    if (end.rank < 0) return std::nullopt;
    return end.rank == rank ? end.at : end.at + times_.send(end.rank, rank, end.made_by);
  }

  std::optional<Seconds> ready(int rank, const Task& task) const {
    if (task.kind == Task::Kind::weights) return Seconds{};
    const bool back = task.kind == Task::Kind::backward || task.kind == Task::Kind::input;
    const auto first = ready(rank, task.stage, task.micro_batch, back);
    if (!first || task.kind != Task::Kind::pair) return first;
    const auto second = ready(rank, task.back_stage, task.back_micro_batch, true);
    if (!second) return second;
    return std::max(*first, *second);
  }

  bool advance(int rank) {
    auto& done = timeline_.ranks[static_cast<std::size_t>(rank)];
    const auto& order = orders_[static_cast<std::size_t>(rank)];
    if (done.size() == order.size()) return false;
    const Task& task = order[done.size()];
    const auto from = ready(rank, task);
    if (!from) return false;
    const Seconds start = std::max(*from, timeline_.finish(rank));
    const Seconds end = start + times_.task(task, rank);
    done.push_back({task, start, end});
    timeline_.end = std::max(timeline_.end, end);
    note(rank, task, end);
    return true;
  }

  void note(int rank, const Task& task, Seconds end) {
    if (task.kind == Task::Kind::weights) return;
    const bool back = task.kind == Task::Kind::backward || task.kind == Task::Kind::input;
    (back ? back_ : forward_).put(task.stage, task.micro_batch, {end, rank, task.kind});
    if (task.kind == Task::Kind::pair) back_.put(task.back_stage, task.back_micro_batch, {end, rank, task.kind});
  }

  const PipelineTimes& times_;
  int last_;
  Ends forward_, back_;
  std::vector<std::vector<Task>> orders_;
  PipelineTimeline timeline_;
};

}  // namespace

Seconds PipelineTimeline::busy(int rank) const {
  Seconds sum;
  for (const TimedTask& t : ranks[static_cast<std::size_t>(rank)]) sum += t.end - t.start;
  return sum;
}

Seconds PipelineTimeline::busy(int rank, Task::Kind kind) const {
  Seconds sum;
  for (const TimedTask& t : ranks[static_cast<std::size_t>(rank)]) {
    if (t.task.kind == kind) sum += t.end - t.start;
  }
  return sum;
}

Seconds PipelineTimeline::finish(int rank) const {
  const auto& tasks = ranks[static_cast<std::size_t>(rank)];
  return tasks.empty() ? Seconds{} : tasks.back().end;
}

PipelineTimeline run_pipeline(const Schedule& schedule, const PipelineShape& shape, const PipelineTimes& times) {
  return Walk{schedule, shape, times}.run();
}

}  // namespace teapot
