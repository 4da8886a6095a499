// Compares the routes of sources that are said to be alike.
// Does not know why they should be.

#include "sim/alike_routes.hpp"

#include <algorithm>

#include "sim/index.hpp"
#include "sim/random.hpp"

namespace teapot {
namespace {

constexpr std::size_t most_kinds = 64;  // with more, little would be shared
constexpr std::size_t examples = 3;     // two may be at home with somebody

bool same(const Hop& a, const Hop& b) { return a.link == b.link && a.share == b.share; }

bool begins_with(const Route& route, const Route& out) {
  return out.size() <= route.size() && std::equal(out.begin(), out.end(), route.begin(), same);
}

double latency_of(const Network& network, const Route& route) { return latency(network, route).value; }

/// Of the hops that two routes begin with until they are the same.
std::size_t hops_apart(const Route& a, const Route& b) {
  std::size_t together = 0;
  while (together < a.size() && same(a[a.size() - 1 - together], b[b.size() - 1 - together])) ++together;
  return a.size() - together;
}

/// Whether a link stands on a way out where another link stands on the other's.
bool is_apart(int link, const std::vector<Route>& outs, const std::vector<Route>& others) {
  for (std::size_t k = 0; k < outs.size(); ++k) {
    for (std::size_t i = 0; i < outs[k].size(); ++i) {
      if (outs[k][i].link == link && others[k][i].link != link) return true;
    }
  }
  return false;
}

}  // namespace

Home home_of(const Network& network, int ranks, int source) {
  Home home{source, source};
  if (source >= ranks) return home;
  const auto with_it = [&](int r) {
    return r >= 0 && r < ranks && network.domain[at(r)] == network.domain[at(source)];
  };
  while (with_it(home.first - 1)) --home.first;
  while (with_it(home.last + 1)) ++home.last;
  return 2 * (home.last - home.first + 1) > ranks ? Home{source, source} : home;
}

AlikeRoutes::AlikeRoutes(const Network& network, int ranks, const std::vector<int>& sources, SharedPaths& rests,
                         const Tiers& tiers) {
  const Home home = home_of(network, ranks, sources.front());
  const auto second = std::find_if(sources.begin(), sources.end(), [&](int s) {
    return !home.holds(s) && !home_of(network, ranks, s).holds(sources.front());
  });
  if (second == sources.end() || !find_kinds(network, ranks, sources.front(), *second, tiers, rests)) return;
  for (const int source : sources) {
    if (add_member(network, ranks, source, rests)) members.push_back(source);
  }
}

bool AlikeRoutes::find_kinds(const Network& network, int ranks, int first, int second, const Tiers& tiers,
                             SharedPaths& rests) {
  const Home home = home_of(network, ranks, first);
  const Home other = home_of(network, ranks, second);
  kind.assign(at(ranks), none);
  rest.assign(at(ranks), 0);
  std::vector<Route> first_out;
  std::vector<Route> second_out;  // by kind
  for (int d = 0; d < ranks; ++d) {
    if (home.holds(d) || other.holds(d)) continue;
    const Route a = network.route(first, d);
    const Route b = network.route(second, d);
    if (a.size() != b.size() || !take(network, d, a, b, tiers, second_out, rests)) return false;
  }
  for (const Kind& k : kinds) first_out.push_back(k.out);
  for (int d = 0; d < ranks; ++d) {
    if (kind[at(d)] != none) continue;
    const bool at_first = home.holds(d);
    if (!take_alone(network, d, network.route(at_first ? second : first, d), at_first ? second_out : first_out,
                    at_first ? first_out : second_out, tiers, rests))
      return false;
  }
  return true;
}

bool AlikeRoutes::take(const Network& network, int destination, const Route& a, const Route& b, const Tiers& tiers,
                       std::vector<Route>& second_out, SharedPaths& rests) {
  const std::size_t out_hops = hops_apart(a, b);
  const auto end = static_cast<std::ptrdiff_t>(out_hops);
  const Route out_a{a.begin(), a.begin() + end};
  const Route out_b{b.begin(), b.begin() + end};
  const double latency_s = latency_of(network, a);
  const std::uint32_t over = tiers(a);
  if (latency_of(network, b) != latency_s || tiers(b) != over) return false;
  std::size_t k = 0;
  while (k < kinds.size() &&
         !(kinds[k].latency_s == latency_s && kinds[k].tiers == over && std::ranges::equal(kinds[k].out, out_a, same) &&
           std::ranges::equal(second_out[k], out_b, same)))
    ++k;
  if (k == kinds.size()) {
    if (k == most_kinds) return false;
    kinds.push_back({out_a, latency_s, over, {}});
    second_out.push_back(out_b);
  }
  auto& known = kinds[k].examples;
  const auto at_home = [&](int e) { return network.domain[at(e)] == network.domain[at(destination)]; };
  if (known.size() < examples && std::none_of(known.begin(), known.end(), at_home)) known.push_back(destination);
  kind[at(destination)] = static_cast<std::uint32_t>(k);
  rest[at(destination)] = rests.add(a.data() + out_hops, a.data() + a.size());
  return true;
}

/// For a destination at home with one of the two: what the other's route begins with tells its kind. What follows is
/// the same for all: no link that is another one on the ways out of the first.
bool AlikeRoutes::take_alone(const Network& network, int destination, const Route& route,
                             const std::vector<Route>& outs, const std::vector<Route>& others_outs, const Tiers& tiers,
                             SharedPaths& rests) {
  std::size_t best = kinds.size();
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (kinds[k].latency_s != latency_of(network, route) || kinds[k].tiers != tiers(route)) continue;
    if (!begins_with(route, outs[k])) continue;
    if (best == kinds.size() || outs[k].size() > outs[best].size()) best = k;
  }
  if (best == kinds.size()) return false;
  for (std::size_t i = outs[best].size(); i < route.size(); ++i) {
    if (is_apart(route[i].link, outs, others_outs)) return false;
  }
  kind[at(destination)] = static_cast<std::uint32_t>(best);
  rest[at(destination)] = rests.add(route.data() + outs[best].size(), route.data() + route.size());
  return true;
}

