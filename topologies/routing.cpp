// Chooses ports for a pair of GPUs and puts its route together.
// Does not know what kind of fabric the switches form.

#include "topologies/routing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/config.hpp"

namespace teapot {
namespace {

bool owns(const Port& port, int gpu) { return port.gpu <= gpu && gpu < port.gpu + port.gpus; }

}  // namespace

Router::Router(const Fabric& fabric, int gpus)
    : fabric_name_(fabric.name),
      gpus_per_node_(fabric.gpus_per_node),
      planes_(fabric.planes),
      policy_(fabric.policy),
      paths_(fabric, fabric.policy) {
  const int nodes = (gpus + gpus_per_node_ - 1) / gpus_per_node_;
  gpu_.assign(fabric.gpu.begin(), fabric.gpu.begin() + nodes * gpus_per_node_);
  ports_of_node_plane_.resize(static_cast<std::size_t>(nodes) * static_cast<std::size_t>(planes_));
  const bool detours = policy_.paths == RoutingPolicy::Paths::valiant || policy_.paths == RoutingPolicy::Paths::ugal;
  for (const Port& port : fabric.ports) {
    const int at = paths_.graph().of_vertex(port.at);
    if (port.node < nodes || detours) paths_.add_target(at);
    if (port.node >= nodes) continue;
    const auto index = static_cast<int>(ports_.size());
    ports_.push_back({port, at, !fabric.link(port.cable.up).failed && !fabric.link(port.cable.down).failed});
    if (ports_.back().works)
      ports_of_node_plane_[static_cast<std::size_t>(port.node * planes_ + port.plane)].push_back(index);
  }
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
  if (way.from >= 0) return way;
  // Both own planes are cut off: those that are left take turns, by node, so that each carries its part.
  std::vector<Way> left;
  for (int plane = 0; plane < planes_; ++plane) {
    way = try_way(port_in_plane(source, plane, position), port_in_plane(destination, plane, position));
    if (way.from >= 0) left.push_back(way);
  }
  if (left.empty()) return {};
  return left[static_cast<std::size_t>(from.node + to.node) % left.size()];
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
  paths_.append(port(way.from).at, port(way.to).at, out.endpoint, in.endpoint, share, route);
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

}  // namespace teapot
