// Routes of which each pair has its own, as a table of those that a program uses holds them.

#include <doctest/doctest.h>

#include <map>

#include "sim/route_table.hpp"
#include "tests/topologies/written.hpp"

using namespace teapot;
using namespace teapot::testing;

TEST_CASE("detours: links that stand, shares and latencies of each pair are those of the network's route") {
  // More sources than are looked at before rests of routes are no longer looked for among those of others.
  constexpr int ranks = 640;
  constexpr int group = 16;
  for (const char* routing : {"valiant", "ugal", "{policy: valiant, intermediates: 1}", "ecmp"}) {
    CAPTURE(routing);
    const Network network =
        to_network(build(std::string{"{from: slim-fly, routing: "} + routing + ", endpoints_per_switch: 8}"), ranks);
    Program program;
    program.ranks = ranks;
    program.streams = {"communication"};
    Operator exchange;
    Collective collective;
    collective.traffic = std::make_shared<const Traffic>(all_to_all(groups_of(ranks, group), 1));
    exchange.work = collective;
    program.operators = {exchange};
    const RouteTable routes{network, program};
    REQUIRE(!routes.knows_all_pairs());
    int wrong = 0;
    for (int s = 0; s < ranks; ++s) {
      for (int d = s / group * group; d < (s / group + 1) * group; ++d) {
        const Route route = network.route(s, d);
        std::map<int, float> expected;
        std::map<int, float> stored;
        double latency_s = 0;
        for (const Hop& hop : route) {
          latency_s += hop.share * network.links[static_cast<std::size_t>(hop.link)].latency.value;
          if (routes.stand_in(hop.link) == hop.link) expected.emplace(hop.link, static_cast<float>(hop.share));
        }
        routes.for_each_hop(s, d, [&](int link, double share) { stored.emplace(link, static_cast<float>(share)); });
        wrong += stored != expected;
        wrong += routes.latency_s(s, d, {}) != latency_s;
      }
    }
    CHECK(wrong == 0);
  }
}
