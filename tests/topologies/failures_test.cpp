// Broken and slow parts: what still carries bytes, what is cut off, and what a name must be.

#include <doctest/doctest.h>

#include <algorithm>

#include "sim/catalogue.hpp"
#include "tests/topologies/written.hpp"
#include "topologies/topology.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

bool has(const std::string& where, const std::string& part) { return where.find(part) != std::string::npos; }

std::string refusal(const std::string& yaml, int source = 0, int destination = 1) {
  try {
    const Fabric fabric = testing::build(yaml);
    to_network(fabric, fabric.gpus()).route(source, destination);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "was routed";
}

const Link& link(const Network& network, const std::string& name) {
  return *std::find_if(network.links.begin(), network.links.end(), [&](const Link& l) { return l.name == name; });
}

}  // namespace

TEST_CASE("failures: a failed leaf cable is routed around by way of another spine") {
  const Network whole = to_network(testing::build("{from: h800-mpft, spines: 32, nodes: 64}"), 512);
  CHECK(has(testing::text(whole, 0, 37 * 8), "leaf-0-0-5_UP"));
  for (const char* failed : {"{link: leaf-0-0-5}", "{link: leaf-0-0-5_UP}", "{switch: spine-0-5}"}) {
    const Network network = to_network(
        testing::build(std::string{"{from: h800-mpft, spines: 32, nodes: 64, failures: ["} + failed + "]}"), 512);
    const std::string route = testing::text(network, 0, 37 * 8);
    CHECK(!has(route, "leaf-0-0-5_UP"));
    CHECK(has(route, "leaf-0-0-"));
    CHECK(has(route, "nic-37-0_DOWN"));
  }
}

TEST_CASE("failures: without its plane a GPU is reached over the planes of its neighbours") {
  const Network network = to_network(testing::build("{from: h800-mpft, nodes: 4, failures: [{plane: 3}]}"), 32);
  // To GPU 3 of node 1: the sender's own plane, then NVLink at the receiver.
  CHECK(testing::text(network, 0, 8 + 3) ==
        "pcie-0-0_UP nic-0-0_UP nic-1-0_DOWN pcie-1-0_DOWN nvl-1-0_UP nvl-1-3_DOWN");
  // From GPU 3 of node 0: over NVLink to the GPU in the receiver's plane.
  CHECK(testing::text(network, 3, 8 + 5) ==
        "nvl-0-3_UP nvl-0-5_DOWN pcie-0-5_UP nic-0-5_UP nic-1-5_DOWN pcie-1-5_DOWN");
  // From GPU 3 to GPU 3: any other plane, NVLink at both ends.
  const std::string both = testing::text(network, 3, 8 + 3);
  CHECK(has(both, "nvl-0-3_UP"));
  CHECK(has(both, "nvl-1-3_DOWN"));
  for (const Link& l : network.links) CHECK(!has(l.name, "nic-0-3"));
}

TEST_CASE("failures: seven planes of eight carry an all-to-all evenly, each a seventh more") {
  // 15 nodes: 14 others, so that what the lost plane carried divides by seven
  const Network network = to_network(testing::build("{from: h800-mpft, nodes: 15, failures: [{plane: 3}]}"), 120);
  std::vector<double> load(network.links.size(), 0);
  for (int a = 0; a < 120; ++a)
    for (int b = 0; b < 120; ++b)
      for (const Hop& hop : network.route(a, b)) load[static_cast<std::size_t>(hop.link)] += hop.share;
  for (std::size_t i = 0; i < load.size(); ++i) {
    if (network.links[i].tier != "nic") continue;
    CAPTURE(network.links[i].name);
    CHECK(load[i] >= 8 * 14 * 8 / 7.0 - 2);
    CHECK(load[i] <= 8 * 14 * 8 / 7.0 + 2);
  }
}

TEST_CASE("failures: one failed NIC moves that GPU's traffic and nobody else's") {
  const Network network = to_network(testing::build("{from: h800-mpft, nodes: 4, failures: [{nic: nic-1-3}]}"), 32);
  CHECK(has(testing::text(network, 0, 8 + 3), "nvl-1-3_DOWN"));
  CHECK(testing::text(network, 0, 16 + 3) ==
        "nvl-0-0_UP nvl-0-3_DOWN pcie-0-3_UP nic-0-3_UP nic-2-3_DOWN pcie-2-3_DOWN");
}

TEST_CASE("failures: a GPU that nothing reaches is an error that names both ends") {
  const std::string alone = "{from: h800-mpft, gpus_per_node: 1, planes: 1, nodes: 4, failures: [{nic: nic-1-0}]}";
  CHECK(has(refusal(alone), "cut gpu-0-0 off from gpu-1-0"));
  CHECK(refusal(alone, 0, 2) == "was routed");
}

TEST_CASE("failures: names that are not there are refused, with the nearest that is") {
  CHECK(has(refusal("{from: h800-mpft, nodes: 4, failures: [{nic: nic-9-3}]}"), "nearest: nic-"));
  CHECK(has(refusal("{from: h800-mpft, nodes: 4, failures: [{plane: 8}]}"), "0 to 7"));
  CHECK(has(refusal("{from: h800-mpft, spines: 32, nodes: 64, failures: [{switch: spine-0-99}]}"), "spine-0-9"));
  CHECK(has(refusal("{from: h800-mpft, nodes: 4, failures: [{rack: 8}]}"), "link, nic, switch, plane, tier"));
  CHECK(has(refusal("{from: h800-mpft, nodes: 4, degrade: [{tier: nik, bandwidth: 0.5}]}"), "nic"));
  CHECK(has(refusal("{from: h800-mpft, nodes: 4, failures: [{plane: 1, bandwith: 2}]}"), "bandwith"));
}

TEST_CASE("degrade: slow parts keep their routes, with less bandwidth and more latency") {
  const Network network = to_network(
      testing::build(
          "{from: h800-mpft, nodes: 4, degrade: [{nic: nic-0-3, bandwidth: 0.5, latency: 2}, {tier: nvlink, bandwidth: "
          "0.25}]}"),
      32);
  CHECK(link(network, "nic-0-3_UP").bandwidth == 25.0_GBps);
  CHECK(link(network, "nic-0-3_DOWN").latency.value == doctest::Approx(2 * 500e-9));
  CHECK(link(network, "nic-0-4_UP").bandwidth == 50.0_GBps);
  CHECK(link(network, "nvl-2-1_UP").bandwidth == 50.0_GBps);
  CHECK(testing::text(network, 3, 8 + 3) == "pcie-0-3_UP nic-0-3_UP nic-1-3_DOWN pcie-1-3_DOWN");
}
