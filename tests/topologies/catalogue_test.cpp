// What every fabric must satisfy, whatever its kind: run over all kinds and all named fabrics, so that new ones are
// tested by being there.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "sim/catalogue.hpp"
#include "topologies/metrics.hpp"
#include "topologies/routing.hpp"
#include "topologies/topology.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

constexpr int largest = 70'000;  // endpoints; the dragonfly of the paper has a test of its own

struct Named {
  std::string name;
  Config config;
  Site site;
  Figures figures;
};

Named load(const std::string& name, const std::string& changes = "") {
  Named named{
      name, Config{resolve_named(Config::parse("{from: " + name + changes + "}"), "topologies", "fabric")}, {}, {}};
  named.figures = figures_of(named.config, named.site);
  return named;
}

std::vector<Named> buildable() {
  std::vector<Named> all;
  for (const auto& name : fabric_names()) {
    Named named = load(name);
    if (named.figures.no_graph.empty() && named.site.endpoints() <= largest) all.push_back(std::move(named));
  }
  return all;
}

/// A few pairs, near and far, the same on every run; none where one GPU stands alone.
std::vector<std::pair<int, int>> some_pairs(int gpus, int count) {
  if (gpus < 2) return {};
  std::vector<std::pair<int, int>> pairs{{0, gpus - 1}, {gpus - 1, 0}, {0, 1}};
  std::uint64_t state = 12345;
  while (static_cast<int>(pairs.size()) < count) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const int a = static_cast<int>((state >> 33) % static_cast<std::uint64_t>(gpus));
    state = state * 6364136223846793005U + 1442695040888963407U;
    const int b = static_cast<int>((state >> 33) % static_cast<std::uint64_t>(gpus));
    if (a != b) pairs.emplace_back(a, b);
  }
  return pairs;
}

/// What flows into a node flows out of it, but for one unit that starts at the source and ends at the destination.
bool conserves(const Network& network, const Route& route, int source, int destination) {
  std::map<int, double> surplus;
  surplus[network.gpus[static_cast<std::size_t>(source)]] += 1;
  surplus[network.gpus[static_cast<std::size_t>(destination)]] -= 1;
  for (const Hop& hop : route) {
    const Link& link = network.links[static_cast<std::size_t>(hop.link)];
    surplus[link.from] -= hop.share;
    surplus[link.to] += hop.share;
  }
  return std::all_of(surplus.begin(), surplus.end(), [](const auto& at) { return std::abs(at.second) < 1e-9; });
}

bool each_link_once(const Route& route) {
  std::set<int> links;
  for (const Hop& hop : route) links.insert(hop.link);
  return links.size() == route.size();
}

bool is_path(const Network& network, const Route& route, int source, int destination) {
  int at = network.gpus[static_cast<std::size_t>(source)];
  for (const Hop& hop : route) {
    const Link& link = network.links[static_cast<std::size_t>(hop.link)];
    if (link.from != at || hop.share != 1) return false;
    at = link.to;
  }
  return at == network.gpus[static_cast<std::size_t>(destination)];
}

}  // namespace

TEST_CASE("catalogue: every kind has a named fabric") {
  std::set<std::string> used;
  for (const auto& name : fabric_names()) used.insert(load(name).config.get<std::string>("kind"));
  for (const auto& kind : fabric_kinds()) CHECK_MESSAGE(used.count(kind) == 1, kind);
}

TEST_CASE("catalogue: a named fabric is called as its file") {
  for (const auto& name : fabric_names()) CHECK(load(name).config.get<std::string>("name") == name);
}

TEST_CASE("catalogue: switches and cables of the graph are those of the kind's formula") {
  for (const Named& named : buildable()) {
    CAPTURE(named.name);
    const Fabric fabric = build_fabric(named.config);
    std::int64_t switches = 0;
    for (Vertex v = 0; v < fabric.vertices.size(); ++v) switches += fabric.vertices[v].node < 0;
    std::map<std::string, std::int64_t> directed;
    for (const FabricLink& link : fabric.links)
      if (fabric.vertices[link.from].node < 0 && fabric.vertices[link.to].node < 0) ++directed[link.tier];
    if (named.site.ports > 0) CHECK(switches == named.figures.switches);
    CHECK(directed.size() == named.figures.cables.size());
    for (const auto& [tier, count] : named.figures.cables) CHECK(directed[tier] == 2 * count);
    CHECK(fabric.gpus() == named.site.nodes * named.site.gpus);
    CHECK(static_cast<std::int64_t>(fabric.ports.size()) == named.site.endpoints());
  }
}

