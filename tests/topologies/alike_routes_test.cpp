// Routes of GPUs that fabrics call alike, against the fabrics' own one by one.

#include <doctest/doctest.h>

#include <algorithm>

#include "sim/route_table.hpp"
#include "tests/topologies/written.hpp"
#include "topologies/allocation.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

Program over(int ranks) {
  Program program;
  program.ranks = ranks;
  program.streams = {"communication"};
  return program;
}

/// The route of each pair as links that stand, with shares; and its latency.
void check_routes(const Network& network) {
  const int ranks = network.ranks();
  Network one_by_one = network;
  one_by_one.alike.clear();
  const RouteTable shared{network, over(ranks)};
  const RouteTable plain{one_by_one, over(ranks)};
  for (int l = 0; l < static_cast<int>(network.links.size()); ++l) CHECK(shared.stand_in(l) == plain.stand_in(l));
  const auto route_of = [](const RouteTable& routes, int s, int d) {
    std::vector<std::pair<int, double>> hops;
    routes.for_each_hop(s, d, [&](int link, double share) { hops.emplace_back(link, share); });
    return hops;
  };
  int wrong = 0;
  for (int s = 0; s < ranks; ++s) {
    for (int d = 0; d < ranks; ++d) {
      wrong += route_of(shared, s, d) != route_of(plain, s, d);
      wrong += shared.latency_s(s, d, {}) != plain.latency_s(s, d, {});
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("alike routes: on every fabric they are those of each pair asked for by itself") {
  int told = 0;
  on_every_fabric({"static", "adaptive"}, [&](const Fabric& fabric) {
    const Network network = to_network(fabric, std::min(fabric.gpus(), 72));
    told += !network.alike.empty();
    check_routes(network);
  });
  CHECK(told > 20);
}

TEST_CASE("alike routes: other policies, failures, and nodes chosen out of a fabric") {
  for (const char* yaml :
       {"{from: h800-ft3, routing: ecmp}", "{from: h800-mpft, routing: {policy: static, cross_plane: destination}}",
        "{from: h800-ft3, routing: {policy: static, cross_plane: network}}"}) {
    CAPTURE(yaml);
    check_routes(to_network(build(yaml), 64));
  }
  const Fabric fabric = build("{from: h800-mpft}");
  check_routes(on_nodes(fabric, {3, 70, 4, 71, 140, 9}, 48));
}
