// Who waits for which link, found many ranks at a time, against all pairs of a group one by one.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "sim/collective_support.hpp"
#include "tests/topologies/written.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

using Waiting = std::vector<std::set<int>>;  // by link

Waiting pair_by_pair(const RouteTable& routes, const std::vector<int>& groups) {
  Waiting waiting(routes.links());
  const int ranks = static_cast<int>(groups.size());
  for (int s = 0; s < ranks; ++s) {
    for (int d = 0; d < ranks; ++d) {
      if (s == d || groups[static_cast<std::size_t>(s)] != groups[static_cast<std::size_t>(d)]) continue;
      routes.for_each_hop(s, d, [&](int link, double) { waiting[static_cast<std::size_t>(link)].insert({s, d}); });
    }
  }
  return waiting;
}

Waiting told(const Support& support) {
  Waiting waiting;
  for (const auto& words : *support.words) {
    auto& ranks = waiting.emplace_back();
    for (std::size_t w = 0; w < words.count; ++w) {
      for (int bit = 0; bit < 64; ++bit) {
        if ((support.touch[words.at + w] >> bit & 1U) != 0)
          ranks.insert(static_cast<int>(64 * (words.first + w)) + bit);
      }
    }
  }
  return waiting;
}

}  // namespace

TEST_CASE("support: ranks that wait for links of their groups, on every fabric whose routes have parts") {
  int with_parts = 0;
  for (const auto& name : fabric_names()) {
    CAPTURE(name);
    const Config config = config_of("{from: " + name + "}");
    Site site;
    const Figures figures = figures_of(config, site);
    if (!figures.no_graph.empty() || site.endpoints() > 20'000) continue;
    const Fabric fabric = build_fabric(config);
    for (const int ranks : {144, 336}) {  // under one leaf and under two of the shipped planes
      if (fabric.gpus() < ranks) continue;
      Program program;
      program.ranks = ranks;
      program.streams = {"communication"};
      const RouteTable routes{to_network(fabric, ranks), program};
      if (!routes.has_parts()) continue;
      ++with_parts;
      for (const int size : {ranks, 48}) {
        CAPTURE(size);
        const auto traffic = std::make_shared<const Traffic>(all_to_all(groups_of(ranks, size), 1));
        Supports supports{routes, routes.links(), ranks};
        const auto& support = supports.of(traffic, Collective::Start::sender);
        REQUIRE(support->by_group);
        const Waiting waiting = told(*support);
        CHECK(waiting == pair_by_pair(routes, *traffic->groups));
        CHECK(support->like.empty());
      }
    }
  }
  CHECK(with_parts > 8);
}

TEST_CASE("support: of many ranks, links that the same ones wait for are known, and the first of them is named") {
  for (const char* name : {"h800-mpft", "h800-mrft"}) {
    CAPTURE(name);
    const int ranks = 520;
    Program program;
    program.ranks = ranks;
    program.streams = {"communication"};
    const RouteTable routes{to_network(build_fabric(config_of(std::string{"{from: "} + name + "}")), ranks), program};
    const auto traffic = std::make_shared<const Traffic>(all_to_all(groups_of(ranks, 104), 1));
    Supports supports{routes, routes.links(), ranks};
    const auto support = supports.of(traffic, Collective::Start::sender);
    const Waiting waiting = told(*support);
    REQUIRE(support->like.size() == waiting.size());
    for (std::size_t link = 0; link < waiting.size(); ++link) {
      const auto same = std::find(waiting.begin(), waiting.end(), waiting[link]);
      CHECK(support->like[link] == same - waiting.begin());
    }
  }
}

TEST_CASE("support: a matrix that lacks a few pairs has that of its groups less those pairs, as pair by pair") {
  const Fabric fabric = build_fabric(config_of("{from: h800-mpft}"));
  const int ranks = 64;
  Program program;
  program.ranks = ranks;
  program.streams = {"communication"};
  const RouteTable routes{to_network(fabric, ranks), program};
  REQUIRE(routes.knows_all_pairs());
  for (const int size : {64, 16}) {
    Supports supports{routes, routes.links(), ranks};
    const auto groups = groups_of(ranks, size);
    for (const unsigned lacking : {1U, 7U, 3U, 5U, 2U}) {  // of each hundred pairs, and some ranks send nothing at all
      CAPTURE(size);
      CAPTURE(lacking);
      Traffic traffic(ranks);
      std::uint64_t state = lacking;
      Waiting waiting(routes.links());
      std::vector<int> senders(static_cast<std::size_t>(ranks));
      std::vector<double> latest(static_cast<std::size_t>(ranks));
      for (int s = 0; s < ranks; ++s) {
        for (int d = 0; d < ranks; ++d) {
          state = state * 6364136223846793005U + 1442695040888963407U;
          if (s == d || s / size != d / size || (state >> 33) % 100 < lacking || s == static_cast<int>(lacking))
            continue;
          traffic.add(d, 1);
          routes.for_each_hop(s, d, [&](int link, double) { waiting[static_cast<std::size_t>(link)].insert({s, d}); });
          ++senders[static_cast<std::size_t>(d)];
          double& last = latest[static_cast<std::size_t>(d)];
          last = std::max(last, routes.latency_s(s, d, routes.tier_latencies_s(nullptr)));
        }
        traffic.end_row();
      }
      traffic.groups = groups;
      const auto shared = std::make_shared<const Traffic>(traffic);
      const auto support = supports.of(shared, Collective::Start::sender);
      REQUIRE(!support->by_group);
      CHECK(told(*support) == waiting);
      CHECK(support->senders == senders);
      CHECK(*supports.latencies(*support, *shared, Collective::Start::sender, nullptr) == latest);
    }
  }
}
