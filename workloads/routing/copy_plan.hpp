#pragma once
// Where the copies of senders go that use the same slots, by receiver: one walk over it counts a sender's row of the
// matrix and what arrives. Knows no choices and no links.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/traffic_shape.hpp"
#include "workloads/layout/placement.hpp"

namespace teapot {

struct ExchangeLayout;

class CopyPlan {
 public:
  /// A copy for `expert` goes to GPU `to` of the sender's group, and there to the slot that is counted at `place`.
  struct Aim {
    std::uint32_t to, expert, place;
  };
  /// `gpus`: of a group.
  CopyPlan(const std::vector<Aim>& aims, std::size_t gpus);

  /// GPUs of the group that hold any slot, in increasing order.
  std::vector<int> receivers() const;
  /// Writes a copy for each choice of an expert, by receiver, but for those that stay on the sender, and adds what
  /// arrives. `sender`: in the group; `arrived`: from the group's first slot on.
  void count(std::uint32_t sender, const std::uint16_t* choices, std::uint16_t* copies, std::uint32_t* arrived) const {
    if (in_row_of_ > 0) return count_in_row(sender, choices, copies, arrived);
    for (const Receiver& receiver : receivers_) {
      std::uint32_t sum = 0;
      for (std::uint32_t a = receiver.begin; a < receiver.end; ++a) {
        const std::uint32_t chosen = choices[aims_[a].expert];
        arrived[aims_[a].place] += chosen;
        sum += chosen;
      }
      *copies++ = receiver.to == sender ? 0 : static_cast<std::uint16_t>(sum);
    }
  }

 private:
  struct Receiver {
    std::uint32_t to, begin, end;  // and where its aims are
  };
  std::uint32_t row_length() const;
  void count_in_row(std::uint32_t sender, const std::uint16_t* choices, std::uint16_t* copies,
                    std::uint32_t* arrived) const;

  std::vector<Aim> aims_;  // in the order of receivers
  std::vector<Receiver> receivers_;
  std::uint32_t in_row_of_ =
      0;  // experts follow one another in aims, as do places, so many to a receiver; 0: they do not
};

/// The plans of all senders for one placement, and the shape of the matrices that come of them.
struct CopyPlans {
  std::vector<CopyPlan> plans;
  std::vector<std::size_t> plan_of;  ///< by GPU
  std::shared_ptr<const TrafficShape> shape;

  CopyPlans(const ExchangeLayout& layout, const Placement& placement);
};

}  // namespace teapot
