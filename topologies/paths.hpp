#pragma once
// Paths between switches under a routing policy, as links with shares.
// Knows neither GPUs nor NICs.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "sim/network.hpp"
#include "topologies/switch_graph.hpp"

namespace teapot {

/// Adds up the shares of hops that name the same link; the first of them keeps its place.
void merge_hops(Route& route);

class Paths {
 public:
  Paths(const Fabric& fabric, const RoutingPolicy& policy);

  /// Distances to a switch must be asked for before paths to it are.
  void add_target(int target);
  bool reach(int from, int to) const { return distances(to)[from] != unreachable; }
  /// Appends the links from one switch to another. The endpoints' numbers tell flows apart: static routing looks at the
  /// destination only, ecmp at both.
  void append(int from, int to, int source_endpoint, int destination_endpoint, double share, Route& route) const;

  const SwitchGraph& graph() const { return graph_; }

 private:
  const std::uint16_t* distances(int target) const {
    return distance_[static_cast<std::size_t>(row_of_target_[static_cast<std::size_t>(target)])].data();
  }
  void append_static(int from, int to, int address, double share, Route& route) const;
  void append_hashed(int from, int to, std::uint64_t flow, double share, Route& route) const;
  void append_spread(int from, int to, double share, Route& route) const;
  void append_detour(int from, int to, std::uint64_t flow, double share, Route& route) const;
  Route spread(int from, int to) const;
  double minimal_share(int from, int to, std::uint64_t flow) const;
  int detour(int from, int to, std::uint64_t flow, int number) const;
  const SwitchGraph::Neighbour* only_step(int from, int to) const;

  RoutingPolicy policy_;
  SwitchGraph graph_;
  std::vector<int> row_of_target_;  // -1: not a target
  std::vector<int> target_of_row_;
  std::vector<std::vector<std::uint16_t>> distance_;

  // Spreading depends on the two switches only, and is asked for by every pair of endpoints behind them.
  struct Known {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, Route> routes;
  };
  std::unique_ptr<Known> known_ = std::make_unique<Known>();

  // Paths go from switch to switch over and over, most often with one cable to take: by row of the target and
  // switch, the place of that neighbour among the switch's and 2; 1: there are several; 0: nobody has asked.
  mutable std::vector<std::unique_ptr<std::atomic<std::uint16_t>[]>> only_step_;
};

}  // namespace teapot