TEST_CASE("catalogue: names of nodes and links are unique") {
  for (const Named& named : buildable()) {
    CAPTURE(named.name);
    const Fabric fabric = build_fabric(named.config);
    std::set<std::string> names;
    for (const FabricLink& link : fabric.links) names.insert(link.name);
    CHECK(names.size() == fabric.links.size());
    names.clear();
    for (Vertex v = 0; v < fabric.vertices.size(); ++v) names.insert(fabric.vertices[v].name);
    CHECK(names.size() == fabric.vertices.size());
  }
}

TEST_CASE("catalogue: static routes are paths from GPU to GPU that cross each link once") {
  for (const Named& named : buildable()) {
    if (named.name == "multiport-mpft") continue;  // spreads over the ports of a NIC
    CAPTURE(named.name);
    const Fabric fabric = build_fabric(named.config);
    const int gpus = std::min(fabric.gpus(), 2'048);
    const Network network = to_network(fabric, gpus);
    for (const auto& [a, b] : some_pairs(gpus, 200)) {
      const Route route = network.route(a, b);
      CHECK(each_link_once(route));
      CHECK(is_path(network, route, a, b));
    }
  }
}

TEST_CASE("catalogue: every routing policy conserves flows on every fabric") {
  for (const Named& named : buildable()) {
    for (const char* policy : {"ecmp", "adaptive", "valiant", "ugal"}) {
      CAPTURE(named.name);
      CAPTURE(policy);
      if (named.site.endpoints() > 20'000) continue;
      const Named with = load(named.name, std::string{", routing: "} + policy);
      const Fabric fabric = build_fabric(with.config);
      const int gpus = std::min(fabric.gpus(), 512);
      const Network network = to_network(fabric, gpus);
      for (const auto& [a, b] : some_pairs(gpus, 20)) {
        const Route route = network.route(a, b);
        CHECK(each_link_once(route));
        CHECK(conserves(network, route, a, b));
      }
    }
  }
}

TEST_CASE("catalogue: static, ecmp and adaptive routing are minimal between switches") {
  for (const Named& named : buildable()) {
    if (named.site.ports == 0 || named.site.endpoints() > 20'000) continue;
    CAPTURE(named.name);
    const Fabric fabric = build_fabric(named.config);
    for (const auto paths : {RoutingPolicy::Paths::fixed, RoutingPolicy::Paths::ecmp, RoutingPolicy::Paths::adaptive}) {
      RoutingPolicy policy;
      policy.paths = paths;
      Paths walk{fabric, policy};
      const Port& from = fabric.ports.front();
      const int source = walk.graph().of_vertex(from.at);
      for (std::size_t i = 0; i < fabric.ports.size(); i += fabric.ports.size() / 16) {
        const Port& to = fabric.ports[i];
        if (to.plane != from.plane) continue;
        const int target = walk.graph().of_vertex(to.at);
        walk.add_target(target);
        Route route;
        walk.append(source, target, from.endpoint, to.endpoint, 1, route);
        double cost = 0;
        for (const Hop& hop : route) cost += hop.share * fabric.link(hop.link).cost;
        CHECK(cost == doctest::Approx(distances_to(walk.graph(), target)[static_cast<std::size_t>(source)]));
      }
    }
  }
}

TEST_CASE("catalogue: diameters are those of the formulas, and something crosses the middle") {
  for (const Named& named : buildable()) {
    CAPTURE(named.name);
    const Fabric fabric = build_fabric(named.config);
    const Metrics metrics = metrics_of(fabric, named.figures);
    if (named.figures.diameter >= 0) CHECK(metrics.diameter == named.figures.diameter);
    CHECK(metrics.mean_path <= metrics.diameter);
    CHECK(metrics.minimal_paths >= 1);
    CHECK((metrics.bisection > BytesPerSecond{}) == (fabric.gpus() > 1));  // one GPU alone has no middle
  }
}

TEST_CASE("catalogue: a key that no kind reads is refused on every fabric") {
  for (const Named& named : buildable()) {
    if (named.site.endpoints() > 5'000) continue;
    CAPTURE(named.name);
    CHECK_THROWS_AS(build_fabric(load(named.name, ", no_such_key: 1").config), ConfigError);
  }
}
