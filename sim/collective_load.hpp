#pragma once
// What a collective puts on links: the only place that knows how copies become seconds of a link, and how pairs that
// share a link share what it carries. Pure; knows no time and nobody else on the links.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/route_table.hpp"

namespace teapot {

/// How long one copy keeps a link busy: bytes / (bandwidth * efficiency) + per_message.
Seconds time_of_copy(const Collective& collective, const Link& link);
/// For each link, in seconds.
std::vector<double> times_of_copy(const Collective& collective, const Network& network);

/// The matrix whose rows are those who start the pairs: what each rank sends or, with gets, from whom it fetches.
std::shared_ptr<const Traffic> started_by(const Collective& collective, Transposes& transposes);

/// The copies of one collective on links, rank by rank as they start.
class LinkCopies {
 public:
  /// `started`: of this collective (started_by). The table must outlive this.
  LinkCopies(const RouteTable& routes, const Collective& collective, const Traffic& started);

  /// Calls f(link, copies) for what the pairs of this rank add; a link may come several times. Each rank starts once.
  template <class F>
  void start(int rank, F&& f) {
    if (in_sums_) {
      routes_.for_each_load(rank, started_, sums_, f);
      return;
    }
    if (carry_ == Collective::Carry::each) {
      started_.for_each_receiver(rank, [&](int peer, double copies) {
        for_each_hop(rank, peer, [&](int link, double share) { f(link, copies * share); });
      });
      return;
    }
    // Of T tokens a part c / T goes to each peer; a link towards several peers carries those that go to any of them, in
    // the mean T (1 - product of (1 - c / T)). Where tokens are not told, the peers want the same: the most of any.
    const double tokens = started_.tokens;
    started_.for_each_receiver(rank, [&](int peer, double copies) {
      const int sharing = (carry_ == Collective::Carry::once) == by_sender_ ? rank : peer;
      for_each_hop(rank, peer, [&](int link, double share) {
        double& carried = carried_[static_cast<std::uint64_t>(sharing) << 32 | static_cast<std::uint32_t>(link)];
        const double more =
            tokens > 0 ? (tokens - carried) * std::min(1.0, copies * share / tokens) : copies * share - carried;
        if (!(more > 0)) return;
        f(link, more);
        carried += more;
      });
    });
  }
  /// Whether the copies of many ranks may be summed by destination first (BatchSums).
  bool in_parts() const { return in_sums_ && routes_.has_parts() && started_.short_counts(); }
  /// Whether sums over ranks are the same to the bit in whatever order, and may be taken away again.
  bool exact() const { return carry_ == Collective::Carry::each && started_.whole() && routes_.exact(); }
  const RouteTable& routes() const { return routes_; }
  const Traffic& started() const { return started_; }
  /// Calls f(link, share) along the way of the pair's bytes.
  template <class F>
  void for_each_hop(int starter, int peer, F&& f) const {
    by_sender_ ? routes_.for_each_hop(starter, peer, f) : routes_.for_each_hop(peer, starter, f);
  }

 private:
  const RouteTable& routes_;
  const Traffic& started_;
  Collective::Carry carry_;
  bool by_sender_;
  bool in_sums_;  // whole copies on single paths, put where they are wanted (RouteTable::for_each_load)
  RouteTable::Sums sums_;
  std::unordered_map<std::uint64_t, double> carried_;  // looked up only: by who shares and link, where pairs do
};

/// A whole collective, all entering at once.
struct CollectiveLoad {
  std::vector<double> copies;     ///< by link, on those that stand in routes (RouteTable::stand_in)
  std::vector<double> latency_s;  ///< by endpoint: the longest way to it from one that it waits for
};
CollectiveLoad load_of(const RouteTable& routes, const Collective& collective, const Traffic& started);

}  // namespace teapot
