// Sorts links by what they carried.
// Does not know what a tier is for.

#include "analysis/explain/link_loads.hpp"

#include <algorithm>
#include <map>

#include "analysis/explain/maximum_flow.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

double use_of(const Timeline& timeline, std::size_t link) {
  return timeline.step.value > 0 ? timeline.links[link].busy / timeline.step : 0;
}

/// For each rank, whether it is in the second half.
std::vector<bool> halves(const Network& network, int ranks) {
  std::vector<int> domains(network.domain.begin(), network.domain.begin() + ranks);
  std::sort(domains.begin(), domains.end());
  domains.erase(std::unique(domains.begin(), domains.end()), domains.end());
  std::vector<bool> second(at(ranks));
  for (int r = 0; r < ranks; ++r) {
    second[at(r)] =
        domains.size() > 1 ? network.domain[at(r)] >= domains[(domains.size() + 1) / 2] : r >= (ranks + 1) / 2;
  }
  return second;
}

}  // namespace

namespace {

/// The links of each tier that were in use longest, the busiest tier first.
std::vector<LinkLoad> busiest_of_each_tier(const Network& network, const Timeline& timeline, int count) {
  std::map<std::string, std::vector<LinkLoad>> tiers;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    if (!(timeline.links[l].bytes > Bytes{})) continue;
    tiers[network.links[l].tier].push_back({static_cast<int>(l), timeline.links[l].bytes, use_of(timeline, l), {}});
  }
  std::vector<std::vector<LinkLoad>> sorted;
  for (auto& [tier, links] : tiers) {
    std::stable_sort(links.begin(), links.end(), [](const auto& a, const auto& b) { return a.use > b.use; });
    links.resize(std::min(links.size(), at(count)));
    sorted.push_back(std::move(links));
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a[0].use > b[0].use; });
  std::vector<LinkLoad> loads;
  for (auto& links : sorted) {
    for (auto& load : links) loads.push_back(std::move(load));
  }
  return loads;
}

/// Adds what an operator put on a link to what is known to be from it.
void add_from(LinkLoad& load, const std::string& name, Bytes bytes) {
  if (!(bytes > Bytes{})) return;
  const auto known =
      std::find_if(load.from.begin(), load.from.end(), [&](const auto& from) { return from.name == name; });
  if (known != load.from.end()) {
    known->bytes += bytes;
  } else {
    load.from.push_back({name, bytes});
  }
}

}  // namespace

std::vector<LinkLoad> most_loaded(const Program& program, const Timeline& timeline, CollectiveProfiles& profiles,
                                  int count) {
  std::vector<LinkLoad> loads = busiest_of_each_tier(profiles.network(), timeline, count);
  std::map<const CollectiveProfile*, std::map<std::string, int>> calls;  // by operator name
  std::vector<const CollectiveProfile*> order;
  for (const auto& op : program.operators) {
    const auto* collective = std::get_if<Collective>(&op.work);
    if (collective == nullptr) continue;
    const CollectiveProfile& profile = profiles.of(*collective);
    auto& names = calls[&profile];
    if (names.empty()) order.push_back(&profile);
    ++names[op.name];
  }
  for (const auto* profile : order) {
    for (const auto& [name, times] : calls[profile]) {
      for (auto& load : loads) add_from(load, name, profile->bytes[at(load.link)] * times);
    }
  }
  for (auto& load : loads) {
    std::stable_sort(load.from.begin(), load.from.end(),
                     [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  }
  return loads;
}

std::vector<TierUse> tier_use(const Network& network, const Timeline& timeline) {
  std::map<std::string, TierUse> tiers;
  std::map<std::string, Bytes> could;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    const Link& link = network.links[l];
    TierUse& tier = tiers[link.tier];
    tier.tier = link.tier;
    ++tier.links;
    if (!(timeline.links[l].bytes > Bytes{})) continue;
    ++tier.used;
    tier.bytes += timeline.links[l].bytes;
    tier.busy += use_of(timeline, l);
    tier.busiest = std::max(tier.busiest, use_of(timeline, l));
    could[link.tier] += link.bandwidth * timeline.step;
  }
  std::vector<TierUse> result;
  for (auto& [name, tier] : tiers) {
    if (tier.used == 0) continue;
    tier.line_rate = tier.bytes / could[name];
    tier.busy /= tier.used;
    result.push_back(tier);
  }
  std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.busiest > b.busiest; });
  return result;
}

CutUse cut_use(const Network& network, const Program& program, const Timeline& timeline) {
  const auto second = halves(network, program.ranks);
  std::map<const Traffic*, std::pair<double, double>> copies;  // there and back
  Bytes there, back;
  for (const auto& op : program.operators) {
    const auto* collective = std::get_if<Collective>(&op.work);
    if (collective == nullptr) continue;
    const auto [found, is_new] = copies.try_emplace(collective->traffic.get());
    for (int r = 0; is_new && r < program.ranks; ++r) {
      collective->traffic->for_each_receiver(r, [&, sums = &found->second](int d, double count) {
        if (second[at(r)] == second[at(d)]) return;
        (second[at(d)] ? sums->first : sums->second) += count;
      });
    }
    auto [to_second, to_first] = found->second;
    if (collective->reversed) std::swap(to_second, to_first);
    there += to_second * collective->bytes_per_copy;
    back += to_first * collective->bytes_per_copy;
  }
  std::vector<int> from, to;
  for (int r = 0; r < program.ranks; ++r) (second[at(r)] ? to : from).push_back(network.gpus[at(r)]);
  CutUse cut;
  if (from.empty() || to.empty()) return cut;
  const BytesPerSecond forth = maximum_flow(network, from, to);
  const BytesPerSecond return_way = maximum_flow(network, to, from);
  const auto use = [&](Bytes bytes, BytesPerSecond capacity) {
    return capacity.value > 0 && timeline.step.value > 0 ? bytes / (capacity * timeline.step) : 0.0;
  };
  const bool forth_is_busier = use(there, forth) >= use(back, return_way);
  cut.capacity = forth_is_busier ? forth : return_way;
  cut.bytes = forth_is_busier ? there : back;
  cut.use = use(cut.bytes, cut.capacity);
  return cut;
}

}  // namespace teapot
