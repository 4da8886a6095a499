#pragma once
// The graph a platform file draws so that SimGrid's shortest paths are a network's routes: nodes split into ports.
// Knows neither XML nor SimGrid.

#include <cstddef>
#include <vector>

#include "sim/network.hpp"

namespace teapot {

/// A shortest path knows no history, a route does: a spine sends down only what the static routing gave it, a GPU
/// forwards what NVLink brought and not what its NIC brought. So each link leads to a port of its node, and a port
/// goes on only to the links that some route takes after one of its in-links.
struct PortGraph {
  struct Vertex {
    int node = 0;
    int in_link = -1;  ///< a port is called after its first in-link; -1: it is the node itself
  };
  struct Edge {
    int from = 0;
    int to = 0;
    int link = -1;      ///< -1: costs a step and is no link
    bool cost = false;  ///< one step more than the link: the price of entering a GPU or CPU
  };
  struct Bypass {
    int source = 0;  ///< endpoints
    int destination = 0;
    std::vector<int> links;
  };

  std::vector<Vertex> vertices;
  std::vector<Edge> edges;
  std::vector<int> endpoints;    ///< vertex of each rank, then of each passive endpoint
  std::vector<Bypass> bypasses;  ///< pairs whose route is not the one shortest path
  std::vector<char> link_used;   ///< one entry a link
  std::size_t spread_pairs = 0;  ///< pairs with several paths, of which one was taken
};

/// Index into `nodes` of an endpoint: the ranks first, then those that are passive.
inline int node_of(const Network& network, int endpoint) {
  const auto i = static_cast<std::size_t>(endpoint);
  return i < network.gpus.size() ? network.gpus[i] : network.passive[i - network.gpus.size()];
}

/// Whether bytes go from one endpoint to the other: those that are passive send one another nothing.
inline bool exchange(const Network& network, int source, int destination) {
  return source != destination && (source < network.ranks() || destination < network.ranks());
}

/// The links from one endpoint to another in path order. Of several paths one of the shortest, picked by the
/// destination's number so that destinations spread over parallel links; `spread` says whether there were several.
std::vector<int> one_path(const Network& network, int source, int destination, bool& spread);

/// The other half of each cable whose links are called X_UP and X_DOWN, join the same two nodes and are equally fast;
/// -1 for a link that has none.
std::vector<int> reverse_links(const Network& network);

PortGraph port_graph(const Network& network);

}  // namespace teapot
