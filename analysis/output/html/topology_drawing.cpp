// Layers by breadth-first search, order by neighbours' mean places.
// Does not know what a role is for, but which ones stand inside a server.

#include "analysis/output/html/topology_drawing.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <queue>
#include <set>

#include "sim/index.hpp"

namespace teapot {
namespace {

constexpr std::size_t drawn_in_full = 300;  // nodes; more cannot be told apart

using Neighbours = std::vector<std::vector<int>>;

Neighbours neighbours_of(std::size_t nodes, const std::vector<DrawnEdge>& edges) {
  Neighbours neighbours(nodes);
  for (const auto& edge : edges) {
    neighbours[at(edge.a)].push_back(edge.b);
    neighbours[at(edge.b)].push_back(edge.a);
  }
  return neighbours;
}

/// The scale-up domain each node stands in; -1: between domains.
std::vector<int> domains_of(const Network& network) {
  static const std::set<std::string> inside{"gpu", "cpu", "pcie", "nic", "nvswitch"};
  std::vector<std::vector<int>> neighbours(network.nodes.size());
  for (const Link& link : network.links) {
    if (inside.contains(network.nodes[at(link.from)].role) && inside.contains(network.nodes[at(link.to)].role)) {
      neighbours[at(link.from)].push_back(link.to);
      neighbours[at(link.to)].push_back(link.from);
    }
  }
  std::vector<int> domain(network.nodes.size(), -1);
  std::queue<int> open;
  for (int r = 0; r < network.ranks(); ++r) {
    domain[at(network.gpus[at(r)])] = network.domain[at(r)];
    open.push(network.gpus[at(r)]);
  }
  for (; !open.empty(); open.pop()) {
    for (const int n : neighbours[at(open.front())]) {
      if (domain[at(n)] >= 0) continue;
      domain[at(n)] = domain[at(open.front())];
      open.push(n);
    }
  }
  return domain;
}

/// For each node of the network, its index among the drawn ones.
std::vector<int> choose_nodes(const Network& network, Drawing& drawing) {
  std::vector<int> drawn(network.nodes.size(), -1);
  const bool whole = network.nodes.size() < drawn_in_full;
  const std::vector<int> domain = whole ? std::vector<int>(network.nodes.size(), -1) : domains_of(network);
  std::map<int, int> of_domain;
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const auto next = static_cast<int>(drawing.nodes.size());
    if (domain[n] < 0) {
      drawing.nodes.push_back({network.nodes[n].name, network.nodes[n].role, 0, 0, 0});
      drawn[n] = next;
      continue;
    }
    const auto [known, is_new] = of_domain.emplace(domain[n], next);
    if (is_new) drawing.nodes.push_back({"domain " + std::to_string(domain[n]), "domain", 0, 0, 0});
    drawn[n] = known->second;
  }
  return drawn;
}

void join_links(const Network& network, const Timeline& timeline, const std::vector<int>& drawn, Drawing& drawing) {
  std::map<std::pair<int, int>, std::size_t> index;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    const Link& link = network.links[l];
    const auto [a, b] = std::minmax(drawn[at(link.from)], drawn[at(link.to)]);
    if (a == b) continue;
    const auto [known, is_new] = index.emplace(std::pair{a, b}, drawing.edges.size());
    if (is_new) drawing.edges.push_back({a, b, 0, link.tier, 0, {}});
    DrawnEdge& edge = drawing.edges[known->second];
    ++edge.links;
    edge.bytes = edge.bytes + timeline.links[l].bytes;
    if (timeline.step.value > 0) edge.use = std::max(edge.use, timeline.links[l].busy / timeline.step);
  }
}

void find_levels(const Network& network, const std::vector<int>& drawn, const Neighbours& neighbours,
                 Drawing& drawing) {
  for (auto& node : drawing.nodes) node.level = -1;
  std::queue<int> open;
  for (const int gpu : network.gpus) {
    DrawnNode& node = drawing.nodes[at(drawn[at(gpu)])];
    if (node.level < 0) open.push(drawn[at(gpu)]);
    node.level = 0;
  }
  for (; !open.empty(); open.pop()) {
    for (const int n : neighbours[at(open.front())]) {
      if (drawing.nodes[at(n)].level >= 0) continue;
      drawing.nodes[at(n)].level = drawing.nodes[at(open.front())].level + 1;
      open.push(n);
    }
  }
  for (auto& node : drawing.nodes) node.level = std::max(node.level, 0);  // linked to nothing
}

/// Without switches that only the unused part of a fabric hangs on: they carry nothing, and are farther from the GPUs
/// than others of their role.
void drop_unused(Drawing& drawing) {
  std::map<std::string, int> nearest;
  for (const auto& node : drawing.nodes) {
    const auto [known, is_new] = nearest.emplace(node.role, node.level);
    known->second = std::min(known->second, node.level);
  }
  std::vector<bool> keep;
  for (const auto& node : drawing.nodes) keep.push_back(node.level == nearest[node.role]);
  for (const auto& edge : drawing.edges) {
    if (edge.use > 0) keep[at(edge.a)] = keep[at(edge.b)] = true;
  }
  std::vector<int> place(drawing.nodes.size(), -1);
  std::vector<DrawnNode> nodes;
  for (std::size_t n = 0; n < drawing.nodes.size(); ++n) {
    if (!keep[n]) continue;
    place[n] = static_cast<int>(nodes.size());
    nodes.push_back(std::move(drawing.nodes[n]));
  }
  drawing.nodes = std::move(nodes);
  std::erase_if(drawing.edges, [&](const DrawnEdge& edge) { return place[at(edge.a)] < 0 || place[at(edge.b)] < 0; });
  for (auto& edge : drawing.edges) {
    edge.a = place[at(edge.a)];
    edge.b = place[at(edge.b)];
  }
}

/// Every level in the order of the mean places of its neighbours below.
void place(const Neighbours& neighbours, Drawing& drawing) {
  std::map<int, std::vector<int>> levels;
  for (int n = 0; n < static_cast<int>(drawing.nodes.size()); ++n) levels[drawing.nodes[at(n)].level].push_back(n);
  for (auto& [level, nodes] : levels) {
    std::map<int, double> wish;
    for (const int n : nodes) {
      double sum = 0;
      double count = 0;
      for (const int other : neighbours[at(n)]) {
        if (drawing.nodes[at(other)].level != level - 1) continue;
        sum += drawing.nodes[at(other)].x;
        ++count;
      }
      wish[n] = count > 0 ? sum / count : 0;
    }
    if (level > 0) {
      std::stable_sort(nodes.begin(), nodes.end(), [&](int a, int b) { return wish[a] < wish[b]; });
    }
    bool linked = false;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      DrawnNode& node = drawing.nodes[at(nodes[i])];
      node.x = (static_cast<double>(i) + 0.5) / static_cast<double>(nodes.size());
      node.y = level;
      for (const int other : neighbours[at(nodes[i])]) linked = linked || drawing.nodes[at(other)].level == level;
    }
    for (const int n : nodes) {
      if (linked) drawing.nodes[at(n)].y += 0.7 * std::sin(std::numbers::pi * drawing.nodes[at(n)].x);
    }
  }
}

}  // namespace

Drawing draw(const Network& network, const Timeline& timeline) {
  Drawing drawing;
  const auto drawn = choose_nodes(network, drawing);
  join_links(network, timeline, drawn, drawing);
  find_levels(network, drawn, neighbours_of(drawing.nodes.size(), drawing.edges), drawing);
  drop_unused(drawing);
  place(neighbours_of(drawing.nodes.size(), drawing.edges), drawing);
  return drawing;
}

}  // namespace teapot
