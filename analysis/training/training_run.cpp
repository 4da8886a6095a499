// Timing the distinct pieces of a step and putting them together.
// Knows no fabric and no schedule by name.

#include "analysis/training/training_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "analysis/training/chunk_names.hpp"
#include "analysis/training/chunk_split.hpp"
#include "sim/engine.hpp"

namespace teapot {
namespace {

/// The end of each GPU's last operator.
std::vector<Seconds> ends_of(const Timeline& timeline) {
  std::vector<Seconds> ends(static_cast<std::size_t>(timeline.ranks));
  for (int op = 0; op < timeline.operators; ++op) {
    for (int rank = 0; rank < timeline.ranks; ++rank) {
      if (!timeline.ran(op, rank)) continue;
      Seconds& end = ends[static_cast<std::size_t>(rank)];
      end = std::max(end, timeline.end(op, rank));
    }
  }
  return ends;
}

std::vector<Seconds> ends_of(const Timeline& timeline, int op) {
  std::vector<Seconds> ends;
  for (int rank = 0; rank < timeline.ranks; ++rank)
    ends.push_back(timeline.ran(op, rank) ? timeline.end(op, rank) : Seconds{});
  return ends;
}

/// The slowest GPU of each rank of the pipeline; one group of GPUs stands for all ranks where it was simulated alone.
std::vector<Seconds> by_rank(const std::vector<Seconds>& ends, const Training& t) {
  const auto ranks = static_cast<std::size_t>(t.pipeline.ranks);
  const bool all = static_cast<int>(ends.size()) == t.layout.gpus;
  if (!all) return std::vector<Seconds>(ranks, *std::max_element(ends.begin(), ends.end()));
  std::vector<Seconds> slowest(ranks);
  for (std::size_t gpu = 0; gpu < ends.size(); ++gpu) {
    Seconds& one = slowest[gpu / static_cast<std::size_t>(t.pipeline_gpus())];
    one = std::max(one, ends[gpu]);
  }
  return slowest;
}

Seconds computed(const Program& program) {
  Seconds sum;
  for (const Operator& op : program.operators) {
    const auto* work = std::get_if<Compute>(&op.work);
    if (work == nullptr) continue;
    Seconds mean;
    for (const Seconds& each : work->duration) mean += each / static_cast<double>(work->duration.size());
    sum += mean;
  }
  return sum;
}

std::vector<ChunkOperator> on_first_gpu(const Program& program, const Timeline& timeline) {
  std::vector<ChunkOperator> inside;
  for (int op = 0; op < timeline.operators; ++op) {
    const Operator& o = program.operators[static_cast<std::size_t>(op)];
    if (timeline.ran(op, 0))
      inside.push_back(
          {o.name, o.layer, std::holds_alternative<Collective>(o.work), timeline.start(op, 0), timeline.end(op, 0)});
  }
  return inside;
}

/// How long ranks wait in the mean, until the last has updated its weights.
Seconds bubble(const PipelineTimeline& pipeline, const std::vector<Seconds>& optimizer) {
  Seconds step, busy;
  const auto ranks = static_cast<int>(optimizer.size());
  for (int rank = 0; rank < ranks; ++rank) {
    const Seconds end = optimizer[static_cast<std::size_t>(rank)];
    step = std::max(step, pipeline.finish(rank) + end);
    busy += (pipeline.busy(rank) + end) / ranks;
  }
  return step - busy;
}

class StepTimer {
 public:
  StepTimer(const TrainingScenario& s, const std::function<void(double)>& progress)
      : s_(s), progress_(progress), programs_(s.model, s.training, s.machine, s.cost, s.simulated_gpus(), s.seed) {
    part_ = s.network;
    part_.gpus.resize(static_cast<std::size_t>(s.simulated_gpus()));
    part_.domain.resize(static_cast<std::size_t>(s.simulated_gpus()));
    const int stages = schedule(s.training.schedule).stages(s.training.pipeline);
    for (int stage = 0; stage < stages; ++stage) stages_.push_back(chunk_parts(s.model, s.training, stage));
    signatures_ = signatures_of(s);
  }

