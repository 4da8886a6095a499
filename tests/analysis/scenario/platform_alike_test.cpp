// Ranks of platform files that are found to be alike: routes that are kept once for all of them are those of each pair.

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <memory>

#include "platforms/platform_file/alike_ranks.hpp"
#include "platforms/platform_file/graph.hpp"
#include "sim/catalogue.hpp"
#include "sim/index.hpp"
#include "sim/route_table.hpp"
#include "topologies/topology.hpp"

using namespace teapot;

namespace {

using Paths = std::vector<std::vector<int>>;  // [source * ranks + destination]

Network network_from(const std::string& fabric, int most_gpus) {
  const Fabric built = build_fabric(Config{resolve_named(fabric, "topologies", "fabric")});
  Network network = to_network(built, std::min(most_gpus, built.gpus()));
  network.passive.clear();
  network.host.clear();
  network.alike.clear();
  return network;
}

/// One path of each pair, as a file has it.
Paths paths_of(const Network& network) {
  Paths paths;
  for (int s = 0; s < network.ranks(); ++s) {
    for (int d = 0; d < network.ranks(); ++d) {
      bool spread = false;
      paths.push_back(s == d ? std::vector<int>{} : one_path(network, s, d, spread));
    }
  }
  return paths;
}

/// The network with these routes, and what is found of them.
Network as_file(Network network, const Paths& paths) {
  const auto routes = std::make_shared<PairRoutes>(network.ranks());
  for (int s = 0; s < network.ranks(); ++s) {
    for (int d = 0; d < network.ranks(); ++d) routes->set(s, d, paths[at(s * network.ranks() + d)]);
  }
  network.alike = alike_ranks(network, *routes);
  network.route = [routes](int s, int d) { return routes->route(s, d); };
  return network;
}

int ranks_in_common(const Network& network) {
  std::map<int, int> members;
  for (const int number : network.alike) ++members[number];
  return static_cast<int>(
      std::count_if(network.alike.begin(), network.alike.end(), [&](int n) { return members[n] > 2; }));
}

/// Pairs whose route, latency or standing links are others where each is asked for by itself.
int different(const Network& network) {
  Program program;
  program.ranks = network.ranks();
  program.streams = {"communication"};
  Network one_by_one = network;
  one_by_one.alike.clear();
  const RouteTable shared{network, program};
  const RouteTable plain{one_by_one, program};
  const auto route_of = [](const RouteTable& routes, int s, int d) {
    std::vector<std::pair<int, double>> hops;
    routes.for_each_hop(s, d, [&](int link, double share) { hops.emplace_back(link, share); });
    return hops;
  };
  int count = 0;
  for (int l = 0; l < static_cast<int>(network.links.size()); ++l) count += shared.stand_in(l) != plain.stand_in(l);
  for (int s = 0; s < network.ranks(); ++s) {
    for (int d = 0; d < network.ranks(); ++d) {
      count +=
          route_of(shared, s, d) != route_of(plain, s, d) || shared.latency_s(s, d, {}) != plain.latency_s(s, d, {});
    }
  }
  return count;
}

}  // namespace

TEST_CASE("alike ranks: of every fabric's file, routes that are kept once are those of each pair") {
  int found = 0;
  for (const auto& name : names_in("topologies")) {
    if (name.starts_with("paper-") || name == "prices") continue;
    CAPTURE(name);
    Network network = network_from(name, 72);
    network = as_file(network, paths_of(network));
    found += ranks_in_common(network) > 0;
    CHECK(different(network) == 0);
  }
  CHECK(found > 5);
}

TEST_CASE("alike ranks: one pair that goes elsewhere, or one link of another kind, is told from the others") {
  const Network fabric = network_from("h800-mpft", 48);
  const Paths paths = paths_of(fabric);
  CHECK(ranks_in_common(as_file(fabric, paths)) == 48);
  int changed_something = 0;
  const bool holds = rc::check([&] {
    Network network = fabric;
    Paths own = paths;
    for (int change = *rc::gen::inRange(1, 4); change > 0; --change) {
      auto& path = own[at(*rc::gen::inRange(0, static_cast<int>(own.size())))];
      auto& link = network.links[at(*rc::gen::inRange(0, static_cast<int>(network.links.size())))];
      const auto other_link = [&] { return *rc::gen::inRange(0, static_cast<int>(network.links.size())); };
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          if (!path.empty()) path[at(*rc::gen::inRange(0, static_cast<int>(path.size())))] = other_link();
          break;
        case 1:
          if (!path.empty()) path.insert(path.begin(), other_link());
          break;
        case 2:
          link.latency.value *= 2;
          break;
        default:
          link.bandwidth.value /= 2;
      }
    }
    network = as_file(std::move(network), own);
    changed_something += ranks_in_common(network) < 48;
    RC_ASSERT(different(network) == 0);
  });
  CHECK(holds);
  CHECK(changed_something > 0);
}
