#pragma once
// Which pairs of a program's endpoints ever exchange something: where groups keep to themselves, few of all.
// Knows no routes and no time.

#include <cstddef>
#include <vector>

#include "sim/program.hpp"

namespace teapot {

class UsedPairs {
 public:
  /// Of all collectives, both ways. Where an eighth of all pairs or more are used, or none, they are not told apart.
  explicit UsedPairs(const Program& program);

  /// Whether asking for the routes of these alone is worth it.
  bool few() const { return !peers_.empty(); }
  bool operator==(const UsedPairs&) const = default;
  /// In increasing order, each once.
  const std::vector<int>& peers(int endpoint) const { return peers_[static_cast<std::size_t>(endpoint)]; }

 private:
  std::vector<std::vector<int>> peers_;  // by endpoint
};

}  // namespace teapot
