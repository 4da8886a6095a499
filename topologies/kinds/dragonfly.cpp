// Dragonfly: groups of switches that know each other, and global cables between the groups.
// Kim, Dally, Scott and Abts, "Technology-driven, highly-scalable dragonfly topology" (ISCA 2008).
// Knows nothing of what is plugged in.

#include <fmt/format.h>

#include <algorithm>

#include "sim/limits.hpp"
#include "topologies/topology.hpp"

namespace teapot::dragonfly_kind {
namespace {

struct Dragonfly {
  int per_switch = 1;  ///< endpoints of a switch: p
  int switches = 1;    ///< of a group: a
  int global = 1;      ///< global cables of a switch: h
  int groups = 1;      ///< g

  int group_ports() const { return switches * global; }
};

Dragonfly read(const Config& config) {
  Dragonfly shape;
  shape.per_switch = config.positive<int>("endpoints_per_switch", {"NIC ports on each switch", "8"});
  shape.switches = config.positive<int>("switches_per_group", {"All of which know each other", "8"});
  shape.global = config.positive<int>("global_links_per_switch", {"Cables of a switch to other groups", "4"});
  limits::at_most(config, "endpoints_per_switch", shape.per_switch, limits::ports_of_switch);
  limits::at_most(config, "switches_per_group", shape.switches, limits::ports_of_switch);
  limits::at_most(config, "global_links_per_switch", shape.global, limits::ports_of_switch);
  const std::int64_t most = std::int64_t{shape.switches} * shape.global + 1;
  if (most > 65'536) config.at("global_links_per_switch").fail("more than 65,535 global ports a group");
  shape.groups =
      config.positive_or<int>("groups", static_cast<int>(most),
                              {"Groups of switches", "33", "as many as the global cables of one group reach"});
  if (shape.groups > most)
    config.at("groups").fail(fmt::format("{} groups, but {} global ports a group reach {} groups at most", shape.groups,
                                         shape.group_ports(), most));
  return shape;
}

/// Port k of a group goes `distance(k)` groups on, its partner there comes back; 0: the port stays free.
struct Wiring {
  int groups;
  int ports;

  /// Rounds of one cable to every other group; what is left goes to the nearest groups on both sides, in pairs.
  int left() const { return ports % (groups - 1); }
  int distance(int k) const {
    const int base = k - k % (groups - 1);
    if (base + groups - 1 <= ports) return k % (groups - 1) + 1;
    const int extra = k - base;
    const bool middle = left() % 2 != 0 && extra == left() - 1;
    if (middle) return groups % 2 == 0 ? groups / 2 : 0;
    return extra % 2 == 0 ? extra / 2 + 1 : groups - (extra / 2 + 1);
  }
  int partner(int k) const {
    const int base = k - k % (groups - 1);
    if (base + groups - 1 <= ports) return base + groups - 1 - distance(k);
    const int extra = k - base;
    if (distance(k) * 2 == groups && extra == left() - 1 && left() % 2 != 0) return k;
    return base + (extra ^ 1);
  }
};

Figures count(const Config& config, const Site& site) {
  const Dragonfly shape = read(config);
  const Planes planes = read_planes(config, site);
  const std::int64_t switches = std::int64_t{shape.switches} * shape.groups;
  check_room(config, planes, switches * shape.per_switch, "this dragonfly");
  Figures figures;
  figures.switches = switches;
  figures.radix = shape.per_switch + shape.switches - 1 + shape.global;
  figures.cables["local"] = std::int64_t{shape.groups} * shape.switches * (shape.switches - 1) / 2;
  if (shape.groups > 1) {
    const Wiring wiring{shape.groups, shape.group_ports()};
    const bool one_free = wiring.left() % 2 != 0 && shape.groups % 2 != 0;
    figures.cables["global"] = std::int64_t{shape.groups} * (shape.group_ports() - (one_free ? 1 : 0)) / 2;
  }
  if (planes.endpoints == switches * shape.per_switch && shape.groups == shape.group_ports() + 1 && shape.switches > 1)
    figures.diameter = 3;
  figures.source = "Kim et al. 2008";
  constexpr Seconds per_metre{5e-9};  // light in fibre
  const auto global = config.non_negative_or<Seconds>("global_cable_latency", site.cable_latency);
  figures.reach_m["global"] = std::max(1.0, global / per_metre);
  return figures * planes;
}

std::vector<Vertex> plane_of(const Dragonfly& shape, const Config& config, const Site& site, Fabric& fabric, int plane,
                             int endpoints) {
  FabricLink local = site.cable("local");
  FabricLink global = site.cable("global");
  global.bandwidth = config.positive_or<BytesPerSecond>("global_bandwidth", global.bandwidth,
                                                        {"Of a cable between groups", "400 Gbps", "link_bandwidth"});
  global.latency = config.non_negative_or<Seconds>("global_cable_latency", site.cable_latency,
                                                   {"Of a cable between groups", "500 ns", "cable_latency"}) +
                   site.switch_latency;
  global.cost = 3;  // one global cable and two local ones (5) before two global ones (6)
  std::vector<Vertex> all;
  for (int group = 0; group < shape.groups; ++group)
    for (int i = 0; i < shape.switches; ++i)
      all.push_back(fabric.add_node(fmt::format("switch-{}-{}", plane, group * shape.switches + i), "switch"));
  const auto join = [&](const char* what, int one, int other, int number, const FabricLink& like) {
    const auto name = fmt::format("{}-{}-{}-{}", what, plane, one, other);
    fabric.add_cable(number > 0 ? fmt::format("{}-{}", name, number) : name, all[static_cast<std::size_t>(one)],
                     all[static_cast<std::size_t>(other)], like);
  };
  for (int group = 0; group < shape.groups; ++group)
    for (int i = 0; i < shape.switches; ++i)
      for (int j = i + 1; j < shape.switches; ++j)
        join("local", group * shape.switches + i, group * shape.switches + j, 0, local);
  const Wiring wiring{shape.groups, shape.group_ports()};
  std::map<std::pair<int, int>, int> parallel;
  for (int group = 0; shape.groups > 1 && group < shape.groups; ++group) {
    for (int k = 0; k < shape.group_ports(); ++k) {
      const int far = (group + wiring.distance(k)) % shape.groups;
      if (far <= group) continue;  // seen from the other side, or free
      const int one = group * shape.switches + k / shape.global;
      const int other = far * shape.switches + wiring.partner(k) / shape.global;
      join("global", one, other, parallel[{one, other}]++, global);
    }
  }
  return fill(all, endpoints, shape.per_switch);
}

void build(const Config& config, const Site& site, Fabric& fabric) {
  const Dragonfly shape = read(config);
  const Planes planes = read_planes(config, site);
  build_planes(planes, site, fabric,
               [&](int plane) { return plane_of(shape, config, site, fabric, plane, planes.endpoints); });
}

const Registration registration{"dragonfly", build, count};

}  // namespace
}  // namespace teapot::dragonfly_kind
