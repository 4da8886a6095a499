#pragma once
// The routes between a program's endpoints in the form the fluid model reads: ways that many pairs share stand once,
// and so do links in series. Knows no transfers and no time.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/alike_routes.hpp"
#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/random.hpp"
#include "sim/shared_paths.hpp"
#include "sim/used_pairs.hpp"

namespace teapot {

/// How a collective with this wire uses a link; a tier that the wire does not name, or no wire, is line rate.
Wire::Use use_of(const Wire* wire, const Link& link);
/// The same for each link.
std::vector<Wire::Use> uses_of(const Wire* wire, const std::vector<Link>& links);

/// The routes of all pairs of endpoints of a program, or of those that it uses where they are few. Links that cross
/// exactly the same pairs with the same shares (a NIC and the PCIe link before it) stand in a route once, as the
/// slowest of them for every collective of the program.
class RouteTable {
 public:
  RouteTable(const Network& network, const Program& program) : RouteTable(network, program, UsedPairs{program}) {}
  /// The same where it is known which pairs the program uses.
  RouteTable(const Network& network, const Program& program, const UsedPairs& used);

  /// Whether all that is asked of both is the same: routes, latencies and which links stand for others.
  bool operator==(const RouteTable& other) const;
  /// Calls f(link, share) for each link that stands in the route.
  template <class F>
  void for_each_hop(int source, int destination, F&& f) const {
    const Row& row = rows_[static_cast<std::size_t>(source)];
    const Way& way = row.way(destination);
    const Bundle& bundle = bundles_[way.bundle];
    heads_.for_each_hop(row.kinds[bundle.kind].head, f);
    tails_.for_each_hop(bundle.links, f);
    if (way.last >= 0) f(way.last, 1.0);
  }
  /// Sums of copies, kept between calls so that they need not be made each time.
  struct Sums {
    std::vector<double> of_bundle, of_kind;
    std::vector<std::uint32_t> bundles;  // room for those that are not zero
  };
  /// Calls f(link, copies) for what the source sends: as for_each_hop for each receiver, but what several receivers
  /// share of the way is walked once with their sum. The same to the bit where copies are whole and no route spreads:
  /// sums of whole numbers do not depend on their order.
  template <class F>
  void for_each_load(int source, const Traffic& sent, Sums& sums, F&& f) const {
    const Row& row = rows_[static_cast<std::size_t>(source)];
    sums.of_bundle.resize(bundles_.size());
    sums.of_kind.assign(row.kinds.size(), 0.0);
    // Whether a bundle has a sum already is as good as random: the next place is written either way.
    sums.bundles.resize(static_cast<std::size_t>(endpoints()) + 1);
    double* const of_bundle = sums.of_bundle.data();
    std::uint32_t* next = sums.bundles.data();
    sent.for_each_receiver(source, [&](int destination, double copies) {
      const Way& way = row.way(destination);
      if (way.last >= 0) f(way.last, copies);
      const double sum = of_bundle[way.bundle];
      *next = way.bundle;
      next += sum == 0 ? 1 : 0;
      of_bundle[way.bundle] = sum + copies;
    });
    for (const std::uint32_t* b = sums.bundles.data(); b < next; ++b) {
      const double copies = std::exchange(of_bundle[*b], 0.0);
      sums.of_kind[bundles_[*b].kind] += copies;
      tails_.for_each_hop(bundles_[*b].links, [&](int link, double) { f(link, copies); });
    }
    for (std::size_t k = 0; k < sums.of_kind.size(); ++k) {
      const double copies = sums.of_kind[k];
      if (copies > 0) heads_.for_each_hop(row.kinds[k].head, [&](int link, double) { f(link, copies); });
    }
  }
  /// A source's routes to those that are not at home, in parts: links out, by kind; links that sources nearby share;
  /// and at most two that nothing but what goes to the destination crosses, of which all routes end in the last one.
  struct Parts {
    const std::uint8_t* kind;   // by destination
    const int* middle;          // by destination, middle_links() for each; none: links()
    const std::uint32_t* near;  // by destination: all bits where its near link is on the way, else none
    int home, beyond;           // those at home, from the first to the one after the last
  };
  /// Whether all routes have such parts: no path spreads, every endpoint has one last link, and kinds are few.
  bool has_parts() const { return !finals_.empty(); }
  Parts parts(int source) const {
    const Row& row = rows_[static_cast<std::size_t>(source)];
    return {row.kind, row.middle, row.near, row.first, row.first + static_cast<int>(row.own.size())};
  }
  std::size_t kinds(int source) const { return rows_[static_cast<std::size_t>(source)].kinds.size(); }
  int final_link(int destination) const { return finals_[static_cast<std::size_t>(destination)]; }
  int near_link(int destination) const { return nears_[static_cast<std::size_t>(destination)]; }
  template <class F>
  void for_each_out(int source, std::size_t kind, F&& f) const {
    heads_.for_each_hop(rows_[static_cast<std::size_t>(source)].kinds[kind].head, [&](int link, double) { f(link); });
  }
  static constexpr std::size_t most_middle_links = 3;
  std::size_t middle_links() const { return middle_links_; }
  /// Whether pairs that the program does not use have routes, too.
  bool knows_all_pairs() const { return knows_all_pairs_; }
  /// Whether a pair's bytes may take several paths at once.
  bool spreads() const { return heads_.spread() || tails_.spread(); }
  /// Whether sums of whole copies on links do not depend on their order, however routes spread.
  bool exact() const { return heads_.exact() && tails_.exact(); }
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
  /// What follows on the head, but for the last link: of many destinations, and of sources that number kinds alike.
  struct Bundle {
    std::uint32_t kind = 0;     // index into Row::kinds
    SharedPaths::Id links = 0;  // in tails_
    bool operator==(const Bundle&) const = default;
    struct Hash {
      std::size_t operator()(const Bundle& bundle) const {
        return mix(std::uint64_t{bundle.links} << 32 | std::uint64_t{bundle.kind});
      }
    };
  };
  /// To one destination. Each has a last link of its own, so that only bundles need sums.
  struct Way {
    std::uint32_t bundle = 0;
    std::int32_t last = -1;  // -1: there is none, or the way spreads
    bool operator==(const Way&) const = default;
  };
  /// By destination: shared by sources whose ways differ at home only.
  using Base = std::vector<Way>;
  struct Row {
    std::vector<Kind> kinds;
    const Way* base = nullptr;
    const std::uint8_t* kind = nullptr;  // of `base`, where there are parts
    const int* middle = nullptr;
    const std::uint32_t* near = nullptr;
    int first = 0;         // the first destination at home
    std::vector<Way> own;  // to those at home
    const Way& way(int destination) const {
      const auto at_home = static_cast<std::size_t>(static_cast<unsigned>(destination - first));
      return at_home < own.size() ? own[at_home] : base[destination];
    }
  };
  /// A source's routes as they are first stored: to all, or to those at home.
  struct RawRow {
    int begin = 0;
    std::vector<Kind> kinds;
    std::vector<std::uint16_t> kind;    // by destination from `begin` on
    std::vector<SharedPaths::Id> rest;  // likewise
  };
  /// Routes as the network gives them, cut after the first hop.
  struct Raw {
    SharedPaths first, rest;
    SharedPaths common;  // what follows on the ways out of those that are alike
    std::vector<AlikeRoutes> alike;
    std::vector<int> sources;       // by link: how many send over it
    std::vector<int> last;          // by link: the last of them
    std::vector<int> tier;          // by link: its bit; -1: on no route so far
    std::vector<double> latency_s;  // by link
    std::vector<RawRow> rows;
    bool partial = false;  // rows hold what is used alone, and share nothing
  };

