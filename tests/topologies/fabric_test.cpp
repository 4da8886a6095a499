// The two first fabrics: sizes, names and routes.

#include <doctest/doctest.h>

#include <chrono>

#include "sim/catalogue.hpp"
#include "tests/topologies/written.hpp"
#include "topologies/topology.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

Fabric named(const std::string& name) { return build_fabric(Config{resolve_named(name, "topologies", "fabric")}); }

}  // namespace

TEST_CASE("h800-mpft: 256 nodes of 8 GPUs, eight planes of 8 leaves and 4 spines") {
  const Fabric fabric = named("h800-mpft");
  CHECK(fabric.gpus() == 2048);
  const Network network = to_network(fabric, 2048);
  int leaves = 0, spines = 0;
  for (const Node& node : network.nodes) {
    leaves += node.role == "leaf";
    spines += node.role == "spine";
  }
  CHECK(leaves == 8 * 256 / 32);
  CHECK(spines == 8 * 4);  // 8 leaves x 32 uplinks / 64 ports
  CHECK(network.domain[0] == 0);
  CHECK(network.domain[2047] == 255);
}

TEST_CASE("h800-mpft: routes stay on NVLink, in the leaf, or climb to the spine of the destination") {
  const Network network = to_network(named("h800-mpft"), 512);
  CHECK(testing::text(network, 0, 0) == "");
  CHECK(testing::text(network, 0, 3) == "nvl-0-0_UP nvl-0-3_DOWN");
  CHECK(testing::text(network, 0, 8) == "pcie-0-0_UP nic-0-0_UP nic-1-0_DOWN pcie-1-0_DOWN");
  // node 37 is the fifth of leaf 1: 37 mod 32 = 5
  CHECK(testing::text(network, 0, 37 * 8) ==
        "pcie-0-0_UP nic-0-0_UP leaf-0-0-1-1_UP leaf-0-1-1-1_DOWN nic-37-0_DOWN pcie-37-0_DOWN");
  CHECK(
      testing::text(network, 0, 37 * 8 + 3) ==
      "nvl-0-0_UP nvl-0-3_DOWN pcie-0-3_UP nic-0-3_UP leaf-3-0-1-1_UP leaf-3-1-1-1_DOWN nic-37-3_DOWN pcie-37-3_DOWN");
}

TEST_CASE("gb200-nvl72: 72 GPUs, one hop through the NVLink switch at 900 GB/s") {
  const Network network = to_network(named("gb200-nvl72"), 72);
  CHECK(testing::text(network, 0, 71) == "nvl-0-0_UP nvl-0-71_DOWN");
  CHECK(network.links[0].bandwidth == 900.0_GBps);
  CHECK(network.domain[71] == 0);
}

TEST_CASE("fabric: parameters change in place, latencies may be zero") {
  const auto config = Config::parse("{from: h800-mpft, gpus_per_node: 1, planes: 1, nodes: 256, nic_latency: 0 ns}");
  const Fabric fabric = build_fabric(Config{resolve_named(config, "topologies", "fabric")});
  CHECK(fabric.gpus() == 256);
  CHECK(testing::text(to_network(fabric, 64), 0, 1) == "pcie-0-0_UP nic-0-0_UP nic-1-0_DOWN pcie-1-0_DOWN");
}

TEST_CASE("fabric: what cannot be built is refused with a reason") {
  const auto build = [](const std::string& yaml) {
    return build_fabric(Config{resolve_named(Config::parse(yaml), "topologies", "fabric")});
  };
  CHECK(build("{from: h800-mpft, nodes: 3000}").gpus() == 24000);  // grows by a layer
  CHECK_THROWS_AS(build("{from: h800-mpft, layers: 2, nodes: 3000}"), ConfigError);
  CHECK_THROWS_AS(build("{from: h800-mpft, planes: 3}"), ConfigError);
  CHECK_THROWS_AS(build("{from: h800-mpft, radixx: 3}"), ConfigError);
  CHECK_THROWS_AS(build("{from: gb200-nvl72, nodes: 2}"), ConfigError);
  CHECK_THROWS_AS(build("{from: h800-mpft, kind: fattree}"), ConfigError);
  CHECK_THROWS_AS(build("{from: h800-mpft, nic_bandwidth: -5 GB/s}"), ConfigError);
  CHECK_THROWS_AS(to_network(named("gb200-nvl72"), 73), ConfigError);
}

TEST_CASE("h800-mpft: a route takes microseconds at worst, since every pair of 2,048 ranks is asked for") {
  const Network network = to_network(named("h800-mpft"), 2048);
  const auto begin = std::chrono::steady_clock::now();
  std::size_t hops = 0;
  for (int i = 0; i < 2048; i += 8)
    for (int j = 0; j < 2048; ++j) hops += network.route(i, j).size();
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  CHECK(hops > 0);
  CHECK(spent.count() / (256 * 2048) < 1e-5);
}
