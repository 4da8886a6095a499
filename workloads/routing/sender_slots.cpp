// Tables of a placement by expert and by slot.
// Does not know who sends.

#include "workloads/routing/sender_slots.hpp"

#include <algorithm>

namespace teapot {

SenderSlots::SenderSlots(const Placement& placement, int gpus_per_rank)
    : per_rank_(static_cast<std::size_t>(placement.slots_per_rank)) {
  for (std::size_t slot = 0; slot < placement.expert.size(); ++slot) {
    receiver_.push_back(static_cast<std::size_t>(placement.rank_of(static_cast<int>(slot)) * gpus_per_rank));
    local_.push_back(slot % per_rank_);
  }
  std::size_t most = 0;
  for (std::uint32_t e = 0; e < placement.slots.size(); ++e) {
    const auto n = static_cast<std::uint32_t>(placement.slots[e].size());
    copies_.push_back({static_cast<std::uint32_t>(slots_.size()), n, e % n});
    slots_.insert(slots_.end(), placement.slots[e].begin(), placement.slots[e].end());
    most = std::max<std::size_t>(most, n);
  }
  turn_.resize(most + 1);
  for (std::uint32_t n = 1; n <= most; ++n) {
    if (std::any_of(copies_.begin(), copies_.end(), [n](const Copies& own) { return own.count == n; }))
      counts_.push_back(n);
  }
}

}  // namespace teapot
