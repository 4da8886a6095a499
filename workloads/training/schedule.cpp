// The schedules that there are, and what they share.
// Knows no schedule by name.

#include "workloads/training/schedule.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <stdexcept>

namespace teapot {
namespace {

std::map<std::string, Schedule>& known() {
  static std::map<std::string, Schedule> schedules;
  return schedules;
}

/// Writes the tasks of a rank that holds two stages.
class PhaseWriter {
 public:
  explicit PhaseWriter(const TwoPhases& shape) : shape_(shape) {}

  void forward(int phase) {
    const auto [stage, micro_batch] = next(phase, passed_);
    tasks_.push_back({Task::Kind::forward, stage, micro_batch});
  }
  /// `split`: its weights come later.
  void backward(int phase, bool split) {
    const auto [stage, micro_batch] = next(phase, returned_);
    tasks_.push_back({split ? Task::Kind::input : Task::Kind::backward, stage, micro_batch});
    if (split) waiting_.push_back(tasks_.back());
  }
  void weights() {
    Task task = waiting_.front();
    waiting_.pop_front();
    task.kind = Task::Kind::weights;
    tasks_.push_back(task);
  }
  void pair(int forward_phase, int back_phase) {
    const auto [stage, micro_batch] = next(forward_phase, passed_);
    const auto [back_stage, back_micro_batch] = next(back_phase, returned_);
    tasks_.push_back({Task::Kind::pair, stage, micro_batch, back_stage, back_micro_batch});
  }
  std::vector<Task> take() { return std::move(tasks_); }

 private:
  std::pair<int, int> next(int phase, int (&counted)[2]) const {
    return {shape_.stage[phase], shape_.first[phase] + counted[phase]++};
  }

  const TwoPhases& shape_;
  std::vector<Task> tasks_;
  std::deque<Task> waiting_;
  int passed_[2] = {0, 0};
  int returned_[2] = {0, 0};
};

/// Forward, until there is something to pass backward.
void fill(PhaseWriter& write, int before, int place) {
  for (int i = 0; i < 2 * before; ++i) write.forward(0);
  for (int i = 0; i <= place; ++i) {
    write.forward(0);
    write.forward(1);
  }
  for (int i = 0; i < before; ++i) {
    write.backward(1, true);
    write.weights();
    write.forward(1);
  }
}

/// Backward, until nothing is left; weights fill the time in which a rank waits.
void drain(PhaseWriter& write, int before, int place) {
  for (int i = 0; i < before; ++i) {
    write.backward(1, false);
    write.pair(1, 0);
  }
  // The second half of the last ones leave their weights for the end.
  for (int i = 0; i < 2 * (place + 1); ++i) write.backward(1 - i % 2, i > place);
  for (int i = 0; i < before; ++i) {
    write.weights();
    write.backward(0, true);
  }
  for (int i = 0; i <= place; ++i) write.weights();
}

}  // namespace

std::vector<Task> two_phase_order(const TwoPhases& shape) {
  PhaseWriter write{shape};
  const int before = shape.half - shape.place - 1;
  fill(write, before, shape.place);
  const int turns = shape.each - 2 * shape.half + shape.place + 1;
  for (int i = 0; i < turns; ++i) {
    if (i == 0 && before == 0) {  // at the turn the first two are better passed one after the other
      write.forward(0);
      write.backward(1, false);
    } else {
      write.pair(0, 1);
    }
    write.pair(1, 0);
  }
  drain(write, before, shape.place);
  return write.take();
}

const char* to_text(Task::Kind kind) {
  switch (kind) {
    case Task::Kind::forward:
      return "F";
    case Task::Kind::backward:
      return "B";
    case Task::Kind::input:
      return "B input";
    case Task::Kind::weights:
      return "W";
    case Task::Kind::pair:
      break;
  }
  return "F&B";
}

ScheduleRegistration::ScheduleRegistration(Schedule schedule) {
  const std::string name = schedule.name;
  known().emplace(name, std::move(schedule));
}

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const auto& [name, schedule] : known()) names.push_back(name);
  return names;
}

const Schedule& schedule(const std::string& name) { return known().at(name); }

int chunks_kept(const std::vector<Task>& order) {
  int now = 0;
  int most = 0;
  for (const Task& task : order) {
    now += task.kind == Task::Kind::forward || task.kind == Task::Kind::pair ? 1 : 0;
    most = std::max(most, now);
    now -= task.kind == Task::Kind::forward || task.kind == Task::Kind::input ? 0 : 1;
  }
  return most;
}

int one_stage_each(const PipelineShape& shape) { return shape.ranks; }
std::vector<int> own_stage(const PipelineShape&, int rank) { return {rank}; }

}  // namespace teapot
