// Packs the switches of a fabric, and finds the distances between them.
// Does not know what kind of fabric they form.

#include "topologies/switch_graph.hpp"

#include <algorithm>
#include <queue>

namespace teapot {

SwitchGraph::SwitchGraph(const Fabric& fabric) : of_vertex_(fabric.vertices.size(), -1) {
  for (Vertex v = 0; v < of_vertex_.size(); ++v) {
    if (fabric.vertices[v].node >= 0) continue;
    of_vertex_[v] = switches();
    vertex_.push_back(v);
  }
  std::vector<std::pair<int, int>> row;  // neighbour, link
  for (const Vertex v : vertex_) {
    rows_.push_back(neighbours_.size());
    row.clear();
    for (const int link : fabric.links_out[v]) {
      const int to = of_vertex_[fabric.link(link).to];
      if (to >= 0 && !fabric.link(link).failed) row.emplace_back(to, link);
    }
    std::sort(row.begin(), row.end());
    for (const auto& [to, link] : row) {
      const bool parallel = neighbours_.size() > rows_.back() && neighbours_.back().to == to;
      if (parallel) {
        ++neighbours_.back().links;
      } else {
        const FabricLink& cable = fabric.link(link);
        neighbours_.push_back({to, static_cast<int>(links_.size()), 1, cable.cost, cable.dimension});
        each_costs_one_ = each_costs_one_ && cable.cost == 1;
      }
      links_.push_back(link);
    }
  }
  rows_.push_back(neighbours_.size());
  arrivals_.resize(vertex_.size());
  for (int at = 0; at < switches(); ++at)
    for (const auto* next = begin(at); next != end(at); ++next)
      arrivals_[static_cast<std::size_t>(next->to)].push_back({at, next->cost});
}

namespace {

/// The same where every cable costs 1: who is reached first is nearest.
std::vector<std::uint16_t> hops_to(const SwitchGraph& graph, int target) {
  std::vector<std::uint16_t> hops(static_cast<std::size_t>(graph.switches()), unreachable);
  std::vector<int> reached{target};
  hops[static_cast<std::size_t>(target)] = 0;
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const auto& [from, cost] : graph.arrivals(reached[i])) {
      auto& known = hops[static_cast<std::size_t>(from)];
      if (known != unreachable) continue;
      known = static_cast<std::uint16_t>(hops[static_cast<std::size_t>(reached[i])] + 1);
      reached.push_back(from);
    }
  }
  return hops;
}

}  // namespace

std::vector<std::uint16_t> distances_to(const SwitchGraph& graph, int target) {
  if (graph.each_costs_one()) return hops_to(graph, target);
  std::vector<std::uint16_t> distance(static_cast<std::size_t>(graph.switches()), unreachable);
  using Entry = std::pair<int, int>;  // distance, switch
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  distance[static_cast<std::size_t>(target)] = 0;
  open.emplace(0, target);
  while (!open.empty()) {
    const auto [far, at] = open.top();
    open.pop();
    if (far > distance[static_cast<std::size_t>(at)]) continue;
    for (const auto& [from, cost] : graph.arrivals(at)) {
      const int further = far + cost;
      auto& known = distance[static_cast<std::size_t>(from)];
      if (further >= known) continue;
      known = static_cast<std::uint16_t>(further);
      open.emplace(further, from);
    }
  }
  return distance;
}

}  // namespace teapot
