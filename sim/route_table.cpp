// Collects routes, and finds links that stand for others.
// Does not know what is sent.

#include "sim/route_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <map>
#include <set>
#include <tuple>

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
  for (int source = 0; source < program.endpoints(); ++source) add_row(network, program, source);
  merge_series(network, program);
  signature_ = {};
}

int RouteTable::bit_of(const std::string& tier) {
  const auto found = std::find(tiers_.begin(), tiers_.end(), tier);
  if (found != tiers_.end()) return static_cast<int>(found - tiers_.begin());
  assert(tiers_.size() < 32);
  tiers_.push_back(tier);
  return static_cast<int>(tiers_.size()) - 1;
}

void RouteTable::add_row(const Network& network, const Program& program, int source) {
  const auto endpoint = [&](int e) {
    return e < program.ranks ? e : network.ranks() + program.passive[at(e - program.ranks)];
  };
  Row& row = rows_.emplace_back();
  std::map<std::tuple<int, double, double, std::uint32_t>, std::uint16_t> known;  // kinds
  for (int d = 0; d < program.endpoints(); ++d) {
    Kind kind;
    Route route;
    if (d != source) route = network.route(endpoint(source), endpoint(d));
    const std::uint64_t pair = mix(static_cast<std::uint64_t>(source) << 32 | static_cast<std::uint64_t>(d));
    for (const Hop& hop : route) {
      kind.latency_s += hop.share * network.links[at(hop.link)].latency.value;
      kind.tiers |= std::uint32_t{1} << bit_of(network.links[at(hop.link)].tier);
      signature_[at(hop.link)] += mix(pair + std::bit_cast<std::uint64_t>(hop.share));
    }
    if (!route.empty()) kind.first = {route[0].link, static_cast<float>(route[0].share)};
    row.path.push_back(paths_.add(route.data() + (route.empty() ? 0 : 1), route.data() + route.size()));
    if (d > 0 && row.kinds[row.kind.back()] == kind) {
      row.kind.push_back(row.kind.back());
      continue;
    }
    const auto [found, is_new] = known.try_emplace({kind.first.link, kind.first.share, kind.latency_s, kind.tiers},
                                                   static_cast<std::uint16_t>(row.kinds.size()));
    assert(row.kinds.size() < std::numeric_limits<std::uint16_t>::max());
    if (is_new) row.kinds.push_back(kind);
    row.kind.push_back(found->second);
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
  const auto stands = [&](int link) { return stand_in_[at(link)] == link; };
  paths_.keep(stands);
  for (Row& row : rows_) {
    for (Kind& kind : row.kinds) {
      if (kind.first.link >= 0 && !stands(kind.first.link)) kind.first.link = -1;
    }
  }
}

}  // namespace teapot
