// Splits nodes into ports until shortest paths are the network's routes, and lists the pairs where that fails.
// Knows neither XML nor SimGrid; what it must get right is what SimGrid's Dijkstra zone counts: one step a link.

#include "platforms/platform_file/graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "platforms/platform_file/shortest.hpp"
#include "sim/config.hpp"

namespace teapot {
namespace {

constexpr std::size_t most_bypasses = 500'000;  // about 100 MB of XML

/// Which link some route takes after which, and where routes begin and end.
struct Turns {
  std::vector<std::set<int>> after;  ///< one entry a link
  std::vector<char> begins, ends, used;
  std::vector<char> endpoint;  ///< one entry a node
  std::size_t spread_pairs = 0;

  explicit Turns(const Network& network)
      : after(network.links.size()),
        begins(network.links.size()),
        ends(network.links.size()),
        used(network.links.size()),
        endpoint(network.nodes.size()) {}

  void add(const std::vector<int>& path) {
    for (std::size_t i = 0; i < path.size(); ++i) {
      const auto link = static_cast<std::size_t>(path[i]);
      used[link] = 1;
      if (i + 1 < path.size()) {
        auto& next = after[link];
        if (next.empty() || !next.contains(path[i + 1])) next.insert(path[i + 1]);
      }
    }
    if (path.empty()) return;
    begins[static_cast<std::size_t>(path.front())] = 1;
    ends[static_cast<std::size_t>(path.back())] = 1;
  }
};

/// The shortest ways from a CPU to the nearest GPUs; with `backwards`, from these to the CPU.
std::vector<std::vector<int>> cpu_paths(const Network& network, const std::vector<std::vector<int>>& links_at,
                                        const std::vector<char>& is_gpu, int cpu, bool backwards) {
  std::vector<std::vector<int>> found;
  std::map<int, std::vector<int>> level{{cpu, {}}};
  std::set<int> seen{cpu};
  while (!level.empty() && found.empty()) {
    std::map<int, std::vector<int>> next;
    for (const auto& [node, path] : level) {
      for (const int link : links_at[static_cast<std::size_t>(node)]) {
        const Link& data = network.links[static_cast<std::size_t>(link)];
        const int other = backwards ? data.from : data.to;
        if (!seen.insert(other).second) continue;
        auto longer = path;
        longer.insert(backwards ? longer.begin() : longer.end(), link);
        if (is_gpu[static_cast<std::size_t>(other)]) {
          found.push_back(longer);
        } else if (network.nodes[static_cast<std::size_t>(other)].role != "cpu") {
          next.emplace(other, std::move(longer));
        }
      }
    }
    level = std::move(next);
  }
  return found;
}

Turns turns_of(const Network& network) {
  Turns turns{network};
  for (int s = 0; s < network.endpoints(); ++s) {
    for (int d = 0; d < network.endpoints(); ++d) {
      if (!exchange(network, s, d)) continue;
      bool spread = false;
      turns.add(one_path(network, s, d, spread));
      turns.spread_pairs += spread ? 1 : 0;
    }
  }
  std::vector<char> is_gpu(network.nodes.size());
  for (const int node : network.gpus) is_gpu[static_cast<std::size_t>(node)] = 1;
  for (int e = 0; e < network.endpoints(); ++e) turns.endpoint[static_cast<std::size_t>(node_of(network, e))] = 1;
  std::vector<std::vector<int>> out(network.nodes.size());
  std::vector<std::vector<int>> in(network.nodes.size());
  for (std::size_t i = 0; i < network.links.size(); ++i) {
    out[static_cast<std::size_t>(network.links[i].from)].push_back(static_cast<int>(i));
    in[static_cast<std::size_t>(network.links[i].to)].push_back(static_cast<int>(i));
  }
  for (std::size_t node = 0; node < network.nodes.size(); ++node) {
    if (network.nodes[node].role != "cpu" || turns.endpoint[node] != 0) continue;
    for (const bool backwards : {false, true}) {
      for (const auto& path : cpu_paths(network, backwards ? in : out, is_gpu, static_cast<int>(node), backwards)) {
        turns.add(path);
        turns.endpoint[node] = 1;
      }
    }
  }
  return turns;
}

/// The in-links of a node after which routes go on alike.
struct Port {
  int node = 0;
  std::vector<int> in_links;
  std::set<int> onward;
};

/// The number of each used link among those from the same node to the same node: parallel cables must lead to
/// different ports, since a platform file has one route element for each ordered pair of vertices.
std::vector<int> parallel_numbers(const Network& network, const Turns& turns) {
  std::map<std::pair<int, int>, int> seen;
  std::vector<int> numbers(network.links.size());
  for (std::size_t i = 0; i < network.links.size(); ++i) {
    if (turns.used[i]) numbers[i] = seen[{network.links[i].from, network.links[i].to}]++;
  }
  return numbers;
}

std::vector<Port> ports_of(const Network& network, const Turns& turns, const std::vector<int>& reverse,
                           const std::vector<int>& parallel, bool merge_u_turns) {
  using Key = std::tuple<int, int, std::set<int>>;  // node, parallel number, links to go on to
  std::map<Key, Port> ports;
  for (std::size_t i = 0; i < network.links.size(); ++i) {
    if (turns.after[i].empty()) continue;
    auto& port = ports[Key{network.links[i].to, parallel[i], turns.after[i]}];
    port.node = network.links[i].to;
    port.in_links.push_back(static_cast<int>(i));
    port.onward = turns.after[i];
  }
  if (merge_u_turns) {
    // A leaf's ports differ only in that none goes back to where it came from. Merged they need one vertex, and a path
    // that turns back is never the shortest.
    std::map<Key, Port> merged;
    for (const auto& [key, port] : ports) {
      Key wider = key;
      for (const int link : port.in_links) {
        if (const int back = reverse[static_cast<std::size_t>(link)]; back >= 0) std::get<2>(wider).insert(back);
      }
      auto& into = merged[wider];
      into.node = port.node;
      into.in_links.insert(into.in_links.end(), port.in_links.begin(), port.in_links.end());
      into.onward.insert(port.onward.begin(), port.onward.end());
    }
    ports = std::move(merged);
  }
  std::vector<Port> list;
  for (auto& [key, port] : ports) {
    std::sort(port.in_links.begin(), port.in_links.end());
    list.push_back(std::move(port));
  }
  return list;
}

struct GraphBuilder {
  const Network& network;
  const Turns& turns;
  const std::vector<int>& parallel;
  bool entry_cost;
  PortGraph graph{};
  std::vector<int> host{};     ///< vertex of each endpoint node, -1 for others
  std::vector<int> port{};     ///< vertex behind each link where routes go on, or -1
  std::vector<int> arrival{};  ///< vertex behind each link where routes end, or -1

