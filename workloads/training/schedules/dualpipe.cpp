// DualPipe: micro-batches enter at both ends, so that each rank has forwards of one way to overlap with backwards of
// the other; it holds a stage of each (arXiv 2412.19437, section 3.2.1). Knows no time.

#include <algorithm>

#include "workloads/training/schedule.hpp"

namespace teapot::dualpipe_schedule {
namespace {

std::vector<Task> order(const PipelineShape& s, int rank) {
  const int place = std::min(rank, s.ranks - 1 - rank);
  const bool second = rank >= s.ranks / 2;  // its first phase is the way that enters at the last rank
  const int each = s.micro_batches / 2;
  return two_phase_order(
      {place, s.ranks / 2, each, {place, s.ranks - 1 - place}, {second ? each : 0, second ? 0 : each}});
}

std::string refusal(const PipelineShape& s) {
  if (s.ranks % 2 != 0) return "wants an even number of ranks";
  if (s.micro_batches % 2 != 0 || s.micro_batches < 2 * s.ranks)
    return "wants an even number of micro-batches, twice the " + std::to_string(s.ranks) + " ranks at least";
  return {};
}

std::vector<int> held(const PipelineShape& s, int rank) {
  const int place = std::min(rank, s.ranks - 1 - rank);
  return {place, s.ranks - 1 - place};
}

const ScheduleRegistration registration{{"dualpipe", 2, one_stage_each, refusal, order, held}};

}  // namespace
}  // namespace teapot::dualpipe_schedule
