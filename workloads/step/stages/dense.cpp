// The feed-forward of a dense layer.
// Knows no attention.

#include "workloads/model/layer_kernels.hpp"
#include "workloads/step/stages/stages.hpp"

namespace teapot {

std::vector<Stage> dense_stages(const StepShape& s, const LayerKind& kind) {
  if (kind.layer.experts || kind.layer.intermediate == 0) return {};
  Stage stage;
  stage.name = "dense-ffn";
  stage.slot = Slot::feed_forward;
  stage.kernels = [s, width = kind.layer.intermediate](const Share& share) {
    const double tokens = share.batch.tokens();
    const Precision& all = s.execution.precision;
    auto kernels = feed_forward_kernels("dense", s.model, all.in(all.dense_part), width, tokens, share.batch.shared_by);
    kernels.insert(kernels.begin(), norm_kernel(s.model, tokens));
    return kernels;
  };
  if (s.layout.all_apart()) {
    stage.whose = Whose::dealt;
    stage.side = Side::feed_forward;
    std::vector<Stage> stages{dealt_stage(s, false), stage, dealt_stage(s, true)};
    if (s.layout.tensor_parallel > 1) stages.push_back(tensor_parallel_stage(s, "all-gather", Slot::feed_forward, 1));
    return stages;
  }
  std::vector<Stage> stages{stage};
  if (s.layout.tensor_parallel > 1) stages.push_back(tensor_parallel_stage(s, "all-reduce", Slot::feed_forward, 2));
  return stages;
}

}  // namespace teapot
