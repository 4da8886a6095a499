#pragma once
// Where to draw the nodes of a network: layered by distance from the GPUs, neighbours near each other.
// Knows no page and no colours.

#include <string>
#include <vector>

#include "sim/network.hpp"
#include "sim/timeline.hpp"

namespace teapot {

struct DrawnNode {
  std::string name;  ///< of a node, or "domain 3" where all of a scale-up domain is drawn as one
  std::string role;
  int level = 0;  ///< links from the nearest GPU
  double x = 0;   ///< in [0, 1]
  double y = 0;   ///< level, bent where nodes of one level are linked, so that links do not lie on each other
};

/// All links between two drawn nodes, both directions.
struct DrawnEdge {
  int a = 0;  ///< index into Drawing::nodes
  int b = 0;
  int links = 0;
  std::string tier;
  double use = 0;  ///< of the busiest link: busy time over step
  Bytes bytes;     ///< carried in the step by all of them
};

struct Drawing {
  std::vector<DrawnNode> nodes;
  std::vector<DrawnEdge> edges;
};

/// From 300 nodes on, GPUs, NICs and whatever else belongs to one scale-up domain are drawn as one.
Drawing draw(const Network& network, const Timeline& timeline);

}  // namespace teapot
