// Turns a fabric into the network that the simulation sees.
// Does not know how routes are found.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "topologies/host_routes.hpp"
#include "topologies/topology.hpp"

namespace teapot {

namespace {

/// Where paths depend on switches and destinations alone, GPUs in the same place of nodes that are plugged into the
/// same switches are alike; a failure may make any two differ.
std::vector<int> alike_gpus(const Fabric& fabric, int gpus) {
  using Paths = RoutingPolicy::Paths;
  const bool by_switch = fabric.policy.paths == Paths::fixed || fabric.policy.paths == Paths::adaptive;
  const bool whole =
      std::none_of(fabric.links.begin(), fabric.links.end(), [](const auto& link) { return link.failed; });
  if (!by_switch || !whole) return {};
  std::vector<std::vector<int>> plugs(static_cast<std::size_t>(fabric.nodes));
  for (const Port& port : fabric.ports) {
    auto& of_node = plugs[static_cast<std::size_t>(port.node)];
    for (const int part : {static_cast<int>(port.at), port.plane, port.gpu % fabric.gpus_per_node, port.gpus}) {
      of_node.push_back(part);
    }
  }
  std::map<std::pair<int, std::vector<int>>, int> numbers;
  std::vector<int> alike;
  for (int gpu = 0; gpu < gpus; ++gpu) {
    const Gpu& g = fabric.gpu[static_cast<std::size_t>(gpu)];
    if (g.nvlink.up < 0) return {};  // no domain: its node's others are reached by ways of their own
    const std::pair place{gpu % fabric.gpus_per_node, plugs[static_cast<std::size_t>(g.node)]};
    alike.push_back(numbers.try_emplace(place, static_cast<int>(numbers.size())).first->second);
  }
  return alike;
}

}  // namespace

Network to_network(const Fabric& fabric, int gpus) {
  if (gpus > fabric.gpus())
    throw ConfigError(fmt::format("fabric {}: has {} GPUs, {} are asked for", fabric.name, fabric.gpus(), gpus));
  const int nodes = (gpus + fabric.gpus_per_node - 1) / fabric.gpus_per_node;
  Network network;
  network.name = fabric.name;
  std::vector<int> node_of_vertex(fabric.vertices.size(), -1);
  for (Vertex v = 0; v < node_of_vertex.size(); ++v) {
    if (fabric.vertices[v].node >= nodes) continue;
    node_of_vertex[v] = static_cast<int>(network.nodes.size());
    network.nodes.push_back({fabric.vertices[v].name, fabric.vertices[v].role});
  }
  auto numbers = std::make_shared<std::vector<int>>(fabric.links.size(), -1);  // from the fabric's to the network's
  for (std::size_t i = 0; i < fabric.links.size(); ++i) {
    const FabricLink& link = fabric.links[i];
    const int from = node_of_vertex[link.from];
    const int to = node_of_vertex[link.to];
    if (from < 0 || to < 0 || link.failed) continue;
    (*numbers)[i] = static_cast<int>(network.links.size());
    const bool between_nodes = fabric.vertices[link.from].node < 0 || fabric.vertices[link.to].node < 0;
    network.links.push_back({link.name, link.tier, from, to, link.bandwidth, link.latency, between_nodes});
  }
  for (int i = 0; i < gpus; ++i) {
    const Gpu& gpu = fabric.gpu[static_cast<std::size_t>(i)];
    network.gpus.push_back(node_of_vertex[gpu.vertex]);
    network.domain.push_back(gpu.nvlink.up >= 0 ? gpu.node : i);
    if (!fabric.hosts.empty()) network.host.push_back(gpu.node);  // a host a node, in their order
  }
  network.backlog = fabric.backlog;
  network.alike = alike_gpus(fabric, gpus);
  const auto router = std::make_shared<const HostRoutes>(fabric, gpus);
  for (int i = 0; i < router->hosts(); ++i) network.passive.push_back(node_of_vertex[router->host(i).vertex]);
  network.route = [router, numbers](int source, int destination) {
    Route route = router->route(source, destination);
    for (Hop& hop : route) hop.link = (*numbers)[static_cast<std::size_t>(hop.link)];
    return route;
  };
  return network;
}

}  // namespace teapot
