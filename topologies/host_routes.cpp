// Puts a host's own links before or behind a GPU's route.
// Does not know how GPUs reach one another.

#include "topologies/host_routes.hpp"

#include "sim/index.hpp"

namespace teapot {
namespace {

void push(Route& route, int link) {
  if (link >= 0) route.push_back({link, 1});
}

}  // namespace

HostRoutes::HostRoutes(const Fabric& fabric, int gpus)
    : router_(fabric, gpus), gpus_(gpus), per_node_(fabric.gpus_per_node) {
  const int nodes = (gpus + per_node_ - 1) / per_node_;
  gpu_.assign(fabric.gpu.begin(), fabric.gpu.begin() + nodes * per_node_);
  for (const Host& host : fabric.hosts) {
    if (host.node < nodes) hosts_.push_back(host);
  }
}

int HostRoutes::helper(const Host& host, int gpu) const {
  return gpu_[at(gpu)].node == host.node ? gpu : host.node * per_node_ + gpu % per_node_;
}

Route HostRoutes::to_gpu(const Host& host, int gpu) const {
  Route route;
  push(route, host.memory.up);
  const int by = helper(host, gpu);
  if (host.scale_up.up >= 0) {
    push(route, host.scale_up.up);
    push(route, gpu_[at(by)].nvlink.down);
  } else {
    push(route, gpu_[at(by)].bridge.down);
    if (by == gpu) push(route, gpu_[at(by)].bus.down);
  }
  if (by == gpu) return route;
  for (const Hop& hop : router_.route(by, gpu)) {
    const bool at_hub = host.scale_up.up < 0 && hop.link == gpu_[at(by)].bus.up;  // it comes from the hub itself
    if (!at_hub) route.push_back(hop);
  }
  return route;
}

Route HostRoutes::from_gpu(int gpu, const Host& host) const {
  Route route;
  const int by = helper(host, gpu);
  if (by != gpu) {
    for (const Hop& hop : router_.route(gpu, by)) {
      const bool at_hub = host.scale_up.up < 0 && hop.link == gpu_[at(by)].bus.down;
      if (!at_hub) route.push_back(hop);
    }
  }
  if (host.scale_up.up >= 0) {
    push(route, gpu_[at(by)].nvlink.up);
    push(route, host.scale_up.down);
  } else {
    if (by == gpu) push(route, gpu_[at(by)].bus.up);
    push(route, gpu_[at(by)].bridge.up);
  }
  push(route, host.memory.down);
  return route;
}

Route HostRoutes::route(int source, int destination) const {
  if (source < gpus_ && destination < gpus_) return router_.route(source, destination);
  if (source >= gpus_ && destination >= gpus_) return {};  // hosts send one another nothing
  if (source >= gpus_) return to_gpu(hosts_[at(source - gpus_)], destination);
  return from_gpu(source, hosts_[at(destination - gpus_)]);
}

}  // namespace teapot
