// Chunks one after another on the ranks that run them, with sends between.
// Knows no schedule by name.

#include "analysis/training/whole_step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "sim/memory_limit.hpp"
#include "workloads/training/sends.hpp"
#include "workloads/training/state.hpp"

namespace teapot {
namespace {

/// A chunk that needs what another made: its rank.
using Consumer = std::tuple<int, int, bool>;  // stage, micro-batch, on the way back

bool passes_back(const Task& task) { return task.kind == Task::Kind::backward || task.kind == Task::Kind::input; }

class WholeStep {
 public:
  WholeStep(const TrainingScenario& s, const TrainingResult& r)
      : s_(s), r_(r), programs_(s.model, s.training, s.machine, s.cost, s.gpus(), s.seed) {
    program_.ranks = s.gpus();
    program_.streams = {"compute", "communication", "send down", "send up"};
    const int ranks_of_pipeline = s.training.pipeline.ranks;
    last_.resize(static_cast<std::size_t>(ranks_of_pipeline));
    for (int rank = 0; rank < ranks_of_pipeline; ++rank) {
      members_.push_back(ranks(gpus_of(rank)));
      for (const TimedTask& t : r.pipeline.ranks[static_cast<std::size_t>(rank)]) {
        tasks_.emplace_back(t, rank);
        note_consumer(t.task, rank);
      }
    }
    std::stable_sort(tasks_.begin(), tasks_.end(),
                     [](const auto& a, const auto& b) { return a.first.start < b.first.start; });
  }

  Program make() {
    for (const auto& [timed, rank] : tasks_) {
      add_chunk(timed.task, rank);
      require_memory(
          fmt::format("a whole training step of {} operators on {} GPUs", program_.operators.size(), program_.ranks),
          sizeof(double) * 4.0 * static_cast<double>(program_.operators.size()) * program_.ranks);
    }
    add_end();
    return std::move(program_);
  }

 private:
  std::vector<int> gpus_of(int rank) const {
    std::vector<int> gpus;
    const int each = s_.training.pipeline_gpus();
    for (int gpu = rank * each; gpu < (rank + 1) * each; ++gpu) gpus.push_back(gpu);
    return gpus;
  }

  void note_consumer(const Task& task, int rank) {
    if (task.kind == Task::Kind::weights) return;
    consumers_[{task.stage, task.micro_batch, passes_back(task)}] = rank;
    if (task.kind == Task::Kind::pair) consumers_[{task.back_stage, task.back_micro_batch, true}] = rank;
  }

  int size() const { return static_cast<int>(program_.operators.size()); }

  /// The rows of one rank of the pipeline.
  std::shared_ptr<const Traffic> within(const std::shared_ptr<const Traffic>& whole, int rank) {
    auto& known = traffic_[{whole, rank}];
    if (known) return known;
    auto part = std::make_shared<Traffic>(whole->ranks);
    part->tokens = whole->tokens;
    auto groups = std::make_shared<std::vector<int>>(static_cast<std::size_t>(whole->ranks), -1);
    for (int gpu = 0; gpu < whole->ranks; ++gpu) {
      if (members_[static_cast<std::size_t>(rank)]->contains(gpu)) {
        (*groups)[static_cast<std::size_t>(gpu)] = whole->groups ? (*whole->groups)[static_cast<std::size_t>(gpu)] : 0;
        whole->for_each_receiver(gpu, [&](int to, double copies) { part->add(to, copies); });
      }
      part->end_row();
    }
    part->groups = std::move(groups);
    return known = part;
  }

  const Program& chunk(const Task& task) {
    const auto [found, added] = chunks_.try_emplace(chunk_name(s_, task));
    if (!added) return found->second;
    const auto parts = [&](int stage) { return chunk_parts(s_.model, s_.training, stage); };
    found->second = task.kind == Task::Kind::pair ? programs_.pair(parts(task.stage), parts(task.back_stage))
                                                  : programs_.alone(parts(task.stage), task.kind);
    return found->second;
  }

