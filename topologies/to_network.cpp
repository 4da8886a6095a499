// Turns a fabric into the network that the simulation sees.
// Does not know how routes are found.

#include <fmt/format.h>

#include <memory>

#include "topologies/host_routes.hpp"
#include "topologies/topology.hpp"

namespace teapot {

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
    network.links.push_back({link.name, link.tier, from, to, link.bandwidth, link.latency});
  }
  for (int i = 0; i < gpus; ++i) {
    const Gpu& gpu = fabric.gpu[static_cast<std::size_t>(i)];
    network.gpus.push_back(node_of_vertex[gpu.vertex]);
    network.domain.push_back(gpu.nvlink.up >= 0 ? gpu.node : i);
    if (!fabric.hosts.empty()) network.host.push_back(gpu.node);  // a host a node, in their order
  }
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
