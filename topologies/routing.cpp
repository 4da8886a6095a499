// Distances between switches, and the choice of ports and cables along them.
// Does not know what kind of fabric the switches form.

#include "topologies/routing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <queue>

#include "sim/config.hpp"

namespace teapot {
namespace {

bool owns(const Port& port, int gpu) { return port.gpu <= gpu && gpu < port.gpu + port.gpus; }

}  // namespace

SwitchGraph::SwitchGraph(const Fabric& fabric) : of_vertex_(boost::num_vertices(fabric.graph), -1) {
  for (Vertex v = 0; v < of_vertex_.size(); ++v) {
    if (fabric.graph[v].node >= 0) continue;
    of_vertex_[v] = switches();
    vertex_.push_back(v);
  }
  std::vector<std::pair<int, int>> row;  // neighbour, link
  for (const Vertex v : vertex_) {
    rows_.push_back(neighbours_.size());
    row.clear();
    for (const Edge edge : boost::make_iterator_range(boost::out_edges(v, fabric.graph))) {
      const int to = of_vertex_[boost::target(edge, fabric.graph)];
      const int link = fabric.graph[edge].link;
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
      }
      links_.push_back(link);
    }
  }
  rows_.push_back(neighbours_.size());
}

std::vector<std::uint16_t> distances_to(const SwitchGraph& graph, int target) {
  std::vector<std::uint16_t> distance(static_cast<std::size_t>(graph.switches()), unreachable);
  using Entry = std::pair<int, int>;  // distance, switch
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  distance[static_cast<std::size_t>(target)] = 0;
  open.emplace(0, target);
  while (!open.empty()) {
    const auto [far, at] = open.top();
    open.pop();
    if (far > distance[static_cast<std::size_t>(at)]) continue;
    for (const auto* next = graph.begin(at); next != graph.end(at); ++next) {
      const int further = far + next->cost;
      auto& known = distance[static_cast<std::size_t>(next->to)];
      if (further >= known) continue;
      known = static_cast<std::uint16_t>(further);
      open.emplace(further, next->to);
    }
  }
  return distance;
}

Router::Router(const Fabric& fabric, int gpus)
    : fabric_name_(fabric.name),
      gpus_per_node_(fabric.gpus_per_node),
      planes_(fabric.planes),
      policy_(fabric.policy),
      graph_(fabric),
      target_of_switch_(static_cast<std::size_t>(graph_.switches()), -1) {
  const int nodes = (gpus + gpus_per_node_ - 1) / gpus_per_node_;
  gpu_.assign(fabric.gpu.begin(), fabric.gpu.begin() + nodes * gpus_per_node_);
  ports_of_node_plane_.resize(static_cast<std::size_t>(nodes) * static_cast<std::size_t>(planes_));
  for (const Port& port : fabric.ports) {
    if (port.node >= nodes) continue;
    const auto index = static_cast<int>(ports_.size());
    const int at = graph_.of_vertex(port.at);
    ports_.push_back({port, at, !fabric.link(port.cable.up).failed && !fabric.link(port.cable.down).failed});
    if (!ports_.back().works) continue;
    ports_of_node_plane_[static_cast<std::size_t>(port.node * planes_ + port.plane)].push_back(index);
    auto& row = target_of_switch_[static_cast<std::size_t>(at)];
    if (row >= 0) continue;
    row = static_cast<int>(distance_.size());
    distance_.push_back(distances_to(graph_, at));
  }
}

const std::uint16_t* Router::distances(int target) const {
  return distance_[static_cast<std::size_t>(target_of_switch_[static_cast<std::size_t>(target)])].data();
}

bool Router::reach(int from_port, int to_port) const {
  return distances(port(to_port).at)[port(from_port).at] != unreachable;
}

/// A working port of the GPU's node in a plane: one of its own where it has one, otherwise a neighbour's; -1: none.
int Router::port_in_plane(int of, int plane, int position) const {
  const auto& ports = ports_of_node_plane_[static_cast<std::size_t>(gpu(of).node * planes_ + plane)];
  if (ports.empty()) return -1;
  const auto own = std::count_if(ports.begin(), ports.end(), [&](int index) { return owns(port(index).wired, of); });
  if (own == 0) {
    if (gpu(of).nvlink.up < 0) return -1;
    return ports[static_cast<std::size_t>(of % gpus_per_node_ / planes_) % ports.size()];
  }
  auto skip = position % own;
  for (const int index : ports)
    if (owns(port(index).wired, of) && skip-- == 0) return index;
  return -1;
}

