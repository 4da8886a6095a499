// Puts fabrics together from nodes and switches.
// Does not know the kinds: they register themselves.

#include "topologies/topology.hpp"

#include <fmt/format.h>

#include <map>

#include "sim/catalogue.hpp"
#include "sim/limits.hpp"
#include "topologies/failures.hpp"
#include "topologies/technology.hpp"
#include "topologies/transport.hpp"

namespace teapot {
namespace {

struct Kind {
  BuildSwitches build;
  CountSwitches count;
  bool networked = true;
};

std::map<std::string, Kind>& catalogue() {
  static std::map<std::string, Kind> kinds;
  return kinds;
}

const Kind& kind_of(const Config& config) {
  const Config kind = config.at("kind", {"How the switches are wired", "multi-plane-fat-tree"});
  return catalogue().at(kind.as_one_of(fabric_kinds(), "fabric kind"));
}

void read_message_overhead(const Config& config, Fabric& fabric) {
  if (!config.has("message_overhead",
                  {"What software adds to one small message; in no link's latency", "{nic: 1.5 us}"}))
    return;
  const Config overhead = config.at("message_overhead");
  fabric.nic_message_overhead =
      overhead.non_negative_or<Seconds>("nic", Seconds{}, {"To one over the network", "1.5 us"});
  fabric.nvlink_message_overhead =
      overhead.non_negative_or<Seconds>("nvlink", Seconds{}, {"To one over the scale-up switch", "2.8 us"});
}

}  // namespace

Registration::Registration(const std::string& kind, BuildSwitches build, CountSwitches count, bool networked) {
  catalogue()[kind] = {std::move(build), std::move(count), networked};
}

std::vector<std::string> fabric_kinds() {
  std::vector<std::string> kinds;
  for (const auto& [kind, ignored] : catalogue()) kinds.push_back(kind);
  return kinds;
}

std::vector<std::string> fabric_names() { return names_in("topologies"); }

Tree spelled_out(const Config& fabric) { return with_technology(fabric, kind_of(fabric).networked).tree(); }

Fabric build_fabric(const Config& written) {
  const Kind& kind = kind_of(written);
  const Config config = with_technology(written, kind.networked);
  Fabric fabric;
  fabric.kind = config.get<std::string>("kind");
  fabric.name =
      config.get_or<std::string>("name", fabric.kind, {"What reports call the fabric", "my-cluster", "the kind"});
  const Site site = read_site(config, kind.networked);
  const Figures figures = kind.count(config, site);
  if (!figures.no_graph.empty()) config.at("kind").fail(figures.no_graph);
  if (figures.switches > limits::cables || figures.links() > limits::cables)
    config.at("kind").fail(fmt::format("{} switches and {} cables between them are too many to build ({} at most)",
                                       figures.switches, figures.links(), limits::cables));
  add_servers(config, site, fabric);
  kind.build(config, site, fabric);
  plug_in(site, fabric);
  apply_failures(config, fabric);
  read_message_overhead(config, fabric);
  fabric.policy = read_routing_policy(config);
  if (kind.networked) fabric.backlog = read_transport(config);
  config.reject_unread_keys();
  return fabric;
}

std::int64_t Figures::links() const {
  std::int64_t sum = 0;
  for (const auto& [tier, count] : cables) sum += count;
  return sum;
}

Figures figures_of(const Config& written, Site& site) {
  const Kind& kind = kind_of(written);
  const Config config = with_technology(written, kind.networked);
  site = read_site(config, kind.networked);
  return kind.count(config, site);
}

Planes read_planes(const Config& config, const Site& site, int default_planes) {
  const int planes =
      config.positive_or<int>("planes", default_planes,
                              {"Independent networks side by side; NIC port p of a node is in plane p mod planes", "8",
                               "as many as NIC ports a node has in multi-plane and rail-only fabrics, else 1"});
  if (site.ports % planes != 0)
    config.at("planes").fail(fmt::format("{} does not divide the {} NIC ports of a node", planes, site.ports));
  return {planes, site.nodes * (site.ports / planes)};
}

void check_room(const Config& config, const Planes& planes, std::int64_t most, const std::string& of_what) {
  if (planes.endpoints <= most) return;
  config.at("nodes").fail(fmt::format("{} endpoints{}, but {} carries at most {}", planes.endpoints,
                                      planes.count > 1 ? " a plane" : "", of_what, most));
}

Figures operator*(Figures plane, const Planes& planes) {
  plane.switches *= planes.count;
  for (auto& [tier, count] : plane.cables) count *= planes.count;
  plane.bisection *= planes.count;
  return plane;
}

void build_planes(const Planes& planes, const Site& site, Fabric& fabric, const BuildPlane& build) {
  const int per_node = site.ports / planes.count;
  fabric.planes = planes.count;
  for (int plane = 0; plane < planes.count; ++plane) {
    const auto switches = build(plane);
    for (int endpoint = 0; endpoint < planes.endpoints; ++endpoint) {
      const int node = endpoint / per_node;
      Port& port =
          fabric.ports[static_cast<std::size_t>(node * site.ports + endpoint % per_node * planes.count + plane)];
      port.plane = plane;
      port.endpoint = endpoint;
      port.at = switches[static_cast<std::size_t>(endpoint)];
    }
  }
}

std::vector<Vertex> fill(const std::vector<Vertex>& switches, int endpoints, int per_switch) {
  std::vector<Vertex> at;
  for (int i = 0; i < endpoints; ++i) at.push_back(switches[static_cast<std::size_t>(i / per_switch)]);
  return at;
}

}  // namespace teapot
