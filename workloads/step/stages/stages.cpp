// The families that make a layer.
// Knows none of their stages.

#include "workloads/step/stages/stages.hpp"

namespace teapot {

std::vector<Stage> layer_stages(const StepShape& shape, const LayerKind& kind) {
  std::vector<Stage> all;
  for (const auto& family : {mixer_stages, expert_stages, dense_stages}) {
    for (Stage& stage : family(shape, kind)) all.push_back(std::move(stage));
  }
  return placed(shape, kind, std::move(all));
}

}  // namespace teapot