  int bit_of(const std::string& tier);
  std::uint32_t tiers_of(const Network& network, const Route& route, std::vector<int>& bits);
  std::vector<char> find_alike(const Network& network, const Program& program, Raw& raw);
  /// `only`: the destinations that are asked for; null: all.
  void add_row(const Network& network, const Program& program, int source, Home destinations,
               const std::vector<int>* only, Raw& raw);
  void sign(const Network& network, int ranks, const AlikeRoutes& alike, Raw& raw);
  void merge_series(const Network& network, const Program& program);
  /// Rests of routes in two parts: links that few sources use, and what is shared with all sources nearby.
  struct CutRests {
    struct Parts {
      SharedPaths::Id head = 0, links = 0;
      std::int32_t last = -1;  // behind `links`
    };
    std::vector<Parts> parts;  // by rest; of those that came again
    SharedPaths near;
    const std::vector<int>& sources;
    int few;
    std::vector<Hop> hops, kept;  // of the last one: room for the next
  };
  bool stands(int link) const { return stand_in(link) == link; }
  /// `few`: the most sources of a link that counts as near; none does at 0.
  CutRests cut_rests(SharedPaths& rests, const std::vector<int>& sources, int few);
  /// `in_place`: where the hops stand in tails_; null: elsewhere.
  CutRests::Parts cut_rest(const std::vector<Hop>& hops, CutRests& cut, const SharedPaths::Id* in_place);
  CutRests::Parts cut_in_place(SharedPaths::Id id, CutRests& cut);
  CutRests::Parts parts_of(SharedPaths::Id rest, CutRests& cut);
  void cut(const Network& network, int ranks, Raw& raw);
  void add_alike(int ranks, const AlikeRoutes& alike, const CutRests& rests);
  std::uint32_t number_of(const Bundle& bundle, bool may_be_known = true);
  SharedPaths::Id head_of(const std::vector<Hop>& first, const std::vector<Hop>& more);
  Base ways_of(int source, const RawRow& raw, CutRests& rests, const std::vector<std::vector<Hop>>& firsts);
  void share(const Network& network, int ranks, int source, const Base& ways);
  void find_parts();
  /// Of a base: the destinations that some source asks it for.
  using Asked = std::vector<std::pair<const Way*, std::vector<char>>>;
  Asked asked() const;
  bool find_finals(const Asked& bases);
  void find_nears(const Asked& bases);
  /// Links of the way there between those out and the near one.
  std::vector<int> middle_of(const Way& way, std::size_t destination) const;
  struct Middle {
    std::vector<int> links;  // [destination * middle_links_ + hop]
    std::vector<std::uint32_t> near;
    bool operator==(const Middle&) const = default;
  };
  Middle middle_of(const Way* ways, const std::vector<char>& asked) const;

  bool knows_all_pairs_ = true;
  std::vector<Row> rows_;
  SharedPaths heads_, tails_;
  std::vector<Bundle> bundles_;
  std::unordered_map<Bundle, std::uint32_t, Bundle::Hash> bundle_numbers_;
  std::vector<std::unique_ptr<Base>> bases_;
  std::vector<std::unique_ptr<std::vector<std::uint8_t>>> kinds_;  // of bases, for Row::kind
  std::vector<std::unique_ptr<Middle>> middles_;                   // each once
  std::size_t middle_links_ = 0;
  std::vector<int> finals_, nears_;  // by endpoint; none: no parts; no near link: -1
  std::vector<std::string> tiers_;   // by bit
  std::vector<int> stand_in_;
  std::vector<std::uint64_t> signature_;  // by link: of the pairs that cross it
};

}  // namespace teapot
