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
      paths_(fabric, fabric.policy),
      servers_(fabric, (gpus + fabric.gpus_per_node - 1) / fabric.gpus_per_node),
      failures_(std::any_of(fabric.links.begin(), fabric.links.end(), [](const auto& link) { return link.failed; })) {
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

/// The way between a GPU and a NIC port inside a damaged node; `route` may be null, to ask whether there is one.
bool Router::inside(int of, const Port& wired, Direction direction, double share, Route* route) const {
  const Vertex own = gpu(of).vertex;
  const auto links = direction == Direction::out ? servers_.path(gpu(of).node, own, wired.hub)
                                                 : servers_.path(gpu(of).node, wired.hub, own);
  if (!links) return false;
  if (route != nullptr)
    for (const int link : *links) route->push_back({link, share});
  return true;
}

bool Router::usable(int index, int of, Direction direction) const {
  if (!port(index).works) return false;
  return !servers_.damaged(gpu(of).node) || inside(of, port(index).wired, direction, 1, nullptr);
}

/// A usable port of the GPU's node in a plane: one of its own where it has one, otherwise a neighbour's; -1: none.
int Router::port_in_plane(int of, int plane, int position, Direction direction) const {
  const bool damaged = servers_.damaged(gpu(of).node);
  const auto& ports = ports_of_node_plane_[static_cast<std::size_t>(gpu(of).node * planes_ + plane)];
  const auto is_own = [&](int index) {
    return owns(port(index).wired, of) && (!damaged || usable(index, of, direction));
  };
  const auto pick = [&](const auto& fits, std::ptrdiff_t turn) {
    const auto count = std::count_if(ports.begin(), ports.end(), fits);
    if (count == 0) return -1;
    auto skip = turn % count;
    return *std::find_if(ports.begin(), ports.end(), [&](int index) { return fits(index) && skip-- == 0; });
  };
  const int own = pick(is_own, position);
  if (own >= 0 || (gpu(of).nvlink.up < 0 && !damaged)) return own;
  return pick([&](int index) { return !damaged || usable(index, of, direction); }, of % gpus_per_node_ / planes_);
}

Router::Way Router::choose(int source, int destination, int position) const {
  using Cross = RoutingPolicy::CrossPlane;
  const Gpu& from = gpu(source);
  const Gpu& to = gpu(destination);
  const int out = from.first_port + position % from.ports;
  const int in = to.first_port + position;
  const bool in_works = usable(in, destination, Direction::in);
  const bool out_works = usable(out, source, Direction::out);
  const int out_plane = port(out).wired.plane;
  const int in_plane = port(in).wired.plane;
  const auto try_way = [&](int a, int b) { return a >= 0 && b >= 0 && reach(a, b) ? Way{a, b} : Way{}; };

  Way way;
  if (policy_.cross_plane == Cross::network && in_works && out_works) way = try_way(out, in);
  if (way.from < 0 && policy_.cross_plane == Cross::destination && out_works)
    way = try_way(out, port_in_plane(destination, out_plane, position, Direction::in));
  if (way.from < 0 && in_works) way = try_way(port_in_plane(source, in_plane, position, Direction::out), in);
  if (way.from < 0 && out_works) way = try_way(out, port_in_plane(destination, out_plane, position, Direction::in));
  if (way.from >= 0) return way;
  // Both own planes are cut off: those that are left take turns, by node, so that each carries its part.
  std::vector<Way> left;
  for (int plane = 0; plane < planes_; ++plane) {
    way = try_way(port_in_plane(source, plane, position, Direction::out),
                  port_in_plane(destination, plane, position, Direction::in));
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
  if (servers_.damaged(out.node)) {
    inside(source, out, Direction::out, share, &route);
  } else {
    if (sender != source) {
      push(gpu(source).nvlink.up);
      push(gpu(sender).nvlink.down);
    }
    push(gpu(sender).bus.up);
  }
  push(out.cable.up);
  paths_.append(port(way.from).at, port(way.to).at, out.endpoint, in.endpoint, share, route);
  push(in.cable.down);
  if (servers_.damaged(in.node)) {
    inside(destination, in, Direction::in, share, &route);
    return;
  }
  push(gpu(receiver).bus.down);
  if (receiver != destination) {
    push(gpu(receiver).nvlink.up);
    push(gpu(destination).nvlink.down);
  }
}

/// Between two GPUs of one damaged node.
bool Router::append_inside(int source, int destination, Route& route) const {
  if (gpu(source).node != gpu(destination).node || !servers_.damaged(gpu(source).node)) return false;
  const auto links = servers_.path(gpu(source).node, gpu(source).vertex, gpu(destination).vertex);
  if (!links) return false;
  route.clear();
  for (const int link : *links) route.push_back({link, 1});
  return true;
}

void Router::fail_cut_off(int source, int destination) const {
  const bool alone = !failures_ && gpu(source).node == gpu(destination).node && gpu(source).nvlink.up < 0;
  throw ConfigError(fmt::format(
      "fabric {}: {} gpu-{}-{} off from gpu-{}-{}{}", fabric_name_, failures_ ? "failures cut" : "its links leave",
      gpu(source).node, source % gpus_per_node_, gpu(destination).node, destination % gpus_per_node_,
      alone ? "; nothing joins the GPUs of a node but a network that does not join their NICs: give "
              "nvlink_bandwidth, or a technology for it, such as nvlink-4"
      : !failures_ || gpu(source).node == gpu(destination).node
          ? ""
          : "; a job has to run without them: choose its nodes with deployment.placement, such as [0, 2], or let "
            "the GPUs have a second way (planes, nics_per_gpu)"));
}

Route Router::route(int source, int destination) const {
  Route route;
  if (source == destination) return route;
  const Gpu& from = gpu(source);
  const Gpu& to = gpu(destination);
  const bool scale_up = from.node == to.node && from.nvlink.up >= 0;
  if (scale_up && !servers_.damaged(from.node)) return {{from.nvlink.up, 1}, {to.nvlink.down, 1}};
  if (scale_up && append_inside(source, destination, route)) return route;
  route.reserve(16);
  for (int i = 0; i < to.ports; ++i) {
    const Way way = from.ports > 0 ? choose(source, destination, i) : Way{};
    if (way.from < 0) {
      if (append_inside(source, destination, route)) return route;
      fail_cut_off(source, destination);
    }
    append(way, source, destination, 1.0 / to.ports, route);
  }
  if (to.ports == 0) fail_cut_off(source, destination);
  if (to.ports > 1) merge_hops(route);
  return route;
}

}  // namespace teapot
