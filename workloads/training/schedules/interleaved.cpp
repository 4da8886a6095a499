// Interleaved 1F1B: each rank holds several chunks, every `ranks` stages one, so that the pipeline fills in a part of
// the time (Megatron-LM, arXiv 2104.04473, section 2.2). Knows no time.

#include <algorithm>

#include "workloads/training/schedule.hpp"

namespace teapot::interleaved_schedule {
namespace {

/// The i-th chunk that a rank passes: micro-batches in rounds of as many as there are ranks, chunk after chunk.
Task chunk(const PipelineShape& s, int rank, int i, bool back) {
  const int round = s.ranks * s.chunks;
  const int which = i % round / s.ranks;
  const int micro_batch = i / round * s.ranks + i % s.ranks;
  return {back ? Task::Kind::backward : Task::Kind::forward, (back ? s.chunks - 1 - which : which) * s.ranks + rank,
          micro_batch};
}

std::vector<Task> order(const PipelineShape& s, int rank) {
  const int all = s.micro_batches * s.chunks;
  const int ahead = std::min(all, (s.ranks - rank - 1) * 2 + (s.chunks - 1) * s.ranks);
  std::vector<Task> tasks;
  for (int i = 0; i < all + ahead; ++i) {
    if (i < all) tasks.push_back(chunk(s, rank, i, false));
    if (i >= ahead) tasks.push_back(chunk(s, rank, i - ahead, true));
  }
  return tasks;
}

int stages(const PipelineShape& s) { return s.ranks * s.chunks; }

std::string refusal(const PipelineShape& s) {
  if (s.micro_batches % s.ranks == 0) return {};
  return "wants micro-batches in rounds of one for each of the " + std::to_string(s.ranks) + " ranks";
}

std::vector<int> held(const PipelineShape& s, int rank) {
  std::vector<int> stages;
  for (int c = 0; c < s.chunks; ++c) stages.push_back(c * s.ranks + rank);
  return stages;
}

const ScheduleRegistration registration{{"interleaved", 1, stages, refusal, order, held}};

}  // namespace
}  // namespace teapot::interleaved_schedule
