// Adds nodes and cables to a fabric's graph.
// Does not know what they are for.

#include "topologies/fabric.hpp"

namespace teapot {

Vertex Fabric::add_node(const std::string& node_name, const std::string& role, int node) {
  return boost::add_vertex(FabricNode{node_name, role, node}, graph);
}

Cable Fabric::add_cable(const std::string& cable, Vertex low, Vertex high, const FabricLink& like) {
  const auto add = [&](const char* direction, Vertex from, Vertex to) {
    const auto index = static_cast<int>(links.size());
    FabricLink& link = links.emplace_back(like);
    link.name = cable + direction;
    link.from = from;
    link.to = to;
    boost::add_edge(from, to, LinkNumber{index}, graph);
    return index;
  };
  const int up = add("_UP", low, high);
  const int down = add("_DOWN", high, low);
  return {up, down};
}

}  // namespace teapot
