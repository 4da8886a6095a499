#pragma once
// The switches of a fabric and the cables between them, packed for search.
// Knows neither GPUs nor policies; failed links are not in it.

#include <cstdint>
#include <vector>

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

  struct Arrival {
    int from = 0;  ///< a switch
    int cost = 1;
  };

  explicit SwitchGraph(const Fabric& fabric);

  int switches() const { return static_cast<int>(vertex_.size()); }
  int of_vertex(Vertex vertex) const { return of_vertex_[vertex]; }  ///< -1: not a switch
  Vertex vertex(int at) const { return vertex_[static_cast<std::size_t>(at)]; }
  const Neighbour* begin(int at) const { return neighbours_.data() + rows_[static_cast<std::size_t>(at)]; }
  const Neighbour* end(int at) const { return neighbours_.data() + rows_[static_cast<std::size_t>(at) + 1]; }
  /// Who reaches `at` by one cable: not always whom `at` reaches, where one direction of a cable has failed.
  const std::vector<Arrival>& arrivals(int at) const { return arrivals_[static_cast<std::size_t>(at)]; }
  bool each_costs_one() const { return each_costs_one_; }
  int link(int index) const { return links_[static_cast<std::size_t>(index)]; }  ///< index of Fabric::links

 private:
  std::vector<Vertex> vertex_;
  std::vector<int> of_vertex_;
  std::vector<std::size_t> rows_;
  std::vector<Neighbour> neighbours_;
  std::vector<int> links_;
  std::vector<std::vector<Arrival>> arrivals_;
  bool each_costs_one_ = true;
};

/// Cost of the cheapest way from every switch to `target`; `unreachable` where there is none. Failed links
/// may make it differ from the way back.
constexpr std::uint16_t unreachable = 0xffff;
std::vector<std::uint16_t> distances_to(const SwitchGraph& graph, int target);

}  // namespace teapot
