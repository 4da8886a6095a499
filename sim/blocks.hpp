#pragma once
// Blocks of consecutive ranks that nothing on the network tells apart, so that one of them stands for all.
// Knows no program: every pair of a block counts, whether it has bytes or not.

#include "sim/network.hpp"

namespace teapot {

enum class Blocks {
  alike,   ///< each on links of its own, and link for link like the first one's
  shared,  ///< two of them use one link
  uneven,  ///< one has other links: slower, farther or fewer
};

/// How blocks of `size` ranks compare; walks the routes of all pairs within each, about 0.1 us a hop, or where ranks
/// are alike (Network::alike) of an eighth of them or fewer. `size` divides the ranks.
Blocks compare_blocks(const Network& network, int size);

}  // namespace teapot
