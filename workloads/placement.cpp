// Laying experts over slots.
// Knows no tokens and no bytes.

#include "workloads/placement.hpp"

namespace teapot {

Placement place_in_order(const Model& model, const Deployment& deployment) {
  Placement p;
  p.slots_per_rank = deployment.experts_per_rank(model);
  p.gpus_per_rank = deployment.expert_tensor_parallel;
  p.group_gpus = deployment.expert_gpus();
  p.slots.resize(static_cast<std::size_t>(model.experts.routed));
  const int slots = model.experts.routed + deployment.redundant_experts;
  for (int slot = 0; slot < slots; ++slot) {
    const int expert = slot % model.experts.routed;
    p.expert.push_back(expert);
    p.slots[static_cast<std::size_t>(expert)].push_back(slot);
  }
  return p;
}

}  // namespace teapot
