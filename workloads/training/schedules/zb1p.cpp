// ZB1P, as arXiv 2412.19437 (table 2) calls ZB-H1 of Zero Bubble Pipeline Parallelism (arXiv 2401.10241): 1F1B whose
// weights' gradients come later the later a rank's turn is, to fill the end. Knows no time.

#include <algorithm>

#include "workloads/training/schedule.hpp"

namespace teapot::zb1p_schedule {
namespace {

std::vector<Task> order(const PipelineShape& shape, int rank) {
  const int m = shape.micro_batches;
  const int ahead = std::min(shape.ranks - 1 - rank, m);
  std::vector<Task> tasks;
  for (int i = 0; i < m + ahead; ++i) {
    if (i < m) tasks.push_back({Task::Kind::forward, rank, i});
    if (i < ahead) continue;
    tasks.push_back({Task::Kind::input, rank, i - ahead});
    if (i - ahead >= rank) tasks.push_back({Task::Kind::weights, rank, i - ahead - rank});
  }
  for (int i = std::max(0, m - rank); i < m; ++i) tasks.push_back({Task::Kind::weights, rank, i});
  return tasks;
}

std::string refusal(const PipelineShape&) { return {}; }

const ScheduleRegistration registration{{"zb1p", 1, one_stage_each, refusal, order, own_stage}};

}  // namespace
}  // namespace teapot::zb1p_schedule
