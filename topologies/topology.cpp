// Puts fabrics together from nodes and switches.
// Does not know the kinds: they register themselves.

#include "topologies/topology.hpp"

#include <fmt/format.h>

#include <map>

namespace teapot {
namespace {

struct Kind {
  BuildSwitches build;
  bool networked = true;
};

std::map<std::string, Kind>& catalogue() {
  static std::map<std::string, Kind> kinds;
  return kinds;
}

}  // namespace

Registration::Registration(const std::string& kind, BuildSwitches build, bool networked) {
  catalogue()[kind] = {std::move(build), networked};
}

std::vector<std::string> fabric_kinds() {
  std::vector<std::string> kinds;
  for (const auto& [kind, ignored] : catalogue()) kinds.push_back(kind);
  return kinds;
}

Fabric build_fabric(const Config& config) {
  Fabric fabric;
  fabric.kind = config.get<std::string>("kind");
  const auto kind = catalogue().find(fabric.kind);
  if (kind == catalogue().end()) config.at("kind").fail(unknown_name("fabric kind", fabric.kind, fabric_kinds()));
  fabric.name = config.get_or<std::string>("name", fabric.kind);
  const Site site = add_servers(config, fabric, kind->second.networked);
  kind->second.build(config, site, fabric);
  plug_in(config, site, fabric);
  fabric.policy = read_routing_policy(config);
  config.reject_unread_keys();
  return fabric;
}

void for_each_plane(const Config& config, const Site& site, Fabric& fabric, int default_planes,
                    const BuildPlane& build) {
  const int planes = config.positive_or<int>("planes", default_planes);
  if (site.ports % planes != 0)
    config.at("planes").fail(fmt::format("{} does not divide the {} NIC ports of a node", planes, site.ports));
  const int per_node = site.ports / planes;
  fabric.planes = planes;
  for (int plane = 0; plane < planes; ++plane) {
    const auto switches = build(plane, site.nodes * per_node);
    for (int endpoint = 0; endpoint < site.nodes * per_node; ++endpoint) {
      const int node = endpoint / per_node;
      Port& port = fabric.ports[static_cast<std::size_t>(node * site.ports + endpoint % per_node * planes + plane)];
      port.plane = plane;
      port.endpoint = endpoint;
      port.at = switches[static_cast<std::size_t>(endpoint)];
    }
  }
}

}  // namespace teapot
