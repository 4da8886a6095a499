#pragma once
// Where the copies of senders go that use the same slots, by receiver: one walk over it counts a sender's row of the
// matrix and what arrives. Knows no choices and no links.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/traffic.hpp"

namespace teapot {

class CopyPlan {
 public:
  /// A copy for `expert` goes to GPU `to` of the sender's group, and there to the slot that is counted at `place`.
  struct Aim {
    std::uint32_t to, expert, place;
  };
  /// `gpus`: of a group.
  CopyPlan(const std::vector<Aim>& aims, std::size_t gpus);

  /// Ends the sender's row with a copy for each choice of an expert but those that stay on the sender, and adds what
  /// arrives. `sender`, `first`: the GPU and the first of its group; `arrived`: from the group's first slot on.
  void count(int sender, int first, const std::uint32_t* choices, Traffic& traffic, std::uint32_t* arrived) const {
    traffic.add_row(receivers_.size(), [&](std::size_t r) {
      const Receiver& receiver = receivers_[r];
      std::uint32_t copies = 0;
      for (std::uint32_t a = receiver.begin; a < receiver.end; ++a) {
        const std::uint32_t chosen = choices[aims_[a].expert];
        arrived[aims_[a].place] += chosen;
        copies += chosen;
      }
      const int destination = first + static_cast<int>(receiver.to);
      return Traffic::Pair{destination, destination == sender ? 0 : copies};
    });
  }

 private:
  struct Receiver {
    std::uint32_t to, begin, end;  // and where its aims are
  };
  std::vector<Aim> aims_;  // in the order of receivers
  std::vector<Receiver> receivers_;
};

}  // namespace teapot