/// Whether the route is this way out, link for link as fast to cross as the first source's, and the known rest.
bool AlikeRoutes::agrees(const Network& network, int destination, const Route& route, const SharedPaths& rests,
                         const Route& way_out) const {
  const Route& first = kinds[kind[at(destination)]].out;
  const auto as_first = [&](const Hop& a, const Hop& b) {
    const Link& x = network.links[at(a.link)];
    const Link& y = network.links[at(b.link)];
    return a.share == b.share && x.latency == y.latency && x.tier == y.tier;
  };
  Route expected = way_out;
  if (!std::ranges::equal(way_out, first, as_first)) return false;
  rests.for_each_hop(rest[at(destination)], [&](int link, double share) { expected.push_back({link, share}); });
  // A stored share is a float.
  return std::ranges::equal(route, expected, [](const Hop& a, const Hop& b) {
    return a.link == b.link && static_cast<float>(a.share) == static_cast<float>(b.share);
  });
}

bool AlikeRoutes::add_member(const Network& network, int ranks, int source, const SharedPaths& rests) {
  const Home home = home_of(network, ranks, source);
  std::vector<Route> outs;
  for (const Kind& k : kinds) {
    const auto example = std::find_if(k.examples.begin(), k.examples.end(), [&](int d) { return !home.holds(d); });
    if (example == k.examples.end()) return false;
    const Route route = network.route(source, *example);
    if (route.size() < k.out.size()) return false;
    outs.emplace_back(route.begin(), route.begin() + static_cast<std::ptrdiff_t>(k.out.size()));
    if (!agrees(network, *example, route, rests, outs.back())) return false;
  }
  Random random{static_cast<std::uint64_t>(source)};
  for (int i = 0; i < 8; ++i) {
    const auto d = static_cast<int>(random.below(static_cast<std::uint32_t>(ranks)));
    if (!home.holds(d) && !agrees(network, d, network.route(source, d), rests, outs[kind[at(d)]])) return false;
  }
  ways_out.push_back(std::move(outs));
  return true;
}

}  // namespace teapot
