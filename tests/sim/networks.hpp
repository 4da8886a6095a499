#pragma once
// Small networks and programs made by hand for the tests of the engine.

#include <string>
#include <vector>

#include "sim/network.hpp"
#include "sim/program.hpp"

namespace teapot::testing {

/// `ranks` GPUs around one switch that never binds; link 2r is up, 2r+1 is down.
inline Network star(int ranks, BytesPerSecond bandwidth, Seconds latency) {
  Network network;
  network.name = "star";
  network.nodes.push_back({"switch", "switch"});
  for (int rank = 0; rank < ranks; ++rank) {
    network.nodes.push_back({"gpu-" + std::to_string(rank), "gpu"});
    network.gpus.push_back(rank + 1);
    network.domain.push_back(0);
    network.links.push_back({"nic-" + std::to_string(rank) + "_UP", "nic", rank + 1, 0, bandwidth, latency});
    network.links.push_back({"nic-" + std::to_string(rank) + "_DOWN", "nic", 0, rank + 1, bandwidth, latency});
  }
  network.route = [](int source, int destination) {
    return source == destination ? Route{} : Route{{2 * source, 1}, {2 * destination + 1, 1}};
  };
  return network;
}

/// Two stars of half the ranks each, joined by one link in each direction (the last two links).
inline Network dumbbell(int ranks, BytesPerSecond bandwidth, BytesPerSecond trunk, Seconds latency) {
  Network network = star(ranks, bandwidth, latency);
  network.nodes.push_back({"switch-1", "switch"});
  const int right = static_cast<int>(network.nodes.size()) - 1;
  const int there = static_cast<int>(network.links.size());
  network.links.push_back({"trunk_UP", "leaf", 0, right, trunk, latency});
  network.links.push_back({"trunk_DOWN", "leaf", right, 0, trunk, latency});
  network.route = [ranks, there](int source, int destination) {
    Route route;
    if (source == destination) return route;
    const bool from_left = source < ranks / 2;
    route.push_back({2 * source, 1});
    if (from_left != (destination < ranks / 2)) route.push_back({from_left ? there : there + 1, 1});
    route.push_back({2 * destination + 1, 1});
    return route;
  };
  return network;
}

inline Operator collective(Traffic traffic, Bytes bytes_per_copy, std::vector<int> after = {}) {
  Collective c;
  c.traffic = std::make_shared<const Traffic>(std::move(traffic));
  c.bytes_per_copy = bytes_per_copy;
  Operator op;
  op.name = "dispatch";
  op.stream = 1;
  op.after = std::move(after);
  op.work = c;
  return op;
}

inline Operator compute(std::vector<Seconds> duration, std::vector<int> after = {}) {
  Operator op;
  op.name = "attention";
  op.after = std::move(after);
  op.work = Compute{std::move(duration), {}, {}, {}};
  return op;
}

inline Program program(int ranks, std::vector<Operator> operators) {
  return {ranks, {"compute", "communication"}, std::move(operators)};
}

}  // namespace teapot::testing