  int add_vertex(int node, int in_link) {
    graph.vertices.push_back({node, in_link});
    return static_cast<int>(graph.vertices.size()) - 1;
  }

  void add_hosts() {
    host.assign(network.nodes.size(), -1);
    for (int e = 0; e < network.endpoints(); ++e) {
      const int node = node_of(network, e);
      graph.endpoints.push_back(host[static_cast<std::size_t>(node)] = add_vertex(node, -1));
    }
    for (std::size_t node = 0; node < host.size(); ++node) {
      if (turns.endpoint[node] && host[node] < 0) host[node] = add_vertex(static_cast<int>(node), -1);
    }
  }

  void add_ports(const std::vector<Port>& ports) {
    port.assign(network.links.size(), -1);
    std::map<int, const Port*> widest;  // the port that gets the name of its node
    for (const auto& p : ports) {
      auto& best = widest[p.node];
      if (best == nullptr || p.in_links.size() > best->in_links.size()) best = &p;
    }
    for (const auto& p : ports) {
      const bool is_node = !turns.endpoint[static_cast<std::size_t>(p.node)] && widest.at(p.node) == &p;
      const int vertex = add_vertex(p.node, is_node ? -1 : p.in_links.front());
      for (const int link : p.in_links) port[static_cast<std::size_t>(link)] = vertex;
    }
  }

