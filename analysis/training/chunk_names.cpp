// Counts the layers of a stage by kind.
// Does not know how chunks are timed.

#include "analysis/training/chunk_names.hpp"

#include <fmt/format.h>

#include "analysis/training/training_run.hpp"

namespace teapot {
namespace {

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

}  // namespace

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

std::string chunk_name(const TrainingScenario& scenario, const Task& task) {
  return name_of_chunk(task, signatures_of(scenario));
}

}  // namespace teapot