  TrainingResult run() {
    TrainingResult r;
    if (s_.training.pipeline.ranks > 1) time_sends(r);
    time_optimizer(r);
    time_chunks(r);
    PipelineTimes times;
    times.task = [&](const Task& task, int rank) { return of(task)[static_cast<std::size_t>(rank)]; };
    times.send = [&](int, int to, Task::Kind made_by) {
      if (sends_.empty()) return Seconds{};
      return (made_by == Task::Kind::pair ? sends_beside_ : sends_)[static_cast<std::size_t>(to)];
    };
    const Schedule& order = schedule(s_.training.schedule);
    r.pipeline = run_pipeline(order, s_.training.pipeline, times);
    explain_bubble(times, r);
    for (ChunkTime& chunk : r.chunks) chunk.total = total_of(chunk.what, r.pipeline);
    r.memory = training_memory(s_.model, s_.training, programs_);
    r.simulated_programs = simulated_;
    return r;
  }

 private:
  Timeline simulated(const Program& program, const Network& network) {
    ++simulated_;
    return simulate(program, network);
  }

  void time_sends(TrainingResult& r) {
    sends_ = by_rank(ends_of(simulated(send_program(s_.model, s_.training, s_.machine), s_.network)), s_.training);
    r.send = *std::max_element(sends_.begin(), sends_.end());
    sends_beside_ = sends_;
    r.send_beside = r.send;
  }

  void time_optimizer(TrainingResult& r) {
    const Program program = optimizer_program(s_.model, s_.training, s_.machine);
    const Timeline timeline = simulated(program, s_.network);
    r.optimizer = by_rank(ends_of(timeline), s_.training);
    Seconds before;
    for (int op = 0; op < timeline.operators; ++op) {
      Seconds mean;
      for (const Seconds& end : ends_of(timeline, op)) mean += end / timeline.ranks;
      r.end.push_back({"end of the step", program.operators[static_cast<std::size_t>(op)].name, mean - before});
      before = mean;
    }
  }

  /// What was passed on by the task before this one.
  void add_send(Program& program, Task::Kind kind) const {
    if (s_.training.pipeline.ranks == 1) return;
    const Ways ways = kind == Task::Kind::pair ? Ways::both : Ways::onward;
    std::optional<Collective> work;
    if (program.ranks < s_.gpus()) {
      work = send_among(s_.model, s_.training, s_.machine, program.ranks, ways);
    } else {
      work = std::get<Collective>(send_program(s_.model, s_.training, s_.machine, ways).operators.front().work);
    }
    if (!work) return;
    program.streams.emplace_back("sends");
    program.operators.push_back({"send", -1, 0, static_cast<int>(program.streams.size()) - 1, {}, std::move(*work)});
  }

  void note_send(const Program& program, const Timeline& timeline, TrainingResult& r) {
    if (program.operators.back().name != "send") return;
    const auto ends = by_rank(ends_of(timeline, timeline.operators - 1), s_.training);
    for (std::size_t rank = 0; rank < ends.size(); ++rank) {
      sends_beside_[rank] = std::max(sends_beside_[rank], ends[rank]);
      r.send_beside = std::max(r.send_beside, ends[rank]);
    }
  }

  /// The pipeline once more without sends, and with chunks that are alike.
  void explain_bubble(PipelineTimes times, TrainingResult& r) const {
    const Schedule& order = schedule(s_.training.schedule);
    const PipelineShape& shape = s_.training.pipeline;
    times.send = [](int, int, Task::Kind) { return Seconds{}; };
    r.bubble_without_sends = bubble(run_pipeline(order, shape, times), r.optimizer);
    std::array<Seconds, 5> sums{};
    std::array<int, 5> counts{};
    Seconds end;
    for (std::size_t rank = 0; rank < r.pipeline.ranks.size(); ++rank) {
      end += r.optimizer[rank] / static_cast<double>(shape.ranks);
      for (const TimedTask& t : r.pipeline.ranks[rank]) {
        sums[static_cast<std::size_t>(t.task.kind)] += t.end - t.start;
        ++counts[static_cast<std::size_t>(t.task.kind)];
      }
    }
    times.task = [&](const Task& task, int) {
      const auto kind = static_cast<std::size_t>(task.kind);
      return sums[kind] / counts[kind];
    };
    r.bubble_even = bubble(run_pipeline(order, shape, times), std::vector<Seconds>(r.optimizer.size(), end));
  }

  Seconds total_of(const std::string& key, const PipelineTimeline& pipeline) const {
    Seconds sum;
    for (const auto& rank : pipeline.ranks) {
      for (const TimedTask& t : rank) {
        if (key_of(t.task) == key) sum += t.end - t.start;
      }
    }
    return sum;
  }