  void add_arrivals() {
    arrival.assign(network.links.size(), -1);
    for (std::size_t i = 0; i < network.links.size(); ++i) {
      if (!turns.ends[i]) continue;
      const int end = host[static_cast<std::size_t>(network.links[i].to)];
      arrival[i] = end;
      if (parallel[i] == 0) continue;
      arrival[i] = add_vertex(network.links[i].to, static_cast<int>(i));
      graph.edges.push_back({arrival[i], end, -1, true});
    }
  }

  void add_link(int from, int link) {
    const auto i = static_cast<std::size_t>(link);
    if (port[i] >= 0) graph.edges.push_back({from, port[i], link, false});
    if (arrival[i] >= 0) graph.edges.push_back({from, arrival[i], link, entry_cost && parallel[i] == 0});
  }
};

PortGraph build(const Network& network, const Turns& turns, const std::vector<int>& reverse,
                const std::vector<int>& parallel, bool merge_u_turns, bool entry_cost) {
  GraphBuilder builder{network, turns, parallel, entry_cost};
  const auto ports = ports_of(network, turns, reverse, parallel, merge_u_turns);
  builder.add_hosts();
  builder.add_ports(ports);
  builder.add_arrivals();
  for (std::size_t i = 0; i < network.links.size(); ++i) {
    if (turns.begins[i]) {
      builder.add_link(builder.host[static_cast<std::size_t>(network.links[i].from)], static_cast<int>(i));
    }
  }
  for (const auto& port : ports) {
    const int vertex = builder.port[static_cast<std::size_t>(port.in_links.front())];
    for (const int link : port.onward) builder.add_link(vertex, link);
  }
  builder.graph.link_used = turns.used;
  builder.graph.spread_pairs = turns.spread_pairs;
  return std::move(builder.graph);
}

/// Lists the pairs whose shortest path is another or one of several; gives up after `limit`.
std::vector<PortGraph::Bypass> strays(const Network& network, const PortGraph& graph, std::size_t limit) {
  std::vector<PortGraph::Bypass> list;
  ShortestPaths paths{graph};
  for (int s = 0; s < network.endpoints(); ++s) {
    paths.start(graph.endpoints[static_cast<std::size_t>(s)]);
    for (int d = 0; d < network.endpoints(); ++d) {
      if (!exchange(network, s, d)) continue;
      bool spread = false;
      auto path = one_path(network, s, d, spread);
      if (paths.is(path, graph.endpoints[static_cast<std::size_t>(d)])) continue;
      if (list.size() == limit) return list;
      list.push_back({s, d, std::move(path)});
    }
  }
  return list;
}

}  // namespace

PortGraph port_graph(const Network& network) {
  const Turns turns = turns_of(network);
  const auto reverse = reverse_links(network);
  const auto parallel = parallel_numbers(network, turns);
  struct Way {
    bool merge_u_turns, entry_cost;
  };
  // From the plainest file to the one that holds most. An entry cost keeps paths from running through a GPU's host, as
  // the NVLink hop at the destination would, which is as long as the one at the source.
  const Way ways[] = {{true, false}, {true, true}, {false, true}};
  const auto built = [&](Way way) {
    return build(network, turns, reverse, parallel, way.merge_u_turns, way.entry_cost);
  };
  for (const Way way : ways) {
    auto graph = built(way);
    if (strays(network, graph, 1).empty()) return graph;
  }
  PortGraph best;
  std::size_t fewest = most_bypasses + 1;
  for (const Way way : ways) {
    auto graph = built(way);
    auto bypasses = strays(network, graph, fewest);
    if (bypasses.size() >= fewest) continue;
    fewest = bypasses.size();
    graph.bypasses = std::move(bypasses);
    best = std::move(graph);
  }
  if (fewest > most_bypasses) {
    throw ConfigError(
        fmt::format("{}: as a platform file this network would need a line for each of more than {} pairs, since its "
                    "routes are not "
                    "shortest paths (take fewer GPUs, or a routing that the destination decides)",
                    network.name, most_bypasses));
  }
  return best;
}

}  // namespace teapot
