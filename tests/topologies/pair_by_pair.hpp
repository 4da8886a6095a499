#pragma once
// Copies on links the plain way.
// Sums nothing before it is on a link.

#include <vector>

#include "sim/route_table.hpp"

namespace teapot::testing {

/// By link: what these ranks send, along the route of each of their pairs.
inline std::vector<double> pair_by_pair(const RouteTable& routes, const Traffic& sent, const std::vector<int>& ranks) {
  std::vector<double> copies(routes.links());
  for (const int s : ranks) {
    sent.for_each_receiver(s, [&](int d, double count) {
      routes.for_each_hop(s, d, [&](int link, double) { copies[static_cast<std::size_t>(link)] += count; });
    });
  }
  return copies;
}

}  // namespace teapot::testing