  std::string key_of(const Task& task) const { return name_of_chunk(task, signatures_); }

  void time_chunks(TrainingResult& r) {
    std::map<std::string, std::pair<Task, int>> wanted;
    for (int rank = 0; rank < s_.training.pipeline.ranks; ++rank) {
      for (const Task& task : schedule(s_.training.schedule).order(s_.training.pipeline, rank))
        ++wanted.try_emplace(key_of(task), task, 0).first->second.second;
    }
    double done = 0;
    for (const auto& [key, task] : wanted) {
      r.chunks.push_back(time_chunk(key, task.first, task.second, r));
      if (progress_) progress_(++done / static_cast<double>(wanted.size()));
    }
  }

  ChunkTime time_chunk(const std::string& key, const Task& task, int runs, TrainingResult& r) {
    const auto& parts = stages_[static_cast<std::size_t>(task.stage)];
    const bool pair = task.kind == Task::Kind::pair;
    Program program = pair ? programs_.pair(parts, stages_[static_cast<std::size_t>(task.back_stage)])
                           : programs_.alone(parts, task.kind);
    ChunkTime chunk{key, {}, computed(program), runs};
    auto& times = chunks_[key];
    times.assign(static_cast<std::size_t>(s_.training.pipeline.ranks), Seconds{});
    if (program.operators.empty()) return chunk;
    add_send(program, task.kind);
    const Timeline timeline = simulated(program, part_);
    times = by_rank(ends_of(timeline), s_.training);
    if (pair) note_send(program, timeline, r);
    r.inside[key] = on_first_gpu(program, timeline);
    chunk.time = *std::max_element(times.begin(), times.end());
    chunk.parts = chunk_split(program, timeline, times.front(), s_.cost.kernels * (pair ? s_.cost.overlapped : 1.0));
    return chunk;
  }

  const std::vector<Seconds>& of(const Task& task) const { return chunks_.at(key_of(task)); }

  const TrainingScenario& s_;
  const std::function<void(double)>& progress_;
  ChunkPrograms programs_;
  Network part_;
  std::vector<std::vector<ChunkPart>> stages_;
  std::vector<std::string> signatures_;
  std::vector<Seconds> sends_, sends_beside_;           // to each rank, alone and beside exchanges
  std::map<std::string, std::vector<Seconds>> chunks_;  // by rank
  int simulated_ = 0;
};

void sum_up(const TrainingScenario& s, TrainingResult& r) {
  const int ranks = s.training.pipeline.ranks;
  for (int rank = 0; rank < ranks; ++rank)
    r.step = std::max(r.step, r.pipeline.finish(rank) + r.optimizer[static_cast<std::size_t>(rank)]);
  TrainingParts& p = r.parts;
  for (int rank = 0; rank < ranks; ++rank) {
    const auto busy = [&](Task::Kind kind) { return r.pipeline.busy(rank, kind) / ranks; };
    p.forward += busy(Task::Kind::forward);
    p.backward += busy(Task::Kind::backward) + busy(Task::Kind::input);
    p.weights += busy(Task::Kind::weights);
    p.pair += busy(Task::Kind::pair);
    p.optimizer += r.optimizer[static_cast<std::size_t>(rank)] / ranks;
  }
  p.bubble = r.step - p.forward - p.backward - p.weights - p.pair - p.optimizer;
  r.tokens_per_s = s.training.step_tokens() / r.step.value;
  const double sequence = s.training.sequence_tokens;
  double attention = 0;
  for (const Layer& layer : s.model.layers)
    attention += forward_flops(layer.attention, layer.attention.visible(sequence)).value;
  const Flops peak = s.accelerator.peak_of("bf16") * Seconds{1} * s.gpus();
  r.mfu_causal = training_flops_per_token(s.model, sequence) * r.tokens_per_s / peak;
  r.mfu_noncausal = Flops{6 * multiplied_parameters(s.model) + 3 * attention} * r.tokens_per_s / peak;
}

}  // namespace

TrainingResult run_training(const TrainingScenario& scenario, const std::function<void(double)>& progress) {
  const auto begin = std::chrono::steady_clock::now();
  TrainingResult result = StepTimer{scenario, progress}.run();
  sum_up(scenario, result);
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace teapot
