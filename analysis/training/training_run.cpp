// Timing the distinct pieces of a step and putting them together.
// Knows no fabric and no schedule by name.

#include "analysis/training/training_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

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

/// What a stage is made of; two with the same text take the same time.
std::string signature(const std::vector<ChunkPart>& parts) {
  std::string text;
  int count = 0;
  const ChunkPart* before = nullptr;
  const auto flush = [&] {
    if (before == nullptr) return;
    const std::string what = before->kind == ChunkPart::Kind::embedding ? "embedding"
                             : before->kind == ChunkPart::Kind::head    ? "head"
                             : before->layer.prediction                 ? "prediction"
                             : before->layer.layer.experts              ? "expert layer"
                                                                        : "dense layer";
    text += fmt::format("{}{}{}{}", text.empty() ? "" : ", ", count > 1 ? fmt::format("{} ", count) : "", what,
                        count > 1 ? "s" : "");
  };
  for (const ChunkPart& part : parts) {
    const bool same = before != nullptr && before->kind == part.kind && before->layer == part.layer;
    if (!same) {
      flush();
      count = 0;
    }
    before = &part;
    ++count;
  }
  flush();
  return text;
}

std::vector<std::string> signatures_of(const TrainingScenario& s) {
  std::vector<std::string> signatures;
  const int stages = schedule(s.training.schedule).stages(s.training.pipeline);
  for (int stage = 0; stage < stages; ++stage) signatures.push_back(signature(chunk_parts(s.model, s.training, stage)));
  return signatures;
}

std::string name_of_chunk(const Task& task, const std::vector<std::string>& signatures) {
  std::string name = fmt::format("{} of {}", to_text(task.kind), signatures[static_cast<std::size_t>(task.stage)]);
  if (task.kind == Task::Kind::pair)
    name += fmt::format(" and {}", signatures[static_cast<std::size_t>(task.back_stage)]);
  return name;
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
    PipelineTimes times;
    times.task = [&](const Task& task, int rank) { return of(task)[static_cast<std::size_t>(rank)]; };
    times.send = [&](int, int to) { return sends_.empty() ? Seconds{} : sends_[static_cast<std::size_t>(to)]; };
    time_chunks(r);
    const Schedule& order = schedule(s_.training.schedule);
    r.pipeline = run_pipeline(order, s_.training.pipeline, times);
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
  }

  void time_optimizer(TrainingResult& r) {
    r.optimizer =
        by_rank(ends_of(simulated(optimizer_program(s_.model, s_.training, s_.machine), s_.network)), s_.training);
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
    const Program program = task.kind == Task::Kind::pair
                                ? programs_.pair(parts, stages_[static_cast<std::size_t>(task.back_stage)])
                                : programs_.alone(parts, task.kind);
    auto& times = chunks_[key];
    times.assign(static_cast<std::size_t>(s_.training.pipeline.ranks), Seconds{});
    if (!program.operators.empty()) {
      const Timeline timeline = simulated(program, part_);
      times = by_rank(ends_of(timeline), s_.training);
      r.inside[key] = on_first_gpu(program, timeline);
    }
    return {key, *std::max_element(times.begin(), times.end()), computed(program), runs};
  }

  const std::vector<Seconds>& of(const Task& task) const { return chunks_.at(key_of(task)); }

  const TrainingScenario& s_;
  const std::function<void(double)>& progress_;
  ChunkPrograms programs_;
  Network part_;
  std::vector<std::vector<ChunkPart>> stages_;
  std::vector<std::string> signatures_;
  std::vector<Seconds> sends_;                          // to each rank
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

std::string chunk_name(const TrainingScenario& scenario, const Task& task) {
  return name_of_chunk(task, signatures_of(scenario));
}

TrainingResult run_training(const TrainingScenario& scenario, const std::function<void(double)>& progress) {
  const auto begin = std::chrono::steady_clock::now();
  TrainingResult result = StepTimer{scenario, progress}.run();
  sum_up(scenario, result);
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace teapot
