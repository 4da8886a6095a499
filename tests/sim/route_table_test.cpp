// Routes as the fluid model reads them, against the network's own.

#include "sim/route_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using namespace teapot::testing;

namespace {

std::vector<int> links_of(const RouteTable& routes, int source, int destination) {
  std::vector<int> links;
  routes.for_each_hop(source, destination, [&](int link, double) { links.push_back(link); });
  return links;
}

Program with_wire(int ranks, Wire wire) {
  Operator op = collective(all_to_all(one_group(ranks), 1), 1.0_KB);
  std::get<Collective>(op.work).wire = std::make_shared<const Wire>(std::move(wire));
  return program(ranks, {op});
}

}  // namespace

TEST_CASE("route table: links that no others stand for are those of the network's routes, in order") {
  const Network network = dumbbell(6, 50.0_GBps, 25.0_GBps, 1.0_us);
  const RouteTable routes{network, program(6, {})};
  for (int s = 0; s < 6; ++s) {
    for (int d = 0; d < 6; ++d) {
      std::vector<int> expected;
      for (const Hop& hop : network.route(s, d)) expected.push_back(hop.link);
      CHECK(links_of(routes, s, d) == expected);
      CHECK(routes.latency_s(s, d, {}) == doctest::Approx(static_cast<double>(expected.size()) * 1e-6).epsilon(1e-12));
    }
  }
}

TEST_CASE("route table: of links in series the slowest stands for all, unless a wire slows another one down") {
  Network network = star(3, 50.0_GBps, 1.0_us);  // with a bus before each way up
  for (int r = 0; r < 3; ++r) network.links.push_back({"bus", "pcie", 0, 0, 60.0_GBps, 0.5_us});
  network.route = [](int s, int d) { return s == d ? Route{} : Route{{6 + s, 1}, {2 * s, 1}, {2 * d + 1, 1}}; };
  const RouteTable plain{network, program(3, {})};
  CHECK(plain.stand_in(6) == 0);
  CHECK(links_of(plain, 0, 2) == std::vector<int>{0, 5});
  CHECK(plain.latency_s(0, 2, {}) == doctest::Approx(2.5e-6).epsilon(1e-12));  // of all three all the same
  const RouteTable slow_bus{network, with_wire(3, {{{"pcie", {0.5, {}, {}}}}})};
  CHECK(slow_bus.stand_in(0) == 6);
  CHECK(links_of(slow_bus, 0, 2) == std::vector<int>{6, 5});
  // A message costs on the one, bytes cost more on the other: neither is always the slower, both stay.
  const RouteTable both{network, with_wire(3, {{{"pcie", {1, 2.0_us, {}}}}})};
  CHECK(links_of(both, 0, 2) == std::vector<int>{6, 0, 5});
}

TEST_CASE("route table: shares of spread routes are kept") {
  Network network = star(2, 50.0_GBps, 2.0_us);
  network.links.push_back({"other", "nic", 0, 0, 50.0_GBps, 4.0_us});
  network.route = [](int s, int d) { return s == d ? Route{} : Route{{2 * s, 0.75}, {4, 0.25}, {2 * d + 1, 1}}; };
  const RouteTable routes{network, program(2, {})};
  std::vector<std::pair<int, double>> hops;
  routes.for_each_hop(0, 1, [&](int link, double share) { hops.emplace_back(link, share); });
  CHECK(hops == std::vector<std::pair<int, double>>{{0, 0.75}, {4, 0.25}, {3, 1}});
  CHECK(routes.latency_s(0, 1, {}) == doctest::Approx(0.75 * 2e-6 + 0.25 * 4e-6 + 2e-6).epsilon(1e-12));
}

TEST_CASE("route table: a wire adds the latency of the slowest tier on the way") {
  const Network network = dumbbell(4, 50.0_GBps, 25.0_GBps, 0.0_us);
  const Program p = with_wire(4, {{{"nic", {1, {}, 3.0_us}}, {"leaf", {1, {}, 8.0_us}}}});
  const RouteTable routes{network, p};
  const auto of_tiers = routes.tier_latencies_s(std::get<Collective>(p.operators[0].work).wire.get());
  CHECK(routes.latency_s(0, 1, of_tiers) == doctest::Approx(3e-6).epsilon(1e-12));
  CHECK(routes.latency_s(0, 3, of_tiers) == doctest::Approx(8e-6).epsilon(1e-12));
}

