#pragma once
// Where each expert lives: the slots of an EP group's GPUs.
// Knows no tokens and no bytes.

#include <vector>

#include "workloads/deployment.hpp"
#include "workloads/model.hpp"

namespace teapot {

/// Slots of one EP group; every group is laid out alike. Slot s is on EP rank s / slots_per_rank, whose
/// expert_tensor_parallel GPUs hold a part of it each.
struct Placement {
  int slots_per_rank = 0;
  int gpus_per_rank = 1;
  int group_gpus = 0;                   ///< GPUs of one EP group
  std::vector<int> expert;              ///< of each slot
  std::vector<std::vector<int>> slots;  ///< of each expert, in increasing order

  int rank_of(int slot) const { return slot / slots_per_rank; }
};

/// Experts in order over the ranks, then the redundant copies, of experts 0, 1, 2, ... in turn.
Placement place_in_order(const Model& model, const Deployment& deployment);

}  // namespace teapot
