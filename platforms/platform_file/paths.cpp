// The one path of each pair that a platform file keeps, and which links are two halves of a cable.
// Knows links and shares only.

#include <algorithm>
#include <cassert>
#include <map>
#include <string_view>
#include <unordered_map>

#include "platforms/platform_file/graph.hpp"

namespace teapot {
namespace {

const Link& link_at(const Network& network, int link) { return network.links[static_cast<std::size_t>(link)]; }

/// Steps from each node of the route's links to the end, counted backwards; nodes that cannot reach it are left out.
std::map<int, int> steps_to(const Network& network, const Route& route, int end) {
  std::map<int, int> steps{{end, 0}};
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& hop : route) {
      const Link& link = link_at(network, hop.link);
      const auto ahead = steps.find(link.to);
      if (ahead == steps.end()) continue;
      const int through = ahead->second + 1;
      const auto [entry, added] = steps.try_emplace(link.from, through);
      if (!added && entry->second <= through) continue;
      entry->second = through;
      changed = true;
    }
  }
  return steps;
}

}  // namespace

std::vector<int> one_path(const Network& network, int source, int destination, bool& spread) {
  const Route route = network.route(source, destination);
  std::vector<int> path;
  // A share of one is exact where a policy takes one path; where it spreads, some share is at most a half.
  spread = std::any_of(route.begin(), route.end(), [](const Hop& hop) { return hop.share < 1 - 1e-9; });
  if (!spread) {
    for (const auto& hop : route) path.push_back(hop.link);
    return path;
  }
  const int end = node_of(network, destination);
  const auto steps = steps_to(network, route, end);
  for (int node = node_of(network, source); node != end; node = link_at(network, path.back()).to) {
    std::vector<int> nearer;
    for (const auto& hop : route) {
      const Link& link = link_at(network, hop.link);
      const auto ahead = steps.find(link.to);
      if (link.from == node && ahead != steps.end() && ahead->second + 1 == steps.at(node)) nearer.push_back(hop.link);
    }
    assert(!nearer.empty());
    std::sort(nearer.begin(), nearer.end());
    path.push_back(nearer[static_cast<std::size_t>(destination) % nearer.size()]);
  }
  return path;
}

std::vector<int> reverse_links(const Network& network) {
  std::unordered_map<std::string_view, int> by_name;
  for (std::size_t i = 0; i < network.links.size(); ++i) by_name.emplace(network.links[i].name, static_cast<int>(i));
  std::vector<int> reverse(network.links.size(), -1);
  for (const auto& [name, up] : by_name) {
    if (!name.ends_with("_UP")) continue;
    const std::string cable{name.substr(0, name.size() - 3)};
    const auto down = by_name.find(cable + "_DOWN");
    if (down == by_name.end() || by_name.contains(cable)) continue;
    const Link& a = link_at(network, up);
    const Link& b = link_at(network, down->second);
    if (a.from != b.to || a.to != b.from || a.bandwidth != b.bandwidth || a.latency != b.latency) continue;
    if (a.tier != b.tier) continue;
    reverse[static_cast<std::size_t>(up)] = down->second;
    reverse[static_cast<std::size_t>(down->second)] = up;
  }
  return reverse;
}

}  // namespace teapot
