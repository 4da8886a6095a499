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

namespace teapot {

Wire::Use use_of(const Wire* wire, const Link& link) {
  if (wire == nullptr) return {};
  const auto use = wire->tiers.find(link.tier);
  return use == wire->tiers.end() ? Wire::Use{} : use->second;
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
  const Kind& kind = row.kinds[row.kind[at(destination)]];
  double latest = 0;
  for (std::size_t bit = 0; bit < tier_latencies_s.size(); ++bit) {
    if ((kind.tiers >> bit & 1U) != 0) latest = std::max(latest, tier_latencies_s[bit]);
  }
  return kind.latency_s + latest;
}

RouteTable::RouteTable(const Network& network, const Program& program) : signature_(network.links.size()) {
  Raw raw;
  raw.sources.resize(network.links.size());
  raw.last.assign(network.links.size(), -1);
  for (int source = 0; source < program.endpoints(); ++source) add_row(network, program, source, raw);
  merge_series(network, program);
  signature_ = {};
  cut(raw);
}

int RouteTable::bit_of(const std::string& tier) {
  const auto found = std::find(tiers_.begin(), tiers_.end(), tier);
  if (found != tiers_.end()) return static_cast<int>(found - tiers_.begin());
  assert(tiers_.size() < 32);
  tiers_.push_back(tier);
  return static_cast<int>(tiers_.size()) - 1;
}

std::uint16_t RouteTable::number_of(Row& row, const Kind& kind, std::map<Kind, std::uint16_t>& known) const {
  if (!row.kind.empty() && row.kinds[row.kind.back()] == kind) return row.kind.back();  // most often
  assert(row.kinds.size() < std::numeric_limits<std::uint16_t>::max());
  const auto [found, is_new] = known.try_emplace(kind, static_cast<std::uint16_t>(row.kinds.size()));
  if (is_new) row.kinds.push_back(kind);
  return found->second;
}

void RouteTable::add_row(const Network& network, const Program& program, int source, Raw& raw) {
  const auto endpoint = [&](int e) {
    return e < program.ranks ? e : network.ranks() + program.passive[at(e - program.ranks)];
  };
  Row& row = rows_.emplace_back();
  std::map<Kind, std::uint16_t> known;
  for (int d = 0; d < program.endpoints(); ++d) {
    Kind kind;
    Route route;
    if (d != source) route = network.route(endpoint(source), endpoint(d));
    const std::uint64_t pair = mix(static_cast<std::uint64_t>(source) << 32 | static_cast<std::uint64_t>(d));
    for (const Hop& hop : route) {
      kind.latency_s += hop.share * network.links[at(hop.link)].latency.value;
      kind.tiers |= std::uint32_t{1} << bit_of(network.links[at(hop.link)].tier);
      signature_[at(hop.link)] += mix(pair + std::bit_cast<std::uint64_t>(hop.share));
      if (std::exchange(raw.last[at(hop.link)], source) != source) ++raw.sources[at(hop.link)];
    }
    const Hop* const begin = route.data();
    const Hop* const end = begin + route.size();
    const Hop* const second = route.empty() ? end : begin + 1;
    kind.head = raw.first.add(begin, second);
    row.tail.push_back(raw.rest.add(second, end));
    row.kind.push_back(number_of(row, kind, known));
  }
}

void RouteTable::merge_series(const Network& network, const Program& program) {
  std::set<const Wire*> wires;
  for (const auto& op : program.operators) {
    if (const auto* collective = std::get_if<Collective>(&op.work)) wires.insert(collective->wire.get());
  }
  const auto never_faster = [&](const Link& a, const Link& b) {
    return std::all_of(wires.begin(), wires.end(), [&](const Wire* wire) {
      const Wire::Use use_a = use_of(wire, a);
      const Wire::Use use_b = use_of(wire, b);
      return a.bandwidth * use_a.efficiency <= b.bandwidth * use_b.efficiency && use_a.per_message >= use_b.per_message;
    });
  };
  std::map<std::uint64_t, int> slowest;  // by signature
  for (int l = 0; l < static_cast<int>(network.links.size()); ++l) {
    const auto [found, is_new] = slowest.emplace(signature_[at(l)], l);
    if (!is_new && !never_faster(network.links[at(found->second)], network.links[at(l)])) found->second = l;
  }
  for (int l = 0; l < static_cast<int>(network.links.size()); ++l) {
    const int stand_in = slowest.at(signature_[at(l)]);
    // The last one taken as the slowest need not be slower than all: those that are not behind it stand for themselves.
    const bool behind = never_faster(network.links[at(stand_in)], network.links[at(l)]);
    stand_in_.push_back(behind ? stand_in : l);
  }
}

/// Cuts each rest where the links end that few sources use, and leaves only links that stand.
RouteTable::CutRests RouteTable::cut_rests(const Raw& raw) {
  constexpr int few = 16;
  CutRests cut{std::vector<CutRests::Parts>(raw.rest.end()), {}};
  const auto near = [&](const Hop& hop) { return raw.sources[at(hop.link)] <= few; };
  std::vector<Hop> kept;
  raw.rest.for_each_list([&](SharedPaths::Id id, const std::vector<Hop>& hops) {
    const auto far = static_cast<std::size_t>(std::find_if_not(hops.begin(), hops.end(), near) - hops.begin());
    const auto filtered = [&](std::size_t from, std::size_t to) {
      kept.clear();
      for (std::size_t i = from; i < to; ++i) {
        if (stands(hops[i].link)) kept.push_back(hops[i]);
      }
    };
    filtered(0, far);
    cut.parts[id].head = cut.near.add(kept.data(), kept.data() + kept.size());
    filtered(far, hops.size());
    cut.parts[id].tail = tails_.add(kept.data(), kept.data() + kept.size());
  });
  return cut;
}

/// Leaves only links that stand, and cuts each route where the links end that few sources use: a source's ways out are
/// few, and what comes after them is shared with all sources nearby.
void RouteTable::cut(const Raw& raw) {
  std::vector<std::vector<Hop>> firsts(raw.first.end());
  raw.first.for_each_list([&](SharedPaths::Id id, const std::vector<Hop>& hops) { firsts[id] = hops; });
  const CutRests rests = cut_rests(raw);
  std::vector<Hop> kept;
  for (Row& row : rows_) {
    Row cut_row;
    std::map<Kind, std::uint16_t> known;
    std::map<std::pair<SharedPaths::Id, SharedPaths::Id>, SharedPaths::Id> heads;  // by first and near part of the rest
    for (std::size_t d = 0; d < row.tail.size(); ++d) {
      Kind kind = row.kinds[row.kind[d]];
      const CutRests::Parts& part = rests.parts[row.tail[d]];
      const auto [head, is_new] = heads.try_emplace({kind.head, part.head}, 0);
      if (is_new) {
        kept.clear();
        for (const Hop& hop : firsts[kind.head]) {
          if (stands(hop.link)) kept.push_back(hop);
        }
        rests.near.for_each_hop(part.head, [&](int link, double share) { kept.push_back({link, share}); });
        head->second = heads_.add(kept.data(), kept.data() + kept.size());
      }
      kind.head = head->second;
      cut_row.kind.push_back(number_of(cut_row, kind, known));
      cut_row.tail.push_back(part.tail);
    }
    row = std::move(cut_row);
  }
  heads_.freeze();
  tails_.freeze();
}

}  // namespace teapot
