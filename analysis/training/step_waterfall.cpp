// From the parts of chunks to those of a step.
// Simulates nothing.

#include <algorithm>
#include <array>

#include "analysis/training/chunk_split.hpp"

namespace teapot {
namespace {

Seconds sum_of(const std::vector<StepPart>& parts) {
  Seconds sum;
  for (const StepPart& part : parts) sum += part.time;
  return sum;
}

}  // namespace

std::vector<StepPart> step_waterfall(const TrainingResult& r) {
  std::vector<StepPart> parts;
  const auto ranks = static_cast<double>(r.pipeline.ranks.size());
  for (const ChunkTime& chunk : r.chunks) {
    const Seconds whole = sum_of(chunk.parts);
    if (!(whole > Seconds{})) continue;
    for (const StepPart& part : chunk.parts)
      add_step_part(parts, part.group.c_str(), part.name, chunk.total * (part.time / whole) / ranks);
  }
  const std::array groups{"computing", "trainer", "exchanges"};
  const auto place = [&](const StepPart& part) { return std::find(groups.begin(), groups.end(), part.group); };
  std::stable_sort(parts.begin(), parts.end(), [&](const StepPart& a, const StepPart& b) {
    return place(a) != place(b) ? place(a) < place(b) : a.time > b.time;
  });
  parts.push_back({"pipeline", "fills and drains", r.bubble_even});
  parts.push_back({"pipeline", "stages differ", r.bubble_without_sends - r.bubble_even});
  parts.push_back({"pipeline", "sends", r.parts.bubble - r.bubble_without_sends});
  const Seconds end = sum_of(r.end);
  for (const StepPart& part : r.end) parts.push_back({part.group, part.name, r.parts.optimizer * (part.time / end)});
  return parts;
}

}  // namespace teapot