  void add_chunk(const Task& task, int rank) {
    auto& last = last_[static_cast<std::size_t>(rank)];
    std::vector<int> entry = last;
    for (const bool back : {false, true}) {
      const auto found = arriving_.find(input_of(task, back));
      if (found != arriving_.end()) entry.push_back(found->second);
    }
    const int first = size();
    int last_on[2] = {-1, -1};
    for (const Operator& one : chunk(task).operators) {
      Operator op = one;
      op.on = members_[static_cast<std::size_t>(rank)];
      op.micro_batch = task.micro_batch;
      for (int& before : op.after) before += first;
      if (op.after.empty() || last_on[op.stream] < 0) op.after.insert(op.after.end(), entry.begin(), entry.end());
      std::sort(op.after.begin(), op.after.end());
      op.after.erase(std::unique(op.after.begin(), op.after.end()), op.after.end());
      if (auto* work = std::get_if<Collective>(&op.work)) work->traffic = within(work->traffic, rank);
      last_on[op.stream] = size();
      program_.operators.push_back(std::move(op));
    }
    if (size() == first) return;
    last.clear();
    for (const int op : last_on) {
      if (op >= 0) last.push_back(op);
    }
    hand_on(task, rank);
  }

  /// What a task waits for on either way; a stage below 0 for none.
  static Consumer input_of(const Task& task, bool back) {
    if (task.kind == Task::Kind::weights) return {-1, 0, back};
    if (task.kind == Task::Kind::pair && back) return {task.back_stage, task.back_micro_batch, true};
    return {passes_back(task) == back ? task.stage : -1, task.micro_batch, back};
  }

  void hand_on(const Task& task, int rank) {
    if (task.kind == Task::Kind::weights) return;
    const bool back = passes_back(task);
    send({back ? task.stage - 1 : task.stage + 1, task.micro_batch, back}, rank);
    if (task.kind == Task::Kind::pair) send({task.back_stage - 1, task.back_micro_batch, true}, rank);
  }

  void send(const Consumer& to, int from_rank) {
    const auto found = consumers_.find(to);
    if (found == consumers_.end() || found->second == from_rank) return;
    const int to_rank = found->second;
    auto& work = sends_[{from_rank, to_rank}];
    if (!work.traffic) work = send_between(from_rank, to_rank);
    auto both = gpus_of(from_rank);
    const auto others = gpus_of(to_rank);
    both.insert(both.end(), others.begin(), others.end());
    auto& on = pairs_[{from_rank, to_rank}];
    if (!on) on = ranks(both);
    arriving_[to] = size();
    program_.operators.push_back({"send", -1, std::get<1>(to), from_rank < to_rank ? 2 : 3,
                                  last_[static_cast<std::size_t>(from_rank)], work, on});
  }

  Collective send_between(int from_rank, int to_rank) const {
    const Program all = send_program(s_.model, s_.training, s_.machine);
    Collective work = std::get<Collective>(all.operators[0].work);
    auto traffic = std::make_shared<Traffic>(s_.gpus());
    auto groups = std::make_shared<std::vector<int>>(static_cast<std::size_t>(s_.gpus()), -1);
    const int each = s_.training.pipeline_gpus();
    for (int gpu = 0; gpu < s_.gpus(); ++gpu) {
      const bool takes_part = gpu / each == from_rank || gpu / each == to_rank;
      if (takes_part) (*groups)[static_cast<std::size_t>(gpu)] = gpu % each;
      if (gpu / each == from_rank) traffic->add(gpu % each + to_rank * each, 1);
      traffic->end_row();
    }
    traffic->groups = std::move(groups);
    work.traffic = std::move(traffic);
    return work;
  }

  void add_end() {
    std::vector<int> after;
    for (const auto& last : last_) after.insert(after.end(), last.begin(), last.end());
    std::sort(after.begin(), after.end());
    const int first = size();
    for (Operator op : optimizer_program(s_.model, s_.training, s_.machine).operators) {
      for (int& before : op.after) before += first;
      if (op.after.empty()) op.after = after;
      program_.operators.push_back(std::move(op));
    }
  }

  const TrainingScenario& s_;
  const TrainingResult& r_;
  ChunkPrograms programs_;
  Program program_;
  std::vector<std::pair<TimedTask, int>> tasks_;  // and their ranks, in the order of their starts
  std::vector<Ranks> members_;                    // GPUs of each rank of the pipeline
  std::vector<std::vector<int>> last_;            // operators of each rank's last task, one a stream
  std::map<Consumer, int> consumers_;             // ranks
  std::map<Consumer, int> arriving_;              // operators that bring what it needs
  std::map<std::string, Program> chunks_;
  std::map<std::pair<int, int>, Collective> sends_;
  std::map<std::pair<int, int>, Ranks> pairs_;
  std::map<std::pair<std::shared_ptr<const Traffic>, int>, std::shared_ptr<const Traffic>> traffic_;
};

}  // namespace

Program whole_step(const TrainingScenario& scenario, const TrainingResult& result) {
  return WholeStep{scenario, result}.make();
}

}  // namespace teapot
