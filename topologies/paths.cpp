// Walks from switch to switch: one path, a hashed one, all minimal ones, or by way of others.
// Does not know what kind of fabric the switches form.

#include "topologies/paths.hpp"
#include "sim/random.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace teapot {
namespace {

/// A minimal next hop: distance to the target falls by the cost of the cable.
struct Minimal {
  const std::uint16_t* distance;
  int from;

  bool operator()(const SwitchGraph::Neighbour& next) const {
    return distance[next.to] != unreachable && distance[next.to] + next.cost == distance[from];
  }
};

/// Every bit of the result depends on every bit of the input.
std::uint64_t hashed(std::uint64_t x) { return mix(x + 0x9e3779b97f4a7c15U); }

}  // namespace

void merge_hops(Route& route) {
  if (route.size() < 32) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < route.size(); ++i) {
      const auto end = route.begin() + static_cast<std::ptrdiff_t>(kept);
      const auto same = std::find_if(route.begin(), end, [&](const Hop& hop) { return hop.link == route[i].link; });
      if (same != end) {
        same->share += route[i].share;
      } else {
        route[kept++] = route[i];
      }
    }
    route.resize(kept);
    return;
  }
  std::map<int, std::size_t> place;
  Route merged;
  for (const Hop& hop : route) {
    const auto [found, fresh] = place.emplace(hop.link, merged.size());
    if (fresh) {
      merged.push_back(hop);
    } else {
      merged[found->second].share += hop.share;
    }
  }
  route = std::move(merged);
}

Paths::Paths(const Fabric& fabric, const RoutingPolicy& policy)
    : policy_(policy), graph_(fabric), row_of_target_(static_cast<std::size_t>(graph_.switches()), -1) {}

void Paths::add_target(int target) {
  int& row = row_of_target_[static_cast<std::size_t>(target)];
  if (row >= 0) return;
  row = static_cast<int>(distance_.size());
  target_of_row_.push_back(target);
  distance_.push_back(distances_to(graph_, target));
  only_step_.push_back(std::make_unique<std::atomic<std::uint16_t>[]>(static_cast<std::size_t>(graph_.switches())));
}

void Paths::append(int from, int to, int source_endpoint, int destination_endpoint, double share, Route& route) const {
  if (from == to) return;
  const auto flow = hashed(hashed(hashed(policy_.seed) + static_cast<std::uint64_t>(source_endpoint)) +
                           static_cast<std::uint64_t>(destination_endpoint));
  switch (policy_.paths) {
    case RoutingPolicy::Paths::fixed:
      return append_static(from, to, destination_endpoint, share, route);
    case RoutingPolicy::Paths::ecmp:
      for (int i = 0; i < policy_.flows; ++i)
        append_hashed(from, to, hashed(flow + static_cast<std::uint64_t>(i)), share / policy_.flows, route);
      return;
    case RoutingPolicy::Paths::adaptive:
      return append_spread(from, to, share, route);
    case RoutingPolicy::Paths::valiant:
      return append_detour(from, to, flow, share, route);
    case RoutingPolicy::Paths::ugal: {
      const double minimal = minimal_share(from, to, flow);
      if (minimal > 0) append_spread(from, to, share * minimal, route);
      if (minimal < 1) append_detour(from, to, flow, share * (1 - minimal), route);
    }
  }
}

/// d-mod-k (Zahavi, "D-Mod-K routing providing non-blocking traffic for shift permutations on real life fat trees",
/// 2010): each choice among switches takes one digit of the destination's number, parallel cables take what is left.
void Paths::append_static(int from, int to, int address, double share, Route& route) const {
  int divisor = 1;
  while (from != to) {
    if (const auto* const only = only_step(from, to)) {
      route.push_back({graph_.link(only->first_link), share});
      from = only->to;
      continue;
    }
    const Minimal minimal{distances(to), from};
    int count = 0;
    int lowest = 0;
    for (const auto* next = graph_.begin(from); next != graph_.end(from); ++next) {
      if (!minimal(*next)) continue;
      if (count == 0 || next->dimension < lowest) {
        lowest = next->dimension;
        count = 0;
      }
      if (next->dimension == lowest) ++count;
    }
    int skip = address / divisor % count;
    divisor *= count;
    const auto* next = graph_.begin(from);
    while (!(minimal(*next) && next->dimension == lowest && skip-- == 0)) ++next;
    route.push_back({graph_.link(next->first_link + address / divisor % next->links), share});
    from = next->to;
  }
}

