#pragma once
// Where each expert lives: the slots of an EP group's GPUs, and a balancer that copies popular experts.
// Knows no tokens and no bytes.

#include <vector>

#include "workloads/layout/layout.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

/// Slots of one EP group; every group is laid out alike. Slot s is on EP rank s / slots_per_rank, whose
/// gpus_per_rank GPUs hold a part of it each.
struct Placement {
  int slots_per_rank = 0;
  int gpus_per_rank = 1;
  std::vector<int> expert;              ///< of each slot
  std::vector<std::vector<int>> slots;  ///< of each expert, in increasing order

  int ranks() const { return static_cast<int>(expert.size()) / slots_per_rank; }
  int rank_of(int slot) const { return slot / slots_per_rank; }
};

/// From the expert of each slot.
Placement make_placement(int experts, std::vector<int> expert_of_slot, int slots_per_rank);
/// Experts in order over the ranks, then the redundant copies, of experts 0, 1, 2, ... in turn.
Placement place_in_order(const Model& model, const Layout& layout);

/// The expert-parallel load balancer of github.com/deepseek-ai/EPLB: copies go to the expert with the most load for
/// each copy it has, then slots are packed, the heaviest first, into the emptiest rank with room.
Placement place_globally(const std::vector<double>& loads, int slots, int ranks);
/// The same in three steps that keep a group of experts within a node: groups are packed into nodes, copies made and
/// packed within each. Groups must divide over nodes, nodes must divide ranks and slots.
Placement place_hierarchically(const std::vector<double>& loads, int groups, int nodes, int slots, int ranks);

/// Largest load of a rank over the mean, copies of an expert sharing its load equally.
double imbalance(const Placement& placement, const std::vector<double>& loads);

}  // namespace teapot
