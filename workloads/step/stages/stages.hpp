#pragma once
// The stages of a layer, family by family: a stage is a row of its family's file.
// Knows no order and no time.

#include <string>
#include <vector>

#include "workloads/model/model.hpp"
#include "workloads/step/execution.hpp"
#include "workloads/step/stage.hpp"

namespace teapot {

/// A layer as a step passes it; layers alike share their stages.
struct LayerKind {
  Layer layer;
  bool prediction = false;  ///< of a multi-token prediction module
  bool away = false;        ///< its weights lie on the host
  bool operator==(const LayerKind&) const = default;
};

/// What stages are derived from; outlives them.
struct StepShape {
  const Model& model;
  const Layout& layout;
  const Execution& execution;
};

/// Changes the stages of a layer to what memory placement makes of them (Execution::offload).
std::vector<Stage> placed(const StepShape& shape, const LayerKind& kind, std::vector<Stage> stages);
/// The head, or the embedding, where its matrix lies.
Stage placed_end(const StepShape& shape, Stage end);

/// All stages of a layer; those of one slot in their order.
std::vector<Stage> layer_stages(const StepShape& shape, const LayerKind& kind);

std::vector<Stage> mixer_stages(const StepShape& shape, const LayerKind& kind);
std::vector<Stage> expert_stages(const StepShape& shape, const LayerKind& kind);
std::vector<Stage> dense_stages(const StepShape& shape, const LayerKind& kind);

// Outside layers.
Stage embedding_stage(const StepShape& shape);
Stage head_stage(const StepShape& shape);
/// Embedding of a draft model's tokens and what it joins with it; `verified`: the model has just made their states.
Stage draft_entry_stage(const StepShape& shape, const Draft& draft, bool verified);
Stage next_stage_stage(const StepShape& shape);  ///< a pipeline's hand-over

/// Every token to one of the GPUs that run feed-forwards alone, dealt to them evenly; or back from there.
Stage dealt_stage(const StepShape& shape, bool back);
/// `parts` of the tokens' BF16 activations from each GPU of a TP group to each other one.
Stage tensor_parallel_stage(const StepShape& shape, const std::string& operation, Slot slot, double parts);

}  // namespace teapot