/// The one cable that all minimal paths take next; null where there are several.
const SwitchGraph::Neighbour* Paths::only_step(int from, int to) const {
  constexpr int several = 1;
  constexpr int first = 2;
  const auto row = static_cast<std::size_t>(row_of_target_[static_cast<std::size_t>(to)]);
  std::atomic<std::uint16_t>& known = only_step_[row][static_cast<std::size_t>(from)];
  int step = known.load(std::memory_order_relaxed);
  if (step == 0) {  // who asks at the same time finds the same
    const Minimal minimal{distances(to), from};
    int cables = 0;
    for (const auto* next = graph_.begin(from); next != graph_.end(from); ++next) {
      if (!minimal(*next)) continue;
      cables += next->links;
      step = first + static_cast<int>(next - graph_.begin(from));
    }
    if (cables != 1 || step > std::numeric_limits<std::uint16_t>::max()) step = several;
    known.store(static_cast<std::uint16_t>(step), std::memory_order_relaxed);
  }
  return step == several ? nullptr : graph_.begin(from) + (step - first);
}

void Paths::append_hashed(int from, int to, std::uint64_t flow, double share, Route& route) const {
  while (from != to) {
    if (const auto* const only = only_step(from, to)) {
      route.push_back({graph_.link(only->first_link), share});
      from = only->to;
      continue;
    }
    const Minimal minimal{distances(to), from};
    int cables = 0;
    for (const auto* next = graph_.begin(from); next != graph_.end(from); ++next)
      if (minimal(*next)) cables += next->links;
    const auto* next = graph_.begin(from);
    auto skip = static_cast<int>(hashed(flow + static_cast<std::uint64_t>(from)) % static_cast<std::uint64_t>(cables));
    for (;; ++next) {
      if (!minimal(*next)) continue;
      if (skip < next->links) break;
      skip -= next->links;
    }
    route.push_back({graph_.link(next->first_link + skip), share});
    from = next->to;
  }
}

Route Paths::spread(int from, int to) const {
  Route route;
  std::map<std::pair<int, int>, double, std::greater<>> open;  // farthest first: all that comes in is known by then
  open[{distances(to)[from], from}] = 1;
  while (!open.empty()) {
    const auto [place, share] = *open.begin();
    open.erase(open.begin());
    const int at = place.second;
    if (at == to) break;
    const Minimal minimal{distances(to), at};
    int cables = 0;
    for (const auto* next = graph_.begin(at); next != graph_.end(at); ++next)
      if (minimal(*next)) cables += next->links;
    for (const auto* next = graph_.begin(at); next != graph_.end(at); ++next) {
      if (!minimal(*next)) continue;
      for (int i = 0; i < next->links; ++i) route.push_back({graph_.link(next->first_link + i), share / cables});
      open[{distances(to)[next->to], next->to}] += share * next->links / cables;
    }
  }
  return route;
}

void Paths::append_spread(int from, int to, double share, Route& route) const {
  const auto key =
      static_cast<std::uint64_t>(from) * static_cast<std::uint64_t>(graph_.switches()) + static_cast<std::uint64_t>(to);
  const std::lock_guard lock{known_->mutex};
  auto found = known_->routes.find(key);
  if (found == known_->routes.end()) found = known_->routes.emplace(key, spread(from, to)).first;
  for (const Hop& hop : found->second) route.push_back({hop.link, hop.share * share});
}

/// A random switch other than the two; the target where there are only the two.
int Paths::detour(int from, int to, std::uint64_t flow, int number) const {
  const auto count = static_cast<std::uint64_t>(distance_.size());
  for (int attempt = 0; attempt < 64; ++attempt) {
    const auto row = static_cast<int>(hashed(flow ^ hashed(static_cast<std::uint64_t>(number * 64 + attempt))) % count);
    const int by = target_of_row_[static_cast<std::size_t>(row)];
    if (by != from && by != to && reach(from, by) && reach(by, to)) return by;
  }
  return to;
}

void Paths::append_detour(int from, int to, std::uint64_t flow, double share, Route& route) const {
  for (int i = 0; i < policy_.intermediates; ++i) {
    const int by = detour(from, to, flow, i);
    append_hashed(from, by, hashed(flow + static_cast<std::uint64_t>(i)), share / policy_.intermediates, route);
    append_hashed(by, to, hashed(~flow + static_cast<std::uint64_t>(i)), share / policy_.intermediates, route);
  }
  merge_hops(route);
}

/// UGAL sends minimally while q_m H_m <= q_v H_v (queues and hops of the two ways). Where queues grow with the bytes
/// that are sent either way, it settles at q_m / q_v = H_v / H_m.
double Paths::minimal_share(int from, int to, std::uint64_t flow) const {
  if (policy_.minimal_share >= 0) return policy_.minimal_share;
  const double minimal = distances(to)[from];
  double other = 0;
  for (int i = 0; i < policy_.intermediates; ++i) {
    const int by = detour(from, to, flow, i);
    other += (distances(by)[from] + distances(to)[by]) / static_cast<double>(policy_.intermediates);
  }
  return other / (minimal + other);
}

}  // namespace teapot
