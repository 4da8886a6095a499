// What is kept of routes and matrices, against the pairs' routes one by one, on every fabric.

#include "sim/route_facts.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <numeric>

#include "sim/random.hpp"
#include "tests/topologies/pair_by_pair.hpp"
#include "tests/topologies/written.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

/// A sampled matrix: counts of a shape in which everybody is a column of everybody, a third of them 0.
std::shared_ptr<const Traffic> drawn(int ranks, std::uint64_t seed) {
  std::vector<int> all(static_cast<std::size_t>(ranks));
  std::iota(all.begin(), all.end(), 0);
  const auto shape = std::make_shared<const TrafficShape>(std::vector<std::vector<int>>{all},
                                                          std::vector<std::size_t>(static_cast<std::size_t>(ranks)));
  Random random{seed};
  std::vector<std::uint16_t> counts(shape->places());
  for (int s = 0; s < ranks; ++s) {
    for (int d = 0; d < ranks; ++d) {
      const std::uint64_t count = random.next() % 900;
      if (s != d && count < 600)
        counts[shape->begin(s) + static_cast<std::size_t>(d)] = static_cast<std::uint16_t>(count);
    }
  }
  return std::make_shared<const Traffic>(shape, std::move(counts));
}

Program exchange(int ranks, std::shared_ptr<const Traffic> traffic) {
  Program program{ranks, {"communication"}, {}};
  Collective collective;
  collective.traffic = std::move(traffic);
  Operator op;
  op.work = std::move(collective);
  program.operators.push_back(std::move(op));
  return program;
}

template <class Block>
std::vector<double> by_link(const RouteFacts& facts, std::span<const Block> blocks) {
  std::vector<double> copies(facts.routes.links());
  for (const Block& block : blocks) {
    for (std::size_t i = 0; i < places_in_block; ++i) {
      if (block.copies[i] == 0) continue;
      copies[static_cast<std::size_t>(facts.places.link_at.at(block.number * places_in_block + i))] += block.copies[i];
    }
  }
  return copies;
}

}  // namespace

TEST_CASE(
    "route facts: what ranks put on links together is the sum over pairs, asked for once or again, on every fabric") {
  int with_parts = 0;
  on_every_fabric({"static", "ecmp"}, [&](const Fabric& fabric) {
    const int ranks = std::min(fabric.gpus(), 40);
    const auto traffic = drawn(ranks, 7);
    KnownRoutes known;
    const auto facts = known.of(to_network(fabric, ranks), exchange(ranks, traffic));
    if (!facts->routes.has_parts() || ranks < 2) return;
    ++with_parts;
    REQUIRE(facts->loads);
    const auto loads = facts->loads->of(traffic);
    std::vector<int> all(static_cast<std::size_t>(ranks));
    std::iota(all.begin(), all.end(), 0);
    for (const auto& batch : {std::vector<int>{1}, {0, ranks - 1}, {1}, all, {ranks / 2}, {0, ranks - 1}}) {
      CHECK(by_link(*facts, facts->loads->together(*loads, *traffic, batch)) ==
            pair_by_pair(facts->routes, *traffic, batch));
    }
    CHECK(by_link(*facts, facts->loads->alone(*loads, *traffic, 1)) == pair_by_pair(facts->routes, *traffic, {1}));
    CHECK(facts->loads->of(traffic) == loads);
  });
  CHECK(with_parts > 10);
}

TEST_CASE("route facts: programs share them where routes and latencies are the same, whatever the bandwidth") {
  const std::string fabric = "{from: h800-mpft, nodes: 16}";
  const auto traffic = drawn(64, 3);
  const Program program = exchange(64, traffic);
  KnownRoutes known;
  const auto of = [&](const std::string& yaml) { return known.of(to_network(build(yaml), 64), program); };
  const auto facts = of(fabric);
  CHECK(of(fabric) == facts);
  CHECK(of("{from: h800-mpft, nodes: 16, nic_bandwidth: 390 Gbps}") == facts);
  CHECK(of("{from: h800-mpft, nodes: 16, switch_latency: 301 ns}") != facts);
  CHECK(of("{from: h800-mpft, nodes: 16, routing: ecmp, radix: 8}") != facts);
  CHECK(of("{from: h800-mrft, nodes: 16}") != facts);
  CHECK(of(fabric) == facts);
}

TEST_CASE("route facts: of matrices too large to be kept there are no loads, and of others the last ones") {
  KnownRoutes known;
  const Fabric fabric = build("{from: h800-mpft, nodes: 512}");
  const int ranks = 3000;
  const auto facts = known.of(to_network(fabric, ranks), exchange(ranks, std::make_shared<const Traffic>(ranks)));
  CHECK_FALSE(facts->loads);
  // Nor of one that sends more than the sums have room for.
  const Fabric small = build("{from: h800-mpft, nodes: 2}");
  const auto shape = std::make_shared<const TrafficShape>(std::vector<std::vector<int>>{{1, 2}, {}},
                                                          std::vector<std::size_t>{0, 1, 1, 1});
  const auto few = std::make_shared<const Traffic>(shape, std::vector<std::uint16_t>{65535, 0});
  const auto many = std::make_shared<const Traffic>(shape, std::vector<std::uint16_t>{65535, 1});
  const auto of_small = known.of(to_network(small, 4), exchange(4, many));
  CHECK(of_small->loads->of(few));
  CHECK_FALSE(of_small->loads->of(many));
  Recent<int, int> recent{2};
  recent.add(1, 10);
  recent.add(2, 20);
  recent.add(3, 30);
  CHECK(recent.find(1) == nullptr);
  CHECK(*recent.find(2) == 20);
  CHECK(*recent.find(3) == 30);
}
