#pragma once
// The routes between a program's endpoints in the form the fluid model reads: ways that many pairs share stand once,
// and so do links in series. Knows no transfers and no time.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
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
    heads_.for_each_hop(kind.head, f);
    tails_.for_each_hop(row.tail[static_cast<std::size_t>(destination)], f);
  }
  /// Calls f(link, copies) for what the source sends: as for_each_hop for each receiver, but a way out that several
  /// share is walked once with their sum. The same to the bit where copies are whole and no route spreads: sums of
  /// whole numbers do not depend on their order. `sums`: scratch, kept between calls.
  template <class F>
  void for_each_load(int source, const Traffic& sent, std::vector<double>& sums, F&& f) const {
    const Row& row = rows_[static_cast<std::size_t>(source)];
    sums.assign(row.kinds.size(), 0.0);
    sent.for_each_receiver(source, [&](int destination, double copies) {
      sums[row.kind[static_cast<std::size_t>(destination)]] += copies;
      tails_.for_each_hop(row.tail[static_cast<std::size_t>(destination)], [&](int link, double) { f(link, copies); });
    });
    for (std::size_t k = 0; k < sums.size(); ++k) {
      if (sums[k] > 0) heads_.for_each_hop(row.kinds[k].head, [&](int link, double) { f(link, sums[k]); });
    }
  }
  /// Whether a pair's bytes may take several paths at once.
  bool spreads() const { return heads_.spread() || tails_.spread(); }
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
    SharedPaths::Id head = 0;  // the links of the way out that few other sources use
    std::uint32_t tiers = 0;   // a bit for each tier of links on the way
    double latency_s = 0;      // of the links
    auto operator<=>(const Kind&) const = default;
  };
  struct Row {
    std::vector<Kind> kinds;
    std::vector<std::uint16_t> kind;    // by destination
    std::vector<SharedPaths::Id> tail;  // by destination: the rest
  };
  /// Routes as the network gives them, cut after the first hop.
  struct Raw {
    SharedPaths first, rest;
    std::vector<int> sources;  // by link: how many send over it
    std::vector<int> last;     // by link: the last of them
  };

  int bit_of(const std::string& tier);
  void add_row(const Network& network, const Program& program, int source, Raw& raw);
  void merge_series(const Network& network, const Program& program);
  /// Rests of routes in two parts: links that few sources use, and what is shared with all sources nearby.
  struct CutRests {
    struct Parts {
      SharedPaths::Id head, tail;
    };
    std::vector<Parts> parts;  // by rest
    SharedPaths near;
  };
  bool stands(int link) const { return stand_in(link) == link; }
  CutRests cut_rests(const Raw& raw);
  void cut(const Raw& raw);
  std::uint16_t number_of(Row& row, const Kind& kind, std::map<Kind, std::uint16_t>& known) const;

  std::vector<Row> rows_;
  SharedPaths heads_, tails_;
  std::vector<std::string> tiers_;  // by bit
  std::vector<int> stand_in_;
  std::vector<std::uint64_t> signature_;  // by link: of the pairs that cross it
};

}  // namespace teapot
