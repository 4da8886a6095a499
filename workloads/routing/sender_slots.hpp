#pragma once
// Which of several copies of an expert a sender uses, and where that is.
// Knows no choices and no tokens.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "workloads/layout/placement.hpp"

namespace teapot {

/// Of several copies of an expert a GPU always uses the same one, different GPUs different ones. The shift from one run
/// of GPUs to the next, and from expert to expert, keeps the choice out of step with the order of GPUs in a node: a
/// copy used by the third GPU of every node only would answer through the third plane only. Copy (index + index / n +
/// expert) % n of n, for a GPU's index in its group.
class SenderSlots {
 public:
  /// The placement must outlive this. `gpus_per_rank`: that share each expert.
  SenderSlots(const Placement& placement, int gpus_per_rank);

  /// The sender at hand is the GPU with this index in its group.
  void turn_to(std::uint32_t index) {
    for (const std::uint32_t n : counts_) turn_[n] = (index + index / n) % n;
  }
  /// Senders with the same turn use the same slots.
  const std::vector<std::uint32_t>& turn() const { return turn_; }
  int slot(std::size_t expert) const {
    const Copies& own = copies_[expert];
    const std::uint32_t copy = turn_[own.count] + own.shift;
    return slots_[own.first + (copy < own.count ? copy : copy - own.count)];
  }
  /// The first GPU that holds a slot, counted from the first GPU of the group.
  std::size_t receiver(int slot) const { return receiver_[static_cast<std::size_t>(slot)]; }
  /// Where a slot is counted on one of its GPUs, given by its place in the group.
  std::size_t place(int slot, std::size_t gpu) const {
    return gpu * per_rank_ + local_[static_cast<std::size_t>(slot)];
  }

 private:
  struct Copies {
    std::uint32_t first, count, shift;
  };
  std::size_t per_rank_;
  std::vector<Copies> copies_;         // of each expert: where its slots begin in slots_, how many, expert % count
  std::vector<int> slots_;             // by expert
  std::vector<std::uint32_t> counts_;  // the numbers of copies that there are
  std::vector<std::uint32_t> turn_;    // of the sender at hand, by the number of copies
  std::vector<std::size_t> receiver_;  // by slot
  std::vector<std::size_t> local_;     // by slot: which one of its GPU's it is
};

}  // namespace teapot
