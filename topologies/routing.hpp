#pragma once
// Routes between GPUs of a fabric: which port a pair leaves by, which it arrives at, and the switches between.
// Knows no kind of fabric; distances to each switch that has endpoints are computed once, routes when asked for.

#include <cstdint>
#include <vector>

#include "sim/network.hpp"
#include "topologies/fabric.hpp"

namespace teapot {

/// Links between switches, as rows: for each switch its neighbours, and for each neighbour the cables to it.
class SwitchGraph {
 public:
  struct Neighbour {
    int to = 0;          ///< a switch
    int first_link = 0;  ///< into links()
    int links = 0;       ///< parallel cables
    int cost = 1;
    int dimension = 0;
  };

  explicit SwitchGraph(const Fabric& fabric);

  int switches() const { return static_cast<int>(vertex_.size()); }
  int of_vertex(Vertex vertex) const { return of_vertex_[vertex]; }  ///< -1: not a switch
  Vertex vertex(int at) const { return vertex_[static_cast<std::size_t>(at)]; }
  const Neighbour* begin(int at) const { return neighbours_.data() + rows_[static_cast<std::size_t>(at)]; }
  const Neighbour* end(int at) const { return neighbours_.data() + rows_[static_cast<std::size_t>(at) + 1]; }
  int link(int index) const { return links_[static_cast<std::size_t>(index)]; }  ///< index of Fabric::links

 private:
  std::vector<Vertex> vertex_;
  std::vector<int> of_vertex_;
  std::vector<std::size_t> rows_;
  std::vector<Neighbour> neighbours_;
  std::vector<int> links_;
};

/// Cost of the cheapest way from every switch to `target`; `unreachable` where there is none. Cables have the same cost
/// in both directions.
constexpr std::uint16_t unreachable = 0xffff;
std::vector<std::uint16_t> distances_to(const SwitchGraph& graph, int target);

/// Adds up the shares of hops that name the same link; the first of them keeps its place.
void merge_hops(Route& route);

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
    int at = 0;  ///< switch of graph_
    bool works = true;
  };

  Way choose(int source, int destination, int position) const;
  int port_in_plane(int of, int plane, int position) const;
  bool reach(int from_port, int to_port) const;
  void append(const Way& way, int source, int destination, double share, Route& route) const;
  void append_switches(int from, int to, int address, double share, Route& route) const;
  const std::uint16_t* distances(int target) const;

  const PluggedPort& port(int index) const { return ports_[static_cast<std::size_t>(index)]; }
  const Gpu& gpu(int index) const { return gpu_[static_cast<std::size_t>(index)]; }

  std::string fabric_name_;
  int gpus_per_node_ = 1;
  int planes_ = 0;
  RoutingPolicy policy_;
  std::vector<Gpu> gpu_;
  std::vector<PluggedPort> ports_;
  SwitchGraph graph_;
  std::vector<int> target_of_switch_;                  // row of distance_, by switch; -1: no endpoint of interest
  std::vector<std::vector<std::uint16_t>> distance_;   // to each switch with endpoints, from every switch
  std::vector<std::vector<int>> ports_of_node_plane_;  // working ports, [node * planes + plane]
};

}  // namespace teapot
