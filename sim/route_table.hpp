#pragma once
// The routes between a program's endpoints in the form the fluid model reads: paths that many pairs share stand once,
// and so do links in series. Knows no transfers and no time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/shared_paths.hpp"

namespace teapot {

/// How a collective with this wire uses a link; a tier that the wire does not name, or no wire, is line rate.
Wire::Use use_of(const Wire* wire, const Link& link);

/// The routes of all pairs of endpoints of a program. Links that cross exactly the same pairs with the same shares (a
/// NIC and the PCIe link before it) stand in a route once, as the slowest of them for every collective of the program.
class RouteTable {
 public:
  RouteTable(const Network& network, const Program& program);

  /// Calls f(link, share) for each link that stands in the route.
  template <class F>
  void for_each_hop(int source, int destination, F&& f) const {
    const Row& row = rows_[static_cast<std::size_t>(source)];
    const Kind& kind = row.kinds[row.kind[static_cast<std::size_t>(destination)]];
    if (kind.first.link >= 0) f(kind.first.link, kind.first.share);
    paths_.for_each_hop(row.path[static_cast<std::size_t>(destination)], f);
  }
  /// What a wire adds where a path crosses a tier, by tier on the way; empty where it adds nothing.
  std::vector<double> tier_latencies_s(const Wire* wire) const;
  /// Of the path's links, and of the tier on it where the wire adds most.
  double latency_s(int source, int destination, const std::vector<double>& tier_latencies_s) const;
  /// The link that stands for this one.
  int stand_in(int link) const { return stand_in_[static_cast<std::size_t>(link)]; }
  int endpoints() const { return static_cast<int>(rows_.size()); }
  std::size_t links() const { return stand_in_.size(); }

 private:
  /// What many destinations of a source have in common.
  struct Kind {
    Hop first{-1, 1};         // link -1: none stands
    double latency_s = 0;     // of the links
    std::uint32_t tiers = 0;  // a bit for each tier of links on the way
    bool operator==(const Kind& other) const {
      return first.link == other.first.link && first.share == other.first.share && latency_s == other.latency_s &&
             tiers == other.tiers;
    }
  };
  struct Row {
    std::vector<Kind> kinds;
    std::vector<std::uint16_t> kind;    // by destination
    std::vector<SharedPaths::Id> path;  // by destination: the links after the first
  };

  int bit_of(const std::string& tier);
  void add_row(const Network& network, const Program& program, int source);
  void merge_series(const Network& network, const Program& program);

  std::vector<Row> rows_;
  SharedPaths paths_;
  std::vector<std::string> tiers_;  // by bit
  std::vector<int> stand_in_;
  std::vector<std::uint64_t> signature_;  // by link: of the pairs that cross it
};

}  // namespace teapot
