#pragma once
// Ways inside a node or rack where one of its links has failed: over NVLink, PCIe, the CPU, or by way of a neighbour.
// Knows nothing of the network between nodes.

#include <optional>
#include <unordered_map>
#include <vector>

#include "topologies/fabric.hpp"

namespace teapot {

class ServerPaths {
 public:
  /// Looks at the first `nodes` nodes. What is whole costs nothing.
  ServerPaths(const Fabric& fabric, int nodes);

  /// Whether a link inside the node has failed.
  bool damaged(int node) const { return servers_.count(node) > 0; }
  /// The working links from one vertex of a damaged node to another, fewest hops first (a hop by way of a CPU or of a
  /// GPU, which must copy, counts as three); nothing where none are left.
  std::optional<std::vector<int>> path(int node, Vertex from, Vertex to) const;

 private:
  struct Server {
    std::unordered_map<Vertex, int> number;  ///< of a vertex within its node
    std::vector<std::vector<int>> last;      ///< [from][to]: the link that a path ends with; -1: no path
    std::vector<Vertex> vertices;
  };

  static void search(const Fabric& fabric, Server& server, int from);

  std::unordered_map<int, Server> servers_;
  std::vector<Vertex> from_;  ///< by link of the fabric: where it begins
};

}  // namespace teapot
