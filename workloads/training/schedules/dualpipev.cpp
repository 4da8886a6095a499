// DualPipeV: DualPipe cut in half and folded: micro-batches go down the ranks and come back, so that each rank holds
// two stages of one way and no parameter is held twice (github.com/deepseek-ai/DualPipe). Knows no time.

#include "workloads/training/schedule.hpp"

namespace teapot::dualpipev_schedule {
namespace {

std::vector<Task> order(const PipelineShape& s, int rank) {
  return two_phase_order({rank, s.ranks, s.micro_batches, {rank, 2 * s.ranks - 1 - rank}, {0, 0}});
}

int stages(const PipelineShape& s) { return 2 * s.ranks; }

std::string refusal(const PipelineShape& s) {
  if (s.micro_batches >= 2 * s.ranks) return {};
  return "wants twice as many micro-batches as the " + std::to_string(s.ranks) + " ranks at least";
}

std::vector<int> held(const PipelineShape& s, int rank) { return {rank, 2 * s.ranks - 1 - rank}; }

const ScheduleRegistration registration{{"dualpipev", 1, stages, refusal, order, held}};

}  // namespace
}  // namespace teapot::dualpipev_schedule
