#pragma once
// Which ranks of a platform file take the same ways but for the links that they begin with, found by comparing all of
// their routes: a file does not say it. Knows no SimGrid.

#include <vector>

#include "platforms/platform_file/inventory.hpp"
#include "sim/network.hpp"

namespace teapot {

/// Network::alike of a network whose ranks, links and domains are known: of each rank, one that all of its routes were
/// compared with. About 10 ns a hop of all routes; empty where that would be far more, since few are alike.
std::vector<int> alike_ranks(const Network& network, const PairRoutes& routes);

}  // namespace teapot
