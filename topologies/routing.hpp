#pragma once
// Routes between GPUs of a fabric: which port a pair leaves by, which it arrives at, and the NVLink hops beside them.
// Knows no kind of fabric, and of the switches between only that Paths finds its way there.

#include <vector>

#include "sim/network.hpp"
#include "topologies/paths.hpp"
#include "topologies/server_paths.hpp"

namespace teapot {

/// Routes among the first `gpus` GPUs. Links are numbered as in Fabric::links.
class Router {
 public:
  Router(const Fabric& fabric, int gpus);
  /// Throws ConfigError where a failure has cut the pair off.
  Route route(int source, int destination) const;

 private:
  struct Way {  ///< out of one port and in at another
    int from = -1;
    int to = -1;
  };

  struct PluggedPort {
    Port wired;
    int at = 0;  ///< its switch in Paths::graph()
    bool works = true;
  };

  enum class Direction { out, in };  ///< of a GPU's node

  Way choose(int source, int destination, int position) const;
  int port_in_plane(int of, int plane, int position, Direction direction) const;
  /// A working port that the GPU can use; where its node is damaged not every port can be reached inside.
  bool usable(int port, int of, Direction direction) const;
  bool inside(int of, const Port& port, Direction direction, double share, Route* route) const;
  bool append_inside(int source, int destination, Route& route) const;
  [[noreturn]] void fail_cut_off(int source, int destination) const;
  bool reach(int from_port, int to_port) const { return paths_.reach(port(from_port).at, port(to_port).at); }
  void append(const Way& way, int source, int destination, double share, Route& route) const;

  const PluggedPort& port(int index) const { return ports_[static_cast<std::size_t>(index)]; }
  const Gpu& gpu(int index) const { return gpu_[static_cast<std::size_t>(index)]; }

  std::string fabric_name_;
  int gpus_per_node_ = 1;
  int planes_ = 0;
  RoutingPolicy policy_;
  std::vector<Gpu> gpu_;
  std::vector<PluggedPort> ports_;
  Paths paths_;
  ServerPaths servers_;
  bool failures_ = false;
  std::vector<std::vector<int>> ports_of_node_plane_;  // working ports, [node * planes + plane]
};

}  // namespace teapot