TEST_CASE("route table: passive endpoints come after the program's ranks, wherever the network counts them") {
  Network network = star(4, 50.0_GBps, 1.0_us);
  network.passive = {0, 0};
  network.route = [](int s, int d) { return s == d ? Route{} : Route{{s, 1}, {d + 1, 1}}; };
  Program p = program(2, {});  // two ranks of the four
  p.passive = {1};             // and the second pool: endpoint 5 of the network, endpoint 2 of the program
  const RouteTable routes{network, p};
  CHECK(routes.endpoints() == 3);
  CHECK(links_of(routes, 2, 0) == std::vector<int>{5, 1});
  CHECK(links_of(routes, 0, 2) == std::vector<int>{0, 6});
}

namespace {

/// Nodes of `size` GPUs around a switch of their own; GPU i of every node is in plane i, and what goes to another plane
/// crosses to it at home.
Network planes(int nodes, int size) {
  Network network = star(nodes * size, 50.0_GBps, 1.0_us);  // the planes: links 2r and 2r + 1
  for (int r = 0; r < nodes * size; ++r) {
    network.domain[static_cast<std::size_t>(r)] = r / size;
    for (const char* way : {"_UP", "_DOWN"}) {
      network.links.push_back({"nvlink-" + std::to_string(r) + way, "nvlink", 0, 0, 200.0_GBps, 0.5_us});
    }
  }
  network.route = [home = 2 * nodes * size, size](int s, int d) {
    if (s == d) return Route{};
    if (s / size == d / size) return Route{{home + 2 * s, 1}, {home + 2 * d + 1, 1}};
    const int by = s / size * size + d % size;
    if (by == s) return Route{{2 * s, 1}, {2 * d + 1, 1}};
    return Route{{home + 2 * s, 1}, {home + 2 * by + 1, 1}, {2 * by, 1}, {2 * d + 1, 1}};
  };
  return network;
}

}  // namespace

TEST_CASE("route table: sources whose ways differ at home only share a row, and each still has its own routes") {
  for (const int nodes : {3, 20}) {  // of two, links to the other one are in series
    const Network network = planes(nodes, 4);
    const RouteTable routes{network, program(4 * nodes, {})};
    for (int s = 0; s < 4 * nodes; ++s) {
      for (int d = 0; d < 4 * nodes; ++d) {
        std::vector<int> expected;
        for (const Hop& hop : network.route(s, d)) expected.push_back(hop.link);
        CHECK(links_of(routes, s, d) == expected);
      }
    }
  }
}

TEST_CASE("route table: what a source sends is summed on each link as its pairs would be one by one") {
  const Network network = planes(20, 4);
  const RouteTable routes{network, program(80, {})};
  Traffic sent(80);
  for (int s = 0; s < 80; ++s) {
    for (int d = 0; d < 80; ++d) {
      if (d != s && (s * 7 + d * 3) % 5 != 0) sent.add(d, 1 + (s + d * d) % 9);
    }
    sent.end_row();
  }
  RouteTable::Sums sums;
  for (int s = 0; s < 80; ++s) {
    std::vector<double> one_by_one(routes.links());
    std::vector<double> summed(routes.links());
    sent.for_each_receiver(s, [&](int d, double copies) {
      routes.for_each_hop(s, d, [&](int link, double) { one_by_one[static_cast<std::size_t>(link)] += copies; });
    });
    routes.for_each_load(s, sent, sums,
                         [&](int link, double copies) { summed[static_cast<std::size_t>(link)] += copies; });
    CHECK(summed == one_by_one);
  }
}

TEST_CASE("route table: where a program uses few pairs the links of those are as if all were asked for") {
  constexpr int ranks = 48;
  Network network = dumbbell(ranks, 50.0_GBps, 25.0_GBps, 1.0_us);
  int asked = 0;
  network.route = [&asked, whole = network.route](int s, int d) {
    ++asked;
    return whole(s, d);
  };
  Traffic ring(ranks);
  for (int r = 0; r < ranks; ++r) {
    ring.add((r + 5) % ranks, 1);
    ring.end_row();
  }
  const Program p = program(ranks, {collective(std::move(ring), 1.0_KB)});
  const RouteTable routes{network, p};
  CHECK(asked == 2 * ranks);  // both ways
  for (int r = 0; r < ranks; ++r) {
    const int to = (r + 5) % ranks;
    const bool crosses = (r < ranks / 2) != (to < ranks / 2);
    CHECK(routes.latency_s(r, to, {}) == doctest::Approx(crosses ? 3e-6 : 2e-6).epsilon(1e-12));
    const auto links = links_of(routes, r, to);
    CHECK(std::find(links.begin(), links.end(), routes.stand_in(2 * r)) != links.end());
  }
}
