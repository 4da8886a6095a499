// Stages of a layer with experts: gate, dispatch, shared and routed experts, combine.
// Knows no attention, and not which token goes where.

#include <algorithm>
#include <utility>

#include "workloads/model/layer_kernels.hpp"
#include "workloads/step/stages/stages.hpp"

namespace teapot {
namespace {

/// Where experts are split as attention is, each GPU has the tokens of its whole group.
Whose tokens_before_routing(const StepShape& s) {
  return s.layout.experts_follow_attention() ? Whose::group : Whose::own;
}

Stage gate(const StepShape& s) {
  Stage stage;
  stage.name = "gate";
  stage.slot = Slot::gate;
  stage.whose = tokens_before_routing(s);
  stage.forks = true;
  stage.kernels = [s](const Share& share) {
    return gate_kernels(s.model, s.execution.precision, share.batch.tokens());
  };
  return stage;
}

Stage routed_copies(const std::string& name, Slot slot, bool back, Bytes bytes_per_copy) {
  Stage stage;
  stage.name = name;
  stage.slot = slot;
  stage.side = Side::both;
  stage.routed = true;
  stage.joins = back;
  stage.exchange = StageExchange{nullptr, 1, back, bytes_per_copy};
  return stage;
}

/// Splits an exchange by node in two; what stays is the way between nodes.
Stage forwarded(Stage& between) {
  Stage within = between;
  within.name = between.exchange->back ? "reduce-scatter" : "all-gather";
  within.side = Side::feed_forward;
  within.joins = false;
  within.exchange->leg = StageExchange::Leg::within;
  between.exchange->leg = StageExchange::Leg::to_nodes;
  return within;
}

Stage shared(const StepShape& s) {
  Stage stage;
  stage.name = "shared-expert";
  stage.slot = Slot::beside;
  const bool apart = s.layout.all_apart();
  stage.whose = apart ? Whose::dealt : tokens_before_routing(s);
  stage.side = apart ? Side::feed_forward : Side::attention;
  stage.routed = apart;
  stage.kernels = [s](const Share& share) {
    const Precision& all = s.execution.precision;
    auto kernels = feed_forward_kernels("shared", s.model, all.in(all.shared_part), s.model.experts.shared_intermediate,
                                        share.batch.tokens(), share.batch.shared_by);
    if (s.model.experts.shared_gate) add_shared_gate(kernels, s.model, share.batch.tokens());
    return kernels;
  };
  return stage;
}

/// Of the kernels of routed experts those before their last product, or those from it on.
std::vector<Kernel> half_of(std::vector<Kernel> kernels, bool last) {
  const auto down =
      std::find_if(kernels.begin(), kernels.end(), [](const Kernel& k) { return k.name == "experts-down"; });
  if (last) return {down, kernels.end()};
  kernels.erase(down, kernels.end());
  return kernels;
}

/// The last product computes while its results leave, which begin with it: at most one expert's rows too early. Not on
/// GPUs apart, whose results' receivers would not wait for the product.
bool sends_as_computed(const StepShape& s, const LayerKind& kind) {
  return overlap(s.execution.overlap).sends_as_computed && s.layout.dispatches() && !s.layout.apart() && !kind.away &&
         s.execution.offload.experts == 0;
}

Stage routed_half(Stage stage, bool last) {
  stage.kernels = [last, kernels = stage.kernels](const Share& share) { return half_of(kernels(share), last); };
  if (last) stage.name = "experts-down";
  stage.slot = last ? Slot::combine : stage.slot;
  stage.finishes = last;
  return stage;
}

Stage routed(const StepShape& s) {
  Stage stage;
  stage.name = "experts";
  stage.slot = Slot::experts;
  stage.whose = Whose::arrived;
  stage.side = Side::feed_forward;
  stage.routed = true;
  stage.joins = !s.layout.dispatches();
  const bool unsorted = !s.layout.dispatches() || !s.execution.routing.in_place;
  stage.kernels = [s, unsorted](const Share& share) {
    return expert_kernels(s.model, s.execution.precision, share.arrived, share.active, s.layout.expert_tensor_parallel,
                          unsorted);
  };
  return stage;
}

}  // namespace

std::vector<Stage> expert_stages(const StepShape& s, const LayerKind& kind) {
  if (!kind.layer.experts) return {};
  const Precision& p = s.execution.precision;
  const bool dispatches = s.layout.dispatches();
  const int width = s.model.experts.width(s.model.hidden);
  std::vector<Stage> stages{gate(s)};
  // Copies by node that come from elsewhere are there before they are forwarded. Where all GPUs do all, who forwards
  // sends at the same time as the others, and both are one exchange.
  const bool by_node = s.layout.apart() && s.execution.routing.per == CopyPer::node;
  if (dispatches) {
    stages.push_back(routed_copies("dispatch", Slot::dispatch, false, copy_bytes(p.dispatch, width)));
    if (by_node) stages.push_back(forwarded(stages.back()));
  }
  if (s.model.experts.shared_intermediate > 0) stages.push_back(shared(s));
  const Stage experts = routed(s);
  const bool halves = sends_as_computed(s, kind);
  stages.push_back(halves ? routed_half(experts, false) : experts);
  if (dispatches) {
    Stage combine = routed_copies("combine", Slot::combine, true, copy_bytes(p.combine, width));
    if (by_node) stages.push_back(forwarded(combine));
    stages.push_back(std::move(combine));
  }
  if (halves) stages.push_back(routed_half(experts, true));
  if (s.layout.tensor_parallel > 1) {
    const bool own_tokens = !s.layout.experts_follow_attention();
    stages.push_back(own_tokens ? tensor_parallel_stage(s, "all-gather", Slot::combine, 1)
                                : tensor_parallel_stage(s, "all-reduce", Slot::combine, 2));
  }
  return stages;
}

}  // namespace teapot
