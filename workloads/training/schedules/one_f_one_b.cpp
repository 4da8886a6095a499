// 1F1B: as many forwards as there are ranks after this one, then a forward and a backward in turn (PipeDream-Flush,
// arXiv 2006.09503). Knows no time.

#include <algorithm>

#include "workloads/training/schedule.hpp"

namespace teapot::one_f_one_b_schedule {
namespace {

std::vector<Task> order(const PipelineShape& shape, int rank) {
  const int m = shape.micro_batches;
  const int ahead = std::min(shape.ranks - 1 - rank, m);
  std::vector<Task> tasks;
  for (int i = 0; i < m + ahead; ++i) {
    if (i < m) tasks.push_back({Task::Kind::forward, rank, i});
    if (i >= ahead) tasks.push_back({Task::Kind::backward, rank, i - ahead});
  }
  return tasks;
}

std::string refusal(const PipelineShape&) { return {}; }

const ScheduleRegistration registration{{"1f1b", 1, one_stage_each, refusal, order, own_stage}};

}  // namespace
}  // namespace teapot::one_f_one_b_schedule
