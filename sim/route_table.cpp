// Collects routes, and finds links that stand for others.
// Does not know what is sent.

#include "sim/route_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "sim/index.hpp"
#include "sim/random.hpp"
#include "sim/route_number.hpp"

namespace teapot {

Wire::Use use_of(const Wire* wire, const Link& link) {
  if (wire == nullptr) return {};
  const auto use = wire->tiers.find(link.tier);
  return use == wire->tiers.end() ? Wire::Use{} : use->second;
}

std::vector<Wire::Use> uses_of(const Wire* wire, const std::vector<Link>& links) {
  std::vector<Wire::Use> uses;
  uses.reserve(links.size());
  std::vector<std::size_t> first_of_tier;  // a link of each: they are few, and neighbours are of one as a rule
  std::size_t found = 0;
  for (std::size_t l = 0; l < links.size(); ++l) {
    const auto is_of = [&](std::size_t tier) { return links[first_of_tier[tier]].tier == links[l].tier; };
    if (found >= first_of_tier.size() || !is_of(found)) {
      for (found = 0; found < first_of_tier.size() && !is_of(found);) ++found;
      if (found == first_of_tier.size()) first_of_tier.push_back(l);
    }
    uses.push_back(first_of_tier[found] == l ? use_of(wire, links[l]) : uses[first_of_tier[found]]);
  }
  return uses;
}

std::vector<double> RouteTable::tier_latencies_s(const Wire* wire) const {
  std::vector<double> latencies;
  if (wire == nullptr) return latencies;
  for (const auto& tier : tiers_) {
    const auto use = wire->tiers.find(tier);
    latencies.push_back(use == wire->tiers.end() ? 0 : use->second.latency.value);
  }
  if (std::all_of(latencies.begin(), latencies.end(), [](double latency) { return latency == 0; })) latencies.clear();
  return latencies;
}

double RouteTable::latency_s(int source, int destination, const std::vector<double>& tier_latencies_s) const {
  const Row& row = rows_[at(source)];
  const Kind& kind = row.kinds[bundles_[row.way(destination).bundle].kind];
  double latest = 0;
  for (std::size_t bit = 0; bit < tier_latencies_s.size(); ++bit) {
    if ((kind.tiers >> bit & 1U) != 0) latest = std::max(latest, tier_latencies_s[bit]);
  }
  return kind.latency_s + latest;
}

RouteTable::RouteTable(const Network& network, const Program& program, const UsedPairs& used)
    : signature_(network.links.size()) {
  Raw raw;
  raw.sources.resize(network.links.size());
  raw.last.assign(network.links.size(), -1);
  raw.tier.assign(network.links.size(), -1);
  for (const Link& link : network.links) raw.latency_s.push_back(link.latency.value);
  if (used.few()) {
    raw.partial = true;
    knows_all_pairs_ = false;
    for (int source = 0; source < program.endpoints(); ++source) {
      const auto& peers = used.peers(source);
      const Home span{peers.empty() ? source : std::min(source, peers.front()),
                      peers.empty() ? source : std::max(source, peers.back())};
      add_row(network, program, source, span, &peers, raw);
      // Sources under one leaf share what comes after their ways out, unless each pair's detours are its own.
      constexpr int several_leaves = 256;
      if (source == several_leaves) raw.rest.expect_no_more(static_cast<double>(source + 1) / program.endpoints());
    }
  } else {
    const std::vector<char> known = find_alike(network, program, raw);
    const Home all{0, program.endpoints() - 1};
    for (int source = 0; source < program.endpoints(); ++source) {
      add_row(network, program, source, known[at(source)] ? home_of(network, program.ranks, source) : all, nullptr,
              raw);
    }
  }
  merge_series(network, program);
  signature_ = {};
  cut(network, program.ranks, raw);
}

/// Kinds, middle and near links of a base follow from it and from who asks it for what.
bool RouteTable::operator==(const RouteTable& other) const {
  const auto same_row = [&](const Row& a, const Row& b) {
    const auto number = [](const RouteTable& table, const Row& row) {
      const auto found = std::find_if(table.bases_.begin(), table.bases_.end(),
                                      [&](const auto& base) { return base->data() == row.base; });
      return found - table.bases_.begin();
    };
    return a.kinds == b.kinds && a.first == b.first && a.own == b.own && number(*this, a) == number(other, b);
  };
  return knows_all_pairs_ == other.knows_all_pairs_ && stand_in_ == other.stand_in_ && tiers_ == other.tiers_ &&
         heads_ == other.heads_ && tails_ == other.tails_ && bundles_ == other.bundles_ &&
         std::equal(bases_.begin(), bases_.end(), other.bases_.begin(), other.bases_.end(),
                    [](const auto& a, const auto& b) { return *a == *b; }) &&
         std::equal(rows_.begin(), rows_.end(), other.rows_.begin(), other.rows_.end(), same_row);
}

int RouteTable::bit_of(const std::string& tier) {
  const auto found = std::find(tiers_.begin(), tiers_.end(), tier);
  if (found != tiers_.end()) return static_cast<int>(found - tiers_.begin());
  assert(tiers_.size() < 32);
  tiers_.push_back(tier);
  return static_cast<int>(tiers_.size()) - 1;
}

std::uint32_t RouteTable::tiers_of(const Network& network, const Route& route, std::vector<int>& bits) {
  std::uint32_t tiers = 0;
  for (const Hop& hop : route) {
    int& bit = bits[at(hop.link)];
    if (bit < 0) bit = bit_of(network.links[at(hop.link)].tier);
    tiers |= std::uint32_t{1} << bit;
  }
  return tiers;
}

namespace {

// A link's signature is the sum, over pairs that cross it, of products of these: pairs of many sources with many
// destinations are added at once. Odd, so that none is lost in the product.
std::uint64_t sign_of(std::uint64_t what, std::uint64_t value) { return mix(3 * value + what) | 1; }
std::uint64_t source_sign(int source) { return sign_of(0, static_cast<std::uint64_t>(source)); }
std::uint64_t destination_sign(int destination) { return sign_of(1, static_cast<std::uint64_t>(destination)); }
std::uint64_t share_sign(double share) { return sign_of(2, std::bit_cast<std::uint32_t>(static_cast<float>(share))); }

}  // namespace

/// Takes the routes of ranks that the network says are alike; returns whose they are.
std::vector<char> RouteTable::find_alike(const Network& network, const Program& program, Raw& raw) {
  std::vector<char> known(at(program.endpoints()));
  if (network.alike.empty() || !program.passive.empty()) return known;
  std::map<int, std::vector<int>> sources;
  for (int rank = 0; rank < program.ranks; ++rank) {
    if (network.alike[at(rank)] >= 0) sources[network.alike[at(rank)]].push_back(rank);
  }
  const auto tiers = [&](const Route& route) { return tiers_of(network, route, raw.tier); };
  for (const auto& [number, members] : sources) {
    if (members.size() < 3) continue;  // two are asked for all routes
    AlikeRoutes alike{network, program.ranks, members, raw.common, tiers};
    if (alike.members.empty()) continue;
    for (const int member : alike.members) known[at(member)] = 1;
    sign(network, program.ranks, alike, raw);
    raw.alike.push_back(std::move(alike));
  }
  return known;
}

/// Adds the pairs of alike sources with destinations that are not at home to the signatures of links.
void RouteTable::sign(const Network& network, int ranks, const AlikeRoutes& alike, Raw& raw) {
  std::vector<std::uint64_t> senders(at(ranks));  // by destination
  std::uint64_t all = 0;
  for (const int s : alike.members) all += source_sign(s);
  std::fill(senders.begin(), senders.end(), all);
  std::vector<std::uint64_t> of_kind(alike.kinds.size());
  for (int d = 0; d < ranks; ++d) of_kind[alike.kind[at(d)]] += destination_sign(d);
  for (std::size_t m = 0; m < alike.members.size(); ++m) {
    const int s = alike.members[m];
    const Home home = home_of(network, ranks, s);
    std::vector<std::uint64_t> receivers = of_kind;
    for (int d = home.first; d <= home.last; ++d) {
      senders[at(d)] -= source_sign(s);
      receivers[alike.kind[at(d)]] -= destination_sign(d);
    }
    for (std::size_t k = 0; k < receivers.size(); ++k) {
      for (const Hop& hop : alike.ways_out[m][k]) {
        signature_[at(hop.link)] += source_sign(s) * receivers[k] * share_sign(hop.share);
        if (std::exchange(raw.last[at(hop.link)], s) != s) ++raw.sources[at(hop.link)];
      }
    }
  }
  const int mark = -2 - static_cast<int>(raw.alike.size());
  for (int d = 0; d < ranks; ++d) {
    raw.common.for_each_hop(alike.rest[at(d)], [&](int link, double share) {
      signature_[at(link)] += senders[at(d)] * destination_sign(d) * share_sign(share);
      if (std::exchange(raw.last[at(link)], mark) != mark)
        raw.sources[at(link)] += static_cast<int>(alike.members.size());
    });
  }
}

void RouteTable::add_row(const Network& network, const Program& program, int source, Home destinations,
                         const std::vector<int>* only, Raw& raw) {
  const auto endpoint = [&](int e) {
    return e < program.ranks ? e : network.ranks() + program.passive[at(e - program.ranks)];
  };
  RawRow& row = raw.rows.emplace_back();
  row.begin = destinations.first;
  row.kind.reserve(at(destinations.last - destinations.first + 1));
  row.rest.reserve(at(destinations.last - destinations.first + 1));
  std::map<Kind, std::uint16_t> known;
  std::uint16_t last = 0;
  for (int d = destinations.first; d <= destinations.last; ++d) {
    Kind kind;
    Route route;
    const bool wanted = only == nullptr || std::binary_search(only->begin(), only->end(), d);
    if (d != source && wanted) route = network.route(endpoint(source), endpoint(d));
    const std::uint64_t pair = source_sign(source) * destination_sign(d);
    for (const Hop& hop : route) {
      kind.latency_s += hop.share * raw.latency_s[at(hop.link)];
      signature_[at(hop.link)] += pair * share_sign(hop.share);
      if (std::exchange(raw.last[at(hop.link)], source) != source) ++raw.sources[at(hop.link)];
    }
    kind.tiers = tiers_of(network, route, raw.tier);
    const Hop* const begin = route.data();
    const Hop* const end = begin + route.size();
    const Hop* const second = route.empty() ? end : begin + 1;
    kind.head = raw.first.add(begin, second);
    row.rest.push_back(raw.rest.add(second, end));
    row.kind.push_back(last = number_among(row.kinds, kind, known, last));
  }
}

void RouteTable::merge_series(const Network& network, const Program& program) {
  std::set<const Wire*> wires;
  for (const auto& op : program.operators) {
    if (const auto* collective = std::get_if<Collective>(&op.work)) wires.insert(collective->wire.get());
  }
  std::vector<std::vector<Wire::Use>> uses;  // by wire and link
  for (const Wire* wire : wires) uses.push_back(uses_of(wire, network.links));
  const auto never_faster = [&](int one, int other) {
    const Link& a = network.links[at(one)];
    const Link& b = network.links[at(other)];
    return std::all_of(uses.begin(), uses.end(), [&](const std::vector<Wire::Use>& of) {
      const Wire::Use& use_a = of[at(one)];
      const Wire::Use& use_b = of[at(other)];
      return a.bandwidth * use_a.efficiency <= b.bandwidth * use_b.efficiency && use_a.per_message >= use_b.per_message;
    });
  };
  std::map<std::uint64_t, int> slowest;  // by signature
  for (int l = 0; l < static_cast<int>(network.links.size()); ++l) {
    const auto [found, is_new] = slowest.emplace(signature_[at(l)], l);
    if (!is_new && !never_faster(found->second, l)) found->second = l;
  }
  for (int l = 0; l < static_cast<int>(network.links.size()); ++l) {
    const int stand_in = slowest.at(signature_[at(l)]);
    // The last one taken as the slowest need not be slower than all: those that are not behind it stand for themselves.
    const bool behind = never_faster(stand_in, l);
    stand_in_.push_back(behind ? stand_in : l);
  }
}

}  // namespace teapot
