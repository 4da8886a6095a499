// Fabrics written from scratch: what a technology is like where nothing is written, and an architect's words.

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/catalogue.hpp"
#include "tests/topologies/written.hpp"
#include "topologies/topology.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

Figures figures(const std::string& yaml) {
  Site site;
  return figures_of(testing::config_of(yaml), site);
}

std::set<std::string> tiers(const Fabric& fabric) {
  std::set<std::string> names;
  for (const auto& link : fabric.links) names.insert(link.tier);
  return names;
}

std::string refused(const std::string& yaml) {
  try {
    testing::build(yaml);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "accepted";
}

const std::string scratch =
    "kind: fat-tree, nodes: 4, gpus_per_node: 8, nvlink_bandwidth: 450 GB/s, nic_bandwidth: 400 Gbps";

}  // namespace

TEST_CASE("technology: a fabric from scratch has latency on every link, a PCIe bus and a cost of messages") {
  const Fabric fabric = testing::build("{" + scratch + "}");
  for (const auto& link : fabric.links) {
    CAPTURE(link.name);
    CHECK(link.latency > Seconds{});
  }
  CHECK(tiers(fabric).count("pcie") == 1);
  CHECK(fabric.nic_message_overhead.value == doctest::Approx(1.5e-6));
  CHECK(fabric.nvlink_message_overhead > Seconds{});
}

TEST_CASE("technology: zero is what is written as zero, and `ideal` writes all of them") {
  const Fabric ideal = testing::build("{" + scratch + ", technology: ideal}");
  for (const auto& link : ideal.links) CHECK(link.latency == Seconds{});
  CHECK(tiers(ideal).count("pcie") == 0);
  const Fabric own = testing::build("{" + scratch + ", nic_latency: 0 ns, switch_latency: 0 ns}");
  for (const auto& link : own.links) {
    if (link.tier == "nic") CHECK(link.latency == Seconds{});
    if (link.tier == "pcie") CHECK(link.latency > Seconds{});
  }
}

TEST_CASE("technology: a name or a list gives bandwidths too, and Ethernet hashes its flows") {
  const Fabric fabric =
      testing::build("{kind: fat-tree, nodes: 4, gpus_per_node: 8, technology: [roce-200g, nvlink-5]}");
  CHECK(fabric.policy.paths == RoutingPolicy::Paths::ecmp);
  for (const auto& link : fabric.links) {
    if (link.tier == "nvlink") CHECK(link.bandwidth == 900.0_GBps);
    if (link.tier == "nic") CHECK(link.bandwidth == 200.0_Gbps);
  }
  CHECK(refused("{" + scratch + ", technology: infinband-ndr}").find("did you mean \"infiniband-ndr\"") !=
        std::string::npos);
}

TEST_CASE("technology: every one that is there builds, with latency unless it is ideal") {
  for (const auto& name : names_in("topologies/technologies")) {
    CAPTURE(name);
    const bool network = name.starts_with("infiniband") || name.starts_with("roce");
    const Fabric fabric = testing::build(
        network ? fmt::format("{{kind: fat-tree, nodes: 4, technology: {}}}", name)
                : fmt::format("{{kind: single-switch, nodes: 1, gpus_per_node: 4, nvlink_bandwidth: 10 GB/s, "
                              "technology: {}}}",
                              name));
    REQUIRE(!fabric.links.empty());
    for (const auto& link : fabric.links) CHECK((link.latency > Seconds{}) == (name != "ideal"));
  }
}

TEST_CASE("oversubscription: so many ports down for each up, as a number or a ratio") {
  const std::string wide = "kind: fat-tree, nodes: 96, gpus_per_node: 1, nic_bandwidth: 400 Gbps, radix: 64";
  const double full = figures("{" + wide + "}").bisection.value;
  CHECK(figures("{" + wide + ", oversubscription: 3}").bisection.value == doctest::Approx(full / 3));
  CHECK(figures("{" + wide + ", oversubscription: 3:1}").bisection.value == doctest::Approx(full / 3));
  CHECK(figures("{" + wide + ", oversubscription: 1}").bisection.value == doctest::Approx(full));
  CHECK(refused("{" + wide + ", oversubscription: 3, uplinks: 16}").find("not both") != std::string::npos);
  CHECK(refused("{" + wide + ", oversubscription: 0.5}").find("at least 1") != std::string::npos);
  CHECK(refused("{" + wide + ", oversubscription: much}").find("such as 3 or 3:1") != std::string::npos);
}

TEST_CASE("fat-tree: takes a third layer when two cannot carry its endpoints, and says so where layers are written") {
  CHECK(figures("{from: h800-mpft, nodes: 2048}").diameter == 2);
  CHECK(figures("{from: h800-mpft, nodes: 4096}").diameter == 4);
  CHECK(figures("{from: h800-mrft, nodes: 1024}").diameter == 4);
  CHECK(refused("{from: h800-mpft, nodes: 4096, layers: 2}").find("carries at most 2048") != std::string::npos);
  CHECK(refused("{from: h800-mpft, layers: 3, uplinks: 16}").find("two layers") != std::string::npos);
}

TEST_CASE("planes_failed: the first planes carry nothing, and one must be left") {
  const Fabric fabric = testing::build("{from: h800-mpft, nodes: 4, planes_failed: 2}");
  for (const Port& port : fabric.ports) CHECK(fabric.link(port.cable.up).failed == (port.plane < 2));
  CHECK(refused("{from: h800-roce, nodes: 4, planes_failed: 1}").find("failures takes a switch away") !=
        std::string::npos);
  CHECK(refused("{from: h800-mpft, nodes: 4, planes_failed: 8}").find("must leave one of the 8 planes") !=
        std::string::npos);
}
