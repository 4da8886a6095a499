// One scale-up domain: every GPU on one logical switch (an NVL72 rack, an 8-GPU node).
// Knows no scale-out network.

#include "topologies/topology.hpp"

namespace teapot::single_switch_kind {
namespace {

void build(const Config&, const Site&, Fabric&) {}  // add_servers has done it all

Figures count(const Config& config, const Site& site) {
  if (site.nodes != 1) config.at("nodes").fail("a single switch is one domain: nodes must be 1");
  const bool host = config.has("host_bridge_bandwidth");
  if (site.gpus < 2 && !host)
    config.fail("a single switch needs gpus_per_node of at least 2, or a host (host_bridge_bandwidth)");
  Figures figures;
  figures.switches = 1;
  figures.diameter = 0;
  if (site.gpus > 1) figures.bisection = config.positive<BytesPerSecond>("nvlink_bandwidth") * (site.gpus / 2);
  figures.source = "half the GPUs' links";
  return figures;
}

const Registration registration{"single-switch", build, count, false};

}  // namespace
}  // namespace teapot::single_switch_kind