Router::Way Router::choose(int source, int destination, int position) const {
  using Cross = RoutingPolicy::CrossPlane;
  const Gpu& from = gpu(source);
  const Gpu& to = gpu(destination);
  const int out = from.first_port + position % from.ports;
  const int in = to.first_port + position;
  const bool in_works = port(in).works;
  const bool out_works = port(out).works;
  const int out_plane = port(out).wired.plane;
  const int in_plane = port(in).wired.plane;
  const auto try_way = [&](int a, int b) { return a >= 0 && b >= 0 && reach(a, b) ? Way{a, b} : Way{}; };

  Way way;
  if (policy_.cross_plane == Cross::network && in_works && out_works) way = try_way(out, in);
  if (way.from < 0 && policy_.cross_plane == Cross::destination && out_works)
    way = try_way(out, port_in_plane(destination, out_plane, position));
  if (way.from < 0 && in_works) way = try_way(port_in_plane(source, in_plane, position), in);
  if (way.from < 0 && out_works) way = try_way(out, port_in_plane(destination, out_plane, position));
  // The receiver's own plane is cut off: the others take its traffic in turn.
  for (int i = 0; way.from < 0 && i < planes_; ++i) {
    const int plane = (source + destination / gpus_per_node_ + i) % planes_;
    way = try_way(port_in_plane(source, plane, position), port_in_plane(destination, plane, position));
  }
  return way;
}

void Router::append_switches(int from, int to, int address, double share, Route& route) const {
  const std::uint16_t* distance = distances(to);
  int divisor = 1;
  while (from != to) {
    int count = 0;
    int lowest = 0;
    const auto minimal = [&](const SwitchGraph::Neighbour& next) {
      return distance[next.to] != unreachable && distance[next.to] + next.cost == distance[from];
    };
    for (const auto* next = graph_.begin(from); next != graph_.end(from); ++next) {
      if (!minimal(*next)) continue;
      if (count == 0 || next->dimension < lowest) {
        lowest = next->dimension;
        count = 0;
      }
      if (next->dimension == lowest) ++count;
    }
    // d-mod-k: each choice among switches takes one digit of the destination's number, parallel cables the rest of it.
    int skip = address / divisor % count;
    divisor *= count;
    const auto* next = graph_.begin(from);
    while (!(minimal(*next) && next->dimension == lowest && skip-- == 0)) ++next;
    route.push_back({graph_.link(next->first_link + address / divisor % next->links), share});
    from = next->to;
  }
}

void Router::append(const Way& way, int source, int destination, double share, Route& route) const {
  const Port& out = port(way.from).wired;
  const Port& in = port(way.to).wired;
  const auto helper = [&](const Port& beside, int of) {  // the GPU that passes the bytes on
    return owns(beside, of) ? of : beside.gpu + of % gpus_per_node_ % beside.gpus;
  };
  const auto push = [&](int link) {
    if (link >= 0) route.push_back({link, share});
  };
  const int sender = helper(out, source);
  const int receiver = helper(in, destination);
  if (sender != source) {
    push(gpu(source).nvlink.up);
    push(gpu(sender).nvlink.down);
  }
  push(gpu(sender).bus.up);
  push(out.cable.up);
  append_switches(port(way.from).at, port(way.to).at, in.endpoint, share, route);
  push(in.cable.down);
  push(gpu(receiver).bus.down);
  if (receiver != destination) {
    push(gpu(receiver).nvlink.up);
    push(gpu(destination).nvlink.down);
  }
}

Route Router::route(int source, int destination) const {
  Route route;
  if (source == destination) return route;
  const Gpu& from = gpu(source);
  const Gpu& to = gpu(destination);
  if (from.node == to.node && from.nvlink.up >= 0) return {{from.nvlink.up, 1}, {to.nvlink.down, 1}};
  route.reserve(16);
  for (int i = 0; i < to.ports; ++i) {
    const Way way = choose(source, destination, i);
    if (way.from < 0)
      throw ConfigError(fmt::format("fabric {}: failures cut gpu-{}-{} off from gpu-{}-{}", fabric_name_, from.node,
                                    source % gpus_per_node_, to.node, destination % gpus_per_node_));
    append(way, source, destination, 1.0 / to.ports, route);
  }
  if (to.ports > 1) merge_hops(route);
  return route;
}

void merge_hops(Route& route) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < route.size(); ++i) {
    const auto end = route.begin() + static_cast<std::ptrdiff_t>(kept);
    const auto same = std::find_if(route.begin(), end, [&](const Hop& hop) { return hop.link == route[i].link; });
    if (same != end) {
      same->share += route[i].share;
    } else {
      route[kept++] = route[i];
    }
  }
  route.resize(kept);
}

}  // namespace teapot
