// Policies: how evenly they load the links, and what each promises.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "sim/catalogue.hpp"
#include "topologies/topology.hpp"

using namespace teapot;

namespace {

Network network_of(const std::string& yaml, int gpus) {
  return to_network(build_fabric(Config{resolve_named(Config::parse(yaml), "topologies", "fabric")}), gpus);
}

/// Most bytes on a link of a tier when every rank sends one to every other.
double busiest(const Network& network, const std::string& tier) {
  std::vector<double> load(network.links.size(), 0);
  for (int a = 0; a < network.ranks(); ++a)
    for (int b = 0; b < network.ranks(); ++b)
      for (const Hop& hop : network.route(a, b)) load[static_cast<std::size_t>(hop.link)] += hop.share;
  double most = 0;
  for (std::size_t i = 0; i < load.size(); ++i)
    if (network.links[i].tier == tier) most = std::max(most, load[i]);
  return most;
}

bool same(const Route& a, const Route& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Hop& x, const Hop& y) { return x.link == y.link && x.share == y.share; });
}

double hops(const Network& network, const Route& route, const std::string& tier) {
  double sum = 0;
  for (const Hop& hop : route)
    if (network.links[static_cast<std::size_t>(hop.link)].tier == tier) sum += hop.share;
  return sum;
}

const std::string one_plane = "{kind: fat-tree, radix: 16, nodes: 64, nic_bandwidth: 400 Gbps, routing: ";

}  // namespace

TEST_CASE("d-mod-k: an all-to-all loads every leaf cable alike, one destination to a cable of its leaf") {
  // 8 endpoints a leaf, 8 spines: each cable up carries what 8 senders have for one endpoint of 7 other leaves.
  const Network network = network_of(one_plane + "static}", 64);
  CHECK(busiest(network, "leaf") == 8 * 7);
  CHECK(busiest(network, "nic") == 63);
}

TEST_CASE("d-mod-k: three layers and parallel cables load the cables alike too") {
  const Network three = network_of("{kind: fat-tree, layers: 3, radix: 8, nodes: 128, nic_bandwidth: 400 Gbps}", 128);
  CHECK(busiest(three, "leaf") <= 127);
  CHECK(busiest(three, "core") <= 127);
  const Network parallel = network_of("{kind: fat-tree, radix: 16, spines: 2, nodes: 32, nic_bandwidth: 400 Gbps}", 32);
  CHECK(busiest(parallel, "leaf") == 8 * 3);
}

TEST_CASE("adaptive: an all-to-all loads every leaf cable exactly alike") {
  const Network network = network_of(one_plane + "adaptive}", 64);
  CHECK(busiest(network, "leaf") == doctest::Approx(8.0 * 56 / 8));
}

TEST_CASE("ecmp: flows collide as the seed has it, the same seed the same way") {
  const Network one = network_of(one_plane + "{policy: ecmp, seed: 1}}", 64);
  const Network again = network_of(one_plane + "{policy: ecmp, seed: 1}}", 64);
  const Network two = network_of(one_plane + "{policy: ecmp, seed: 2}}", 64);
  CHECK(busiest(one, "leaf") > 8 * 7);
  int different = 0;
  for (int b = 8; b < 64; ++b) {
    CHECK(same(one.route(0, b), again.route(0, b)));
    different += !same(one.route(0, b), two.route(0, b));
  }
  CHECK(different > 28);  // of 56, each with 8 spines to fall on
}

TEST_CASE("ecmp: more flows for a pair spread it over more cables") {
  const Network network = network_of(one_plane + "{policy: ecmp, flows: 16}}", 64);
  CHECK(network.route(0, 63).size() > 2 + 2 * 4);
}

TEST_CASE("valiant: goes by way of other switches, twice as far as minimal at most") {
  const Network minimal = network_of("{from: slim-fly, routing: static}", 1936);
  const Network detour = network_of("{from: slim-fly, routing: {policy: valiant, intermediates: 2}}", 1936);
  for (int b = 8; b < 1936; b += 200) {
    const auto length = [&](const Network& network) {
      const Route route = network.route(0, b);
      return hops(network, route, "column") + hops(network, route, "cross");
    };
    CHECK(length(minimal) <= 2);
    CHECK(length(detour) >= 2);
    CHECK(length(detour) <= 4);
  }
}

TEST_CASE("ugal: sends the part on minimal paths that balances hops, or the part it is told") {
  const Network told = network_of("{from: dragonfly, routing: {policy: ugal, minimal_share: 1}}", 1056);
  const Network adaptive = network_of("{from: dragonfly, routing: adaptive}", 1056);
  const Network balanced = network_of("{from: dragonfly, routing: ugal}", 1056);
  for (int b = 100; b < 1056; b += 250) {
    CHECK(hops(told, told.route(0, b), "global") == doctest::Approx(hops(adaptive, adaptive.route(0, b), "global")));
    const double global = hops(balanced, balanced.route(0, b), "global");
    CHECK(global > 1);
    CHECK(global < 2);
  }
}

TEST_CASE("dragonfly: minimal routes take one global cable, never two") {
  const Network network = network_of("{from: dragonfly}", 1056);
  for (int a = 0; a < 1056; a += 97)
    for (int b = 0; b < 1056; b += 13) CHECK(hops(network, network.route(a, b), "global") <= 1);
}

TEST_CASE("torus: static routing goes along the first dimension first") {
  const Network network = network_of("{from: torus-3d}", 2048);
  for (int b = 8; b < 2048; b += 333) {
    int dimension = 0;
    for (const Hop& hop : network.route(0, b)) {
      const std::string& tier = network.links[static_cast<std::size_t>(hop.link)].tier;
      if (!tier.starts_with("dimension-")) continue;
      const int now = tier.back() - '0';
      CHECK(now >= dimension);
      dimension = now;
    }
  }
}

TEST_CASE("other rails: over NVLink at the sender, at the receiver, or through the spine") {
  const auto tiers = [](const std::string& cross, int destination) {
    const Network network = network_of("{from: h800-mrft, nodes: 32, routing: {cross_plane: " + cross + "}}", 256);
    const Route route = network.route(0, destination);
    return std::pair{hops(network, route, "nvlink"), hops(network, route, "leaf")};
  };
  CHECK(tiers("source", 8 + 3) == std::pair{2.0, 0.0});
  CHECK(tiers("destination", 8 + 3) == std::pair{2.0, 0.0});
  CHECK(tiers("network", 8 + 3) == std::pair{0.0, 2.0});
}

TEST_CASE("NICs: two for a GPU share its bytes, two GPUs of one NIC share its cable, ports of planes split a message") {
  const Network two = network_of("{from: h800-mpft, nodes: 4, nics_per_gpu: 2}", 32);
  CHECK(hops(two, two.route(0, 8), "nic") == doctest::Approx(2));
  CHECK(two.route(0, 8).size() == 2 + 4);  // pcie up and down once, each NIC at both ends
  const Network shared = network_of("{from: h800-mpft, nodes: 4, gpus_per_nic: 2}", 32);
  CHECK(shared.route(0, 8)[1].link == shared.route(1, 9)[1].link);
  CHECK(shared.links[static_cast<std::size_t>(shared.route(0, 8)[1].link)].tier == "nic");
  const Network ports = network_of("{from: multiport-mpft, nodes: 4}", 32);
  const Route route = ports.route(0, 8);
  CHECK(hops(ports, route, "nic") == doctest::Approx(2));
  CHECK(std::count_if(route.begin(), route.end(), [](const Hop& hop) { return hop.share == 0.25; }) == 8);
}
