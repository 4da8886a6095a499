// One scale-up domain: every GPU on one logical switch (an NVL72 rack, an 8-GPU node).
// Knows no scale-out network.

#include "topologies/topology.hpp"

namespace teapot {
namespace {

void build(const Config& config, const Site& site, Fabric& fabric) {
  if (site.nodes != 1) config.at("nodes").fail("a single switch is one domain: nodes must be 1");
  if (fabric.gpus_per_node < 2) config.fail("a single switch needs gpus_per_node of at least 2");
  config.at("nvlink_bandwidth");
}

const Registration registration{"single-switch", build, false};

}  // namespace
}  // namespace teapot
