#pragma once
// GPUs around one switch, and a run of a program on them that keeps when links were busy.
// For tests of what is written about runs.

#include <string>

#include "sim/engine.hpp"
#include "sim/network.hpp"

namespace teapot::testing {

/// Each GPU joined to the switch by a link of `tier` each way.
inline Network star(int gpus, const std::string& tier, BytesPerSecond bandwidth, Seconds latency) {
  Network network;
  network.name = "star";
  network.nodes = {{"switch", tier == "nvlink" ? "nvswitch" : "switch"}};
  for (int g = 0; g < gpus; ++g) {
    const std::string number = std::to_string(g), link = tier == "nvlink" ? "nvl-" : tier + "-";
    network.nodes.push_back({"gpu-" + number, "gpu"});
    network.links.push_back({link + number + "_UP", tier, g + 1, 0, bandwidth, latency});
    network.links.push_back({link + number + "_DOWN", tier, 0, g + 1, bandwidth, latency});
    network.gpus.push_back(g + 1);
    network.domain.push_back(0);
  }
  network.route = [](int s, int d) { return s == d ? Route{} : Route{{2 * s, 1}, {2 * d + 1, 1}}; };
  return network;
}

/// With the times in which each link was busy.
inline Timeline recorded(const Program& program, const Network& network) {
  SimulationOptions options;
  options.record_links = true;
  return simulate(program, network, options);
}

}  // namespace teapot::testing
