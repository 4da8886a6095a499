#pragma once
// Routes between the hosts of a fabric and its GPUs: over the host's bridge to a PCIe switch or the scale-up switch,
// and from another node on as one of the host's own GPUs. Knows no kind of fabric.

#include <memory>
#include <vector>

#include "topologies/routing.hpp"

namespace teapot {

class HostRoutes {
 public:
  /// Hosts of the nodes that the first `gpus` GPUs stand in.
  HostRoutes(const Fabric& fabric, int gpus);

  int hosts() const { return static_cast<int>(hosts_.size()); }
  const Host& host(int index) const { return hosts_[static_cast<std::size_t>(index)]; }
  /// Endpoints: GPUs first, then hosts. Throws ConfigError where a failure has cut the pair off.
  Route route(int source, int destination) const;

 private:
  /// The GPU of the host's node whose NIC the bytes take; in the node itself the GPU.
  int helper(const Host& host, int gpu) const;
  Route to_gpu(const Host& host, int gpu) const;
  Route from_gpu(int gpu, const Host& host) const;

  Router router_;
  int gpus_;
  int per_node_;
  std::vector<Gpu> gpu_;
  std::vector<Host> hosts_;
};

}  // namespace teapot
