#pragma once
// Shortest paths over a port graph as SimGrid's Dijkstra zone counts them: a step for each link of an edge.
// Knows no network: an edge carries the number of its link.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "platforms/platform_file/graph.hpp"

namespace teapot {

/// Shortest paths from one vertex, with how many there are (two stands for any more).
class ShortestPaths {
 public:
  explicit ShortestPaths(const PortGraph& graph) : graph_(graph), first_(graph.vertices.size() + 1) {
    for (const auto& edge : graph.edges) ++first_[static_cast<std::size_t>(edge.from) + 1];
    for (std::size_t v = 1; v < first_.size(); ++v) first_[v] += first_[v - 1];
    order_.resize(graph.edges.size());
    auto place = first_;
    for (std::size_t e = 0; e < graph.edges.size(); ++e) {
      order_[place[static_cast<std::size_t>(graph.edges[e].from)]++] = static_cast<int>(e);
    }
  }

  void start(int source) {
    distance_.assign(graph_.vertices.size(), -1);
    ways_.assign(graph_.vertices.size(), 0);
    last_edge_.assign(graph_.vertices.size(), -1);
    distance_[static_cast<std::size_t>(source)] = 0;
    ways_[static_cast<std::size_t>(source)] = 1;
    std::vector<std::vector<int>> level(3);  // an edge takes one step or two
    level[0].push_back(source);
    for (int steps = 0; !level[0].empty() || !level[1].empty(); ++steps) {
      for (const int vertex : level[0]) {
        if (distance_[static_cast<std::size_t>(vertex)] == steps) expand(vertex, level);
      }
      std::rotate(level.begin(), level.begin() + 1, level.end());
      level[2].clear();
    }
  }

  /// Whether there is exactly one shortest path to a vertex.
  bool one(int vertex) const { return ways_[static_cast<std::size_t>(vertex)] == 1; }
  /// The links of a shortest path to a vertex, the last first.
  void links_back_from(int vertex, std::vector<int>& links) const {
    links.clear();
    for (int e = 0; (e = last_edge_[static_cast<std::size_t>(vertex)]) >= 0;) {
      const auto& edge = graph_.edges[static_cast<std::size_t>(e)];
      if (edge.link >= 0) links.push_back(edge.link);
      vertex = edge.from;
    }
  }
  /// Whether the one shortest path to a vertex is made of these links.
  bool is(const std::vector<int>& path, int vertex) const {
    if (!one(vertex)) return false;
    std::size_t left = path.size();
    for (int e = 0; (e = last_edge_[static_cast<std::size_t>(vertex)]) >= 0;) {
      const auto& edge = graph_.edges[static_cast<std::size_t>(e)];
      if (edge.link >= 0 && (left == 0 || path[--left] != edge.link)) return false;
      vertex = edge.from;
    }
    return left == 0;
  }

 private:
  void expand(int vertex, std::vector<std::vector<int>>& level) {
    const auto v = static_cast<std::size_t>(vertex);
    for (std::size_t i = first_[v]; i < first_[v + 1]; ++i) {
      const auto& edge = graph_.edges[static_cast<std::size_t>(order_[i])];
      const int steps = edge.link >= 0 && edge.cost ? 2 : 1;
      const auto to = static_cast<std::size_t>(edge.to);
      const int through = distance_[v] + steps;
      if (distance_[to] < 0 || through < distance_[to]) {
        distance_[to] = through;
        ways_[to] = ways_[v];
        last_edge_[to] = order_[i];
        level[static_cast<std::size_t>(steps)].push_back(edge.to);
      } else if (through == distance_[to]) {
        ways_[to] = 2;
      }
    }
  }

  const PortGraph& graph_;
  std::vector<std::size_t> first_;  // of each vertex's edges in order_
  std::vector<int> order_;
  std::vector<int> distance_, ways_, last_edge_;
};

}  // namespace teapot
