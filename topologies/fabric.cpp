// Adds nodes and cables to a fabric's graph.
// Does not know what they are for.

#include "topologies/fabric.hpp"

namespace teapot {

Vertex Fabric::add_node(const std::string& node_name, const std::string& role, int node) {
  vertices.push_back({node_name, role, node});
  links_out.emplace_back();
  links_in.emplace_back();
  return vertices.size() - 1;
}

Cable Fabric::add_cable(const std::string& cable, Vertex low, Vertex high, const FabricLink& like) {
  const auto add = [&](const char* direction, Vertex from, Vertex to) {
    const auto index = static_cast<int>(links.size());
    FabricLink& link = links.emplace_back(like);
    link.name = cable + direction;
    link.from = from;
    link.to = to;
    links_out[from].push_back(index);
    links_in[to].push_back(index);
    return index;
  };
  const int up = add("_UP", low, high);
  const int down = add("_DOWN", high, low);
  return {up, down};
}

}  // namespace teapot
