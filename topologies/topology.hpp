#pragma once
// The catalogue of fabric kinds: a kind is one .cpp with a function and a `const Registration`.
// Knows how a fabric is put together, not what any kind looks like.

#include <cstdint>
#include <functional>
#include <map>
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

/// The same mapping with all that its technologies say of it written out.
Tree spelled_out(const Config& fabric);

/// The known kinds, sorted.
std::vector<std::string> fabric_kinds();

/// The fabrics that have a YAML of their own, sorted.
std::vector<std::string> fabric_names();

/// The simulation's value for the first `gpus` GPUs, with the switches of the whole fabric. Throws ConfigError where
/// the fabric has fewer GPUs.
Network to_network(const Fabric& fabric, int gpus);

/// Size and shape of a fabric's network by the formulas of its kind, without building it.
struct Figures {
  std::int64_t switches = 0;
  int radix = 0;                               ///< ports that each of the switches must have
  std::map<std::string, std::int64_t> cables;  ///< between switches, by tier
  std::map<std::string, double> reach_m;       ///< of the tiers whose cables are not Site::cable_m long
  int diameter = -1;         ///< cables between the farthest two endpoint switches; -1: no formula for this size
  BytesPerSecond bisection;  ///< one direction, between two halves of the endpoints; 0: no formula
  std::string source;        ///< of diameter and bisection
  std::string no_graph;      ///< why such a fabric cannot be built, only counted; empty where it can

  std::int64_t links() const;
};

/// Reads what build_fabric reads; does not look for unread keys. `site` is filled too.
Figures figures_of(const Config& config, Site& site);

/// A kind adds its switches and their cables, and plugs each of Fabric::ports into one (Port::at, plane, endpoint).
/// Without a network between nodes there are no ports.
using BuildSwitches = std::function<void(const Config& config, const Site& site, Fabric& fabric)>;
using CountSwitches = std::function<Figures(const Config& config, const Site& site)>;

struct Registration {
  Registration(const std::string& kind, BuildSwitches build, CountSwitches count, bool networked = true);
};

/// For kinds of independent planes. Port p of a node belongs to plane p mod planes; the endpoints of a plane are
/// numbered node by node.
struct Planes {
  int count = 1;
  int endpoints = 0;  ///< of each
};
/// Reads `planes`, which must divide the ports of a node.
Planes read_planes(const Config& config, const Site& site, int default_planes = 1);
/// Throws at `nodes` where a plane has more endpoints than `most`.
void check_room(const Config& config, const Planes& planes, std::int64_t most, const std::string& of_what);
/// Figures of one plane times the planes.
Figures operator*(Figures plane, const Planes& planes);
/// Calls build(plane), which returns the switch of each endpoint, for every plane.
using BuildPlane = std::function<std::vector<Vertex>(int plane)>;
void build_planes(const Planes& planes, const Site& site, Fabric& fabric, const BuildPlane& build);
/// The switch of each endpoint where consecutive ones share a switch.
std::vector<Vertex> fill(const std::vector<Vertex>& switches, int endpoints, int per_switch);

}  // namespace teapot
