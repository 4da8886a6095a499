// Sums bytes along routes.
// Does not know when anything happened.

#include "analysis/explain/collective_profile.hpp"

#include <algorithm>
#include <string>

namespace teapot {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

// The engine lets a rank with so many peers wait for its whole group (sim/fabric_model.cpp); so does this account.
constexpr std::size_t dense_receivers = 64;

}  // namespace

CollectiveProfiles::CollectiveProfiles(const Network& network, const Program& program)
    : network_(network), ranks_(program.ranks), routes_(network, program) {}

const CollectiveProfile& CollectiveProfiles::of(const Collective& collective) {
  const Key key{collective.traffic.get(), collective.reversed, collective.bytes_per_copy.value, collective.wire.get()};
  const auto found = profiles_.find(key);
  return found != profiles_.end() ? found->second : profiles_.emplace(key, profile(collective)).first->second;
}

std::shared_ptr<const Traffic> CollectiveProfiles::turned(const std::shared_ptr<const Traffic>& traffic) {
  if (last_traffic_ != traffic) {  // dispatch and combine of one exchange follow each other
    last_traffic_ = traffic;
    last_turned_ = std::make_shared<const Traffic>(transposed(*traffic));
  }
  return last_turned_;
}

CollectiveProfile CollectiveProfiles::profile(const Collective& collective) {
  CollectiveProfile p;
  const auto other = turned(collective.traffic);
  const Traffic& sent = collective.reversed ? *other : *collective.traffic;
  p.received = collective.reversed ? collective.traffic : other;
  add_loads(collective, sent, p);
  find_slowest(sent, p);
  find_bounds(p);
  return p;
}

void CollectiveProfiles::add_loads(const Collective& collective, const Traffic& sent, CollectiveProfile& p) const {
  std::vector<double> copies(network_.links.size(), 0.0);
  p.latency.assign(at(ranks_), {});
  const std::vector<double> of_tiers = routes_.tier_latencies_s(collective.wire.get());
  for (int source = 0; source < ranks_; ++source) {
    const auto& row = routes_.row(source);
    sent.for_each_receiver(source, [&](int d, double count) {
      for (auto i = row.begin[at(d)]; i < row.begin[at(d) + 1]; ++i) {
        copies[row.link[i]] += row.share.empty() ? count : count * static_cast<double>(row.share[i]);
      }
      p.latency[at(d)] = std::max(p.latency[at(d)], Seconds{routes_.latency_s(source, d, of_tiers)});
    });
  }
  p.bytes.resize(network_.links.size());
  p.busy.resize(network_.links.size());
  for (std::size_t l = 0; l < network_.links.size(); ++l) {
    const double carried = copies[at(routes_.stand_in(static_cast<int>(l)))];
    const Wire::Use use = use_of(collective.wire.get(), network_.links[l]);
    p.bytes[l] = carried * collective.bytes_per_copy;
    p.busy[l] =
        carried * (collective.bytes_per_copy / (network_.links[l].bandwidth * use.efficiency) + use.per_message);
  }
}

void CollectiveProfiles::find_slowest(const Traffic& sent, CollectiveProfile& p) const {
  p.drain.assign(at(ranks_), {});
  p.slowest.assign(at(ranks_), -1);
  const auto see = [&](int rank, int link) {
    if (p.busy[at(link)] <= p.drain[at(rank)]) return;
    p.drain[at(rank)] = p.busy[at(link)];
    p.slowest[at(rank)] = link;
  };
  for (int source = 0; source < ranks_; ++source) {
    const auto& row = routes_.row(source);
    sent.for_each_receiver(source, [&](int d, double) {
      for (auto i = row.begin[at(d)]; i < row.begin[at(d) + 1]; ++i) {
        see(source, static_cast<int>(row.link[i]));
        see(d, static_cast<int>(row.link[i]));
      }
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

std::vector<int> last_to_enter(const Collective& collective, const CollectiveProfile& profile, const Timeline& timeline,
                               int op) {
  const int ranks = timeline.ranks;
  // Of a rank that did not run it nothing is later: comparisons with NaN are false.
  const auto later = [&](int candidate, int than) { return timeline.start(op, candidate) > timeline.start(op, than); };
  std::vector<int> last(at(ranks));
  if (collective.traffic->pairs() >= dense_receivers * at(ranks)) {
    const auto& groups = *collective.traffic->groups;
    std::vector<int> of_group(at(ranks), -1);
    for (int r = 0; r < ranks; ++r) {
      if (groups[at(r)] < 0) continue;
      int& known = of_group[at(groups[at(r)])];
      if (known < 0 || later(r, known)) known = r;
    }
    for (int r = 0; r < ranks; ++r) {
      const int known = groups[at(r)] < 0 ? r : of_group[at(groups[at(r)])];
      last[at(r)] = later(known, r) ? known : r;
    }
    return last;
  }
  for (int r = 0; r < ranks; ++r) {
    last[at(r)] = r;
    profile.received->for_each_receiver(r, [&](int sender, double) {
      if (later(sender, last[at(r)])) last[at(r)] = sender;
    });
  }
  return last;
}

}  // namespace teapot
