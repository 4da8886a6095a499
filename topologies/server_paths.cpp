// Searches what is left of a node.
// Does not know why it wants to know.

#include "topologies/server_paths.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

#include "sim/index.hpp"

namespace teapot {
namespace {

/// A switch passes bytes on; a GPU or a CPU takes them into its memory and sends them again.
int cost_of_passing(const FabricNode& node) { return node.role == "gpu" || node.role == "cpu" ? 3 : 1; }

}  // namespace

ServerPaths::ServerPaths(const Fabric& fabric, int nodes) {
  const auto inside = [&](const FabricLink& link) {
    const int node = fabric.vertices[link.from].node;
    return node >= 0 && node < nodes && node == fabric.vertices[link.to].node;
  };
  for (const FabricLink& link : fabric.links)
    if (link.failed && inside(link)) servers_.emplace(fabric.vertices[link.from].node, Server{});
  if (servers_.empty()) return;
  for (const FabricLink& link : fabric.links) from_.push_back(link.from);
  for (Vertex v = 0; v < fabric.vertices.size(); ++v) {
    const auto server = servers_.find(fabric.vertices[v].node);
    if (server == servers_.end()) continue;
    server->second.number.emplace(v, static_cast<int>(server->second.vertices.size()));
    server->second.vertices.push_back(v);
  }
  for (auto& [node, server] : servers_)
    for (int from = 0; from < static_cast<int>(server.vertices.size()); ++from) search(fabric, server, from);
}

void ServerPaths::search(const Fabric& fabric, Server& server, int from) {
  std::vector<int> last(server.vertices.size(), -1);
  std::vector<int> cost(server.vertices.size(), std::numeric_limits<int>::max());
  using Entry = std::pair<int, int>;  // cost, vertex
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  cost[at(from)] = 0;
  open.emplace(0, from);
  while (!open.empty()) {
    const auto [far, here] = open.top();
    open.pop();
    if (far > cost[at(here)]) continue;
    const Vertex vertex = server.vertices[at(here)];
    const int step = here == from ? 1 : cost_of_passing(fabric.vertices[vertex]);
    for (const int link : fabric.links_out[vertex]) {
      const auto to = server.number.find(fabric.link(link).to);
      if (fabric.link(link).failed || to == server.number.end() || far + step >= cost[at(to->second)]) continue;
      cost[at(to->second)] = far + step;
      last[at(to->second)] = link;
      open.emplace(far + step, to->second);
    }
  }
  server.last.push_back(std::move(last));
}

std::optional<std::vector<int>> ServerPaths::path(int node, Vertex from, Vertex to) const {
  const Server& server = servers_.at(node);
  const auto& last = server.last[at(server.number.at(from))];
  std::vector<int> links;
  while (to != from) {
    const int link = last[at(server.number.at(to))];
    if (link < 0) return {};
    links.push_back(link);
    to = from_[at(link)];
  }
  std::reverse(links.begin(), links.end());
  return links;
}

}  // namespace teapot
