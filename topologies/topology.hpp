#pragma once
// The catalogue of fabric kinds: a kind is one .cpp with a function and a `const Registration`.
// Knows how a fabric is put together, not what any kind looks like.

#include <functional>
#include <string>
#include <vector>

#include "sim/config.hpp"
#include "sim/network.hpp"
#include "topologies/fabric.hpp"
#include "topologies/servers.hpp"

namespace teapot {

/// Builds the fabric that a mapping describes (`kind` and the kind's keys); rejects keys that nobody reads.
/// The mapping is what resolve_named(value, "topologies", "fabric") returns. Throws ConfigError.
Fabric build_fabric(const Config& config);

/// The known kinds, sorted.
std::vector<std::string> fabric_kinds();

/// The simulation's value for the first `gpus` GPUs, with the switches of the whole fabric. Throws ConfigError where
/// the fabric has fewer GPUs.
Network to_network(const Fabric& fabric, int gpus);

/// A kind adds its switches and their cables, and plugs each of Fabric::ports into one (Port::at, plane, endpoint).
/// Without a network between nodes there are no ports.
using BuildSwitches = std::function<void(const Config& config, const Site& site, Fabric& fabric)>;

struct Registration {
  Registration(const std::string& kind, BuildSwitches build, bool networked = true);
};

/// For kinds of independent planes: reads `planes` and calls build(plane, endpoints) for each, which returns the switch
/// of each endpoint. Port p of a node belongs to plane p mod planes; endpoints are numbered node by node.
using BuildPlane = std::function<std::vector<Vertex>(int plane, int endpoints)>;
void for_each_plane(const Config& config, const Site& site, Fabric& fabric, int default_planes,
                    const BuildPlane& build);

}  // namespace teapot
