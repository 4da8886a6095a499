#pragma once
// Bytes of pairs under way, at the rates that SimGrid's max-min sharing gives them. Knows no collectives.
//
// SimGrid is asked as little as an exact answer allows. Pairs that it is told the same links of get the same rate for
// ever, whatever they have to send: they are one flow with their number as its weight (a bundle). And it is told of a
// pair only the links that hold it up: at first the slowest on its way. What it is not told of a link is taken off the
// link's rate. Whether links are kept is asked after each sharing, and told where not (told for all, `opened`): shares
// that keep every link, on which each pair has a full link where nobody has more, are the max-min fair ones.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <queue>
#include <utility>
#include <vector>

#include "sim/engine_shares.hpp"
#include "sim/pair_paths.hpp"

namespace teapot {

/// SimGrid's own precision: what happens so little apart happens at once.
inline constexpr double at_once_s = 1e-12;

class PairFlows {
 public:
  /// All must outlive it. `rates`: of links, in bytes a second.
  PairFlows(const PairPaths& paths, const std::vector<double>& rates, LinkShares& shares);

  /// Returns the number of the flow, which is free again once it has ended.
  int start(int path, double bytes, double now);
  /// Flows that have ended by now.
  void advance(double now, std::vector<int>& ended);
  /// Tells SimGrid what has changed. It shares anew before anything else happens.
  void tell();
  /// After SimGrid has shared: reads the rates. False if it has to share once more before time goes on.
  bool settle(double now);
  /// When the next flow ends, once settled; infinity if none will.
  double next_end();

 private:
  struct Flow {
    int path = -1;
    int bundle = -1;
    double end = 0;  // in bytes that its bundle has sent for each of its flows
  };
  struct Passing {
    int link;
    int flows;
  };
  struct Bundle {
    double rate = 0;  // of each flow, in bytes a second
    double sent = 0;  // bytes for each flow, at `at_s`
    double at_s = 0;
    double end_s = std::numeric_limits<double>::infinity();
    int share = -1;  // of LinkShares
    int component = -1;
    std::uint64_t seen = 0;
    std::uint32_t version = 0;  // of the component
    bool changed = false;
    std::vector<std::pair<double, int>> flows;  // heap: end, flow
    std::vector<Passing> passing;               // links that its flows cross and SimGrid is not told of
    std::vector<int> links;                     // told to SimGrid
    std::vector<char> opened;                   // by these: told to all, not a slowest one of the way
    std::vector<std::size_t> place;             // by these, in Link::bundles
  };
  struct OnLink {
    int bundle;
    std::size_t index;  // of the link among the bundle's
  };
  struct Link {
    double rate = 0;
    double given = 0;             // that SimGrid shares
    std::vector<OnLink> bundles;  // that SimGrid is told of here
    std::vector<int> passers;     // bundles that pass
    bool opened = false;
    double opened_s = -1;
    std::uint64_t seen = 0;
  };
  /// Bundles that share links directly or by others.
  struct Component {
    std::vector<int> bundles;
    bool live = false;
    std::uint32_t version = 0;
  };
  struct End {
    double end_s;
    int component;
    std::uint32_t version;
    bool operator>(const End& other) const {
      return end_s != other.end_s ? end_s > other.end_s : component > other.component;
    }
  };

  bool is_told(int path, std::size_t index) const;
  int bundle_of(int path);
  int new_bundle(int path);
  void put(int flow, double bytes, double now);
  void pass(int bundle, int path, int flows);
  void activate(int bundle);
  void deactivate(int bundle);
  void change(int bundle);
  void progress(Bundle& bundle, double now);
  void end_of(int bundle, double now, std::vector<int>& ended);
  void touch(int link);

  int new_component();
  void see(int link);
  void read_component(int link, double now);
  void read_rate(int bundle, double now);
  void drop(const Bundle& bundle);
  void drop(int component);
  bool give_what_is_left(double now);
  bool open_or_close(double now);
  bool is_kept(int link) const;
  bool may_close(const Link& link) const;
  void move(int link, const std::vector<int>& bundles, bool opened, double now);
  void open(int link, double now);
  void close(int link, double now);
  void open_all(double now);

  const PairPaths& paths_;
  LinkShares& shares_;
  std::vector<Link> links_;
  std::vector<double> passing_;  // by link: bytes a second of flows that SimGrid is not told of there
  std::vector<char> is_touched_;
  std::vector<Flow> flows_;
  std::vector<int> free_;
  std::vector<Bundle> bundles_;
  std::map<std::vector<int>, int> known_;  // by links told and how
  struct Last {
    int bundle = -1;
    std::uint64_t openings = 0;
  };
  std::vector<Last> last_;      // by path: its bundle, while none has been opened or closed
  std::uint64_t openings_ = 1;  // and closings
  std::vector<int> changed_;    // bundles that SimGrid has to hear of
  std::vector<int> seeds_;      // links whose shares have to be read again
  std::vector<int> touched_;    // links whose passing bytes have changed
  std::vector<int> asked_;      // links to look at once rates are final
  std::vector<int> stack_;
  std::vector<Component> components_;
  std::vector<int> free_components_;
  std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
  std::uint64_t round_ = 0;
  int rounds_ = 0;  // since rates were final
  bool opened_all_ = false;
};

}  // namespace teapot
