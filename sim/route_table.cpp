// Collects routes, and finds links that stand for others.
// Does not know what is sent.

#include "sim/route_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <map>
#include <set>

#include "sim/random.hpp"

namespace teapot {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

}  // namespace

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
  const Row& of = row(source);
  double latest = 0;
  for (std::size_t bit = 0; bit < tier_latencies_s.size(); ++bit) {
    if ((of.tiers[at(destination)] >> bit & 1U) != 0) latest = std::max(latest, tier_latencies_s[bit]);
  }
  return of.latency_s[at(destination)] + latest;
}

RouteTable::RouteTable(const Network& network, const Program& program) : signature_(network.links.size()) {
  for (int source = 0; source < program.ranks; ++source) add_row(network, program.ranks, source);
  merge_series(network, program);
}

int RouteTable::bit_of(const std::string& tier) {
  const auto found = std::find(tiers_.begin(), tiers_.end(), tier);
  if (found != tiers_.end()) return static_cast<int>(found - tiers_.begin());
  assert(tiers_.size() < 32);
  tiers_.push_back(tier);
  return static_cast<int>(tiers_.size()) - 1;
}

void RouteTable::add_row(const Network& network, int ranks, int source) {
  Row& row = rows_.emplace_back();
  row.begin.push_back(0);
  bool spread = false;
  for (int d = 0; d < ranks; ++d) {
    double latency_s = 0;
    std::uint32_t tiers = 0;
    if (d != source) {
      const std::uint64_t pair = mix(static_cast<std::uint64_t>(source) << 32 | static_cast<std::uint64_t>(d));
      for (const Hop& hop : network.route(source, d)) {
        row.link.push_back(static_cast<std::uint32_t>(hop.link));
        row.share.push_back(static_cast<float>(hop.share));
        spread = spread || hop.share != 1;
        latency_s += hop.share * network.links[at(hop.link)].latency.value;
        tiers |= std::uint32_t{1} << bit_of(network.links[at(hop.link)].tier);
        signature_[at(hop.link)] += mix(pair + std::bit_cast<std::uint64_t>(hop.share));
      }
    }
    row.latency_s.push_back(latency_s);
    row.tiers.push_back(tiers);
    row.begin.push_back(static_cast<std::uint32_t>(row.link.size()));
  }
  if (!spread) row.share.clear();
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
  for (Row& row : rows_) {
    std::uint32_t kept = 0;
    std::uint32_t from = 0;
    for (std::size_t d = 0; d + 1 < row.begin.size(); ++d) {
      for (const std::uint32_t to = row.begin[d + 1]; from < to; ++from) {
        if (stand_in_[row.link[from]] != static_cast<int>(row.link[from])) continue;
        row.link[kept] = row.link[from];
        if (!row.share.empty()) row.share[kept] = row.share[from];
        ++kept;
      }
      row.begin[d + 1] = kept;
    }
    row.link.resize(kept);
    row.link.shrink_to_fit();
    row.share.resize(row.share.empty() ? 0 : kept);
    row.share.shrink_to_fit();
  }
}

}  // namespace teapot
