#pragma once
// The routes of a program's ranks in the form the fluid model reads: flat arrays, links in series only once.
// Knows no transfers and no time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/network.hpp"
#include "sim/program.hpp"

namespace teapot {

/// How a collective with this wire uses a link; a tier that the wire does not name, or no wire, is line rate.
Wire::Use use_of(const Wire* wire, const Link& link);

/// The routes of all pairs of ranks as flat arrays. Links that cross exactly the same pairs with the same shares (a NIC
/// and the PCIe link before it) stand in a route once, as the slowest of them for every collective of the program.
class RouteTable {
 public:
  RouteTable(const Network& network, const Program& program);

  struct Row {
    std::vector<std::uint32_t> begin;  ///< ranks + 1 offsets
    std::vector<std::uint32_t> link;
    std::vector<float> share;          ///< empty where every share is 1
    std::vector<double> latency_s;     ///< by destination: of the links
    std::vector<std::uint32_t> tiers;  ///< by destination: a bit for each tier of links on the way
  };
  const Row& row(int source) const { return rows_[static_cast<std::size_t>(source)]; }
  /// What a wire adds where a path crosses a tier, by bit of Row::tiers; empty where it adds nothing.
  std::vector<double> tier_latencies_s(const Wire* wire) const;
  /// Of the path's links, and of the tier on it where the wire adds most.
  double latency_s(int source, int destination, const std::vector<double>& tier_latencies_s) const;
  /// The link that stands for this one.
  int stand_in(int link) const { return stand_in_[static_cast<std::size_t>(link)]; }

 private:
  int bit_of(const std::string& tier);
  void add_row(const Network& network, int ranks, int source);
  void merge_series(const Network& network, const Program& program);

  std::vector<Row> rows_;
  std::vector<std::string> tiers_;  // by bit
  std::vector<int> stand_in_;
  std::vector<std::uint64_t> signature_;  // by link: of the pairs that cross it
};

}  // namespace teapot
