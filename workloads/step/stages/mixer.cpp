// Stages that mix the tokens of a sequence: attention, whatever its kind, and the exchange that makes it whole.
// Knows no kind of attention.

#include "workloads/model/mixer.hpp"
#include "workloads/model/layer_kernels.hpp"
#include "workloads/step/stages/stages.hpp"

namespace teapot {
namespace {

Stage projections(const StepShape& s, const LayerKind& kind) {
  Stage stage;
  stage.name = "attention-projections";
  stage.slot = Slot::enter;
  stage.opens_layer = true;
  stage.kernels = [s, kind](const Share& share) {
    const Precision& all = s.execution.precision;
    const Precision precision = all.in(all.attention_part);
    auto kernels = mixer_of(kind.layer.attention).projections(s.model, kind.layer.attention, precision, share.batch);
    if (kind.prediction) {
      const auto entry = mtp_entry_kernels(s.model, precision, share.batch.tokens());
      kernels.insert(kernels.begin(), entry.begin(), entry.end());
    }
    return kernels;
  };
  return stage;
}

Stage core(const StepShape& s, const LayerKind& kind) {
  Stage stage;
  stage.name = "attention";
  stage.slot = Slot::mix;
  stage.reads_cache = true;
  stage.kernels = [s, kind](const Share& share) {
    const Precision& all = s.execution.precision;
    return mixer_of(kind.layer.attention).core(s.model, kind.layer.attention, all.in(all.attention_part), share.batch);
  };
  return stage;
}

}  // namespace

std::vector<Stage> mixer_stages(const StepShape& s, const LayerKind& kind) {
  if (!kind.layer.attention.mixes()) return {};
  std::vector<Stage> stages{projections(s, kind), core(s, kind)};
  // Before experts that are spread over GPUs each GPU goes on with its own tokens only (sequence parallel), and before
  // other feed-forwards that are apart.
  const bool apart = s.layout.all_apart() && kind.layer.intermediate > 0;
  const bool own_tokens = kind.layer.experts ? !s.layout.experts_follow_attention() : apart;
  if (s.layout.tensor_parallel > 1) {
    stages.push_back(own_tokens ? tensor_parallel_stage(s, "reduce-scatter", Slot::mix, 1)
                                : tensor_parallel_stage(s, "all-reduce", Slot::mix, 2));
  }
  return stages;
}

}  // namespace teapot
