#pragma once
// What ranks wait for where nearly every two of a group exchange something: that of the whole group, less a few pairs.
// The same as pair by pair, for matrices that differ in who has nothing for whom. Knows no time and no bytes.

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "sim/collective_support.hpp"

namespace teapot {

/// How many pairs the groups have.
std::size_t pairs_within(const std::vector<int>& groups);

class WholeGroups {
 public:
  /// The routes must outlive this and know all pairs; `links`: of the network.
  WholeGroups(const RouteTable& routes, std::size_t links, std::shared_ptr<const std::vector<int>> groups);

  const std::shared_ptr<const std::vector<int>>& groups() const { return groups_; }
  /// Of a matrix of these groups whose senders start.
  std::shared_ptr<Support> support_of(const Traffic& started);
  /// As Supports::latencies(), with what the wire adds by tier.
  std::vector<double> latencies_s(const Traffic& started, const std::vector<double>& of_tiers);

 private:
  std::size_t ranks() const { return groups_->size(); }
  void leave_out(int source, int destination, Support& support);

  const RouteTable& routes_;
  std::shared_ptr<const std::vector<int>> groups_;
  Support whole_;
  std::vector<std::uint16_t> pairs_;                              // [link * ranks + rank]: of the rank, over the link
  std::vector<std::size_t> taken_;                                // from pairs_, to be put back
  std::map<std::vector<double>, std::vector<double>> latency_s_;  // by tiers: [source * ranks + destination]
};

}  // namespace teapot
