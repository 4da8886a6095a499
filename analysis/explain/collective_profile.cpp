// Sums bytes along routes.
// Does not know when anything happened.

#include "analysis/explain/collective_profile.hpp"

#include <algorithm>
#include <string>

#include "sim/collective_support.hpp"
#include "sim/index.hpp"

namespace teapot {

CollectiveProfiles::CollectiveProfiles(const Network& network, const Program& program)
    : network_(network), routes_(network, program) {}

const CollectiveProfile& CollectiveProfiles::of(const Collective& collective) {
  const Key key{collective.traffic.get(), collective.reversed, collective.bytes_per_copy.value,
                collective.wire.get(),    collective.start,    collective.carry};
  const auto found = profiles_.find(key);
  return found != profiles_.end() ? found->second : profiles_.emplace(key, profile(collective)).first->second;
}

CollectiveProfile CollectiveProfiles::profile(const Collective& collective) {
  CollectiveProfile p;
  const bool fetched = collective.start == Collective::Start::receiver;
  const auto started = started_by(collective, transposes_);
  // A rank waits for those that send to it or, where it fetches, for nobody.
  p.received = fetched               ? std::make_shared<const Traffic>(all_to_all(one_group(started->ranks), 0))
               : collective.reversed ? collective.traffic
                                     : transposes_.of(collective.traffic);
  add_loads(collective, *started, p);
  find_slowest(collective, *started, p);
  find_bounds(p);
  return p;
}

void CollectiveProfiles::add_loads(const Collective& collective, const Traffic& started, CollectiveProfile& p) const {
  const CollectiveLoad load = load_of(routes_, collective, started);
  for (const double latency_s : load.latency_s) p.latency.push_back({latency_s});
  for (std::size_t l = 0; l < network_.links.size(); ++l) {
    const double carried = load.copies[at(routes_.stand_in(static_cast<int>(l)))];
    p.bytes.push_back(carried * collective.bytes_per_copy);
    p.busy.push_back(carried * time_of_copy(collective, network_.links[l]));
  }
}

void CollectiveProfiles::find_slowest(const Collective& collective, const Traffic& started,
                                      CollectiveProfile& p) const {
  const bool by_sender = collective.start == Collective::Start::sender;
  p.drain.assign(at(started.ranks), {});
  p.slowest.assign(at(started.ranks), -1);
  const auto see = [&](int rank, int link) {
    if (p.busy[at(link)] <= p.drain[at(rank)]) return;
    p.drain[at(rank)] = p.busy[at(link)];
    p.slowest[at(rank)] = link;
  };
  for (int rank = 0; rank < started.ranks; ++rank) {
    started.for_each_receiver(rank, [&](int peer, double) {
      routes_.for_each_hop(by_sender ? rank : peer, by_sender ? peer : rank, [&](int link, double) {
        see(rank, link);
        if (by_sender) see(peer, link);
      });
    });
  }
}

void CollectiveProfiles::find_bounds(CollectiveProfile& p) const {
  struct Tier {
    Seconds line, wire;
    double links = 0;
  };
  std::map<std::string, Tier> tiers;
  for (std::size_t l = 0; l < network_.links.size(); ++l) {
    if (!(p.bytes[l] > Bytes{})) continue;
    Tier& tier = tiers[network_.links[l].tier];
    tier.line += p.bytes[l] / network_.links[l].bandwidth;
    tier.wire += p.busy[l];
    tier.links += 1;
  }
  for (const auto& [name, tier] : tiers) {
    p.ideal = std::max(p.ideal, tier.line / tier.links);
    p.bound = std::max(p.bound, tier.wire / tier.links);
  }
}

namespace {

/// Who of a rank and those that it waits for came last.
class Latest {
 public:
  Latest(const Collective& collective, const Timeline& timeline, int op)
      : timeline_(timeline), op_(op), sends_(senders_of(*collective.traffic, collective.reversed)) {
    sends_.resize(at(timeline.ranks));
  }

  /// Of a rank that did not run it nothing is later: comparisons with NaN are false.
  bool later(int candidate, int than) const {
    return timeline_.start(op_, candidate) > timeline_.start(op_, than) ||
           // Who only receives has come when it pleased: the others are what it waits for.
           (sends_[at(candidate)] && !sends_[at(than)] &&
            timeline_.start(op_, candidate) >= timeline_.start(op_, than));
  }

 private:
  const Timeline& timeline_;
  int op_;
  std::vector<char> sends_;
};

}  // namespace

std::vector<int> last_to_enter(const Collective& collective, const CollectiveProfile& profile, const Timeline& timeline,
                               int op) {
  const int ranks = timeline.ranks;
  const Latest latest{collective, timeline, op};
  std::vector<int> last(at(ranks));
  if (waits_by_group(*collective.traffic, collective.start, ranks)) {
    const auto& groups = *collective.traffic->groups;
    std::vector<int> of_group(at(ranks), -1);
    for (int r = 0; r < ranks; ++r) {
      if (groups[at(r)] < 0) continue;
      int& known = of_group[at(groups[at(r)])];
      if (known < 0 || latest.later(r, known)) known = r;
    }
    for (int r = 0; r < ranks; ++r) {
      const int known = groups[at(r)] < 0 ? r : of_group[at(groups[at(r)])];
      last[at(r)] = latest.later(known, r) ? known : r;
    }
    return last;
  }
  for (int r = 0; r < ranks; ++r) {
    last[at(r)] = r;
    profile.received->for_each_receiver(r, [&](int sender, double) {
      if (latest.later(sender, last[at(r)])) last[at(r)] = sender;
    });
  }
  return last;
}

}  // namespace teapot
