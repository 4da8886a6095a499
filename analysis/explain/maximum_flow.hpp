#pragma once
// How much a network could carry between two sets of nodes if every path were used.
// Knows no traffic and no routing.

#include <vector>

#include "sim/network.hpp"

namespace teapot {

/// Maximum flow from all nodes `from` together to all nodes `to` together (Dinic, "Algorithm for solution of a problem
/// of maximum flow in networks with power estimation", 1970). Indices are of Network::nodes; the sets are disjoint.
BytesPerSecond maximum_flow(const Network& network, const std::vector<int>& from, const std::vector<int>& to);

}  // namespace teapot
