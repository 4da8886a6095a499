// Transports as data, and what a fabric takes from its own.

#include "topologies/transport.hpp"

#include <doctest/doctest.h>

#include "sim/catalogue.hpp"
#include "topologies/topology.hpp"

using namespace teapot;

namespace {

Fabric carried(const std::string& more) {
  return build_fabric(Config::parse(
      "{kind: leaf-spine, nodes: 4, gpus_per_node: 2, down_ports: 4, up_ports: 4, nic_bandwidth: 400 Gbps" + more +
      "}"));
}

}  // namespace

TEST_CASE("transport: without one, or in a scale-up domain, nothing stops") {
  CHECK(carried("").backlog.share == 0);
  const Network network = to_network(carried(", transport: roce-pfc-dcqcn, nvlink_bandwidth: 450 GB/s"), 8);
  CHECK(network.backlog.share == 1);
  CHECK(network.backlog.input_buffer == Bytes{60e3});
  for (const Link& link : network.links)
    CHECK(link.stops == (link.tier != "nvlink" && link.tier != "pcie" && link.tier != "bridge"));
}

TEST_CASE("transport: each of the folder is read, and routes packets where a fabric does not say how") {
  using Paths = RoutingPolicy::Paths;
  for (const auto& name : names_in("topologies/transports"))
    CHECK((carried(", transport: " + name).backlog.share > 0) == (name != "roce-voq"));
  CHECK(carried(", transport: roce-pfc-dcqcn").policy.paths == Paths::ecmp);
  CHECK(carried(", transport: receiver-driven").policy.paths == Paths::adaptive);
  CHECK(carried(", transport: infiniband-credit").policy.paths == Paths::fixed);
  CHECK(carried(", transport: receiver-driven, technology: roce-400g").policy.paths == Paths::adaptive);
  CHECK(carried(", transport: receiver-driven, routing: static").policy.paths == Paths::fixed);
}

TEST_CASE("transport: changed in place, or wrong, with a line that says what there is") {
  CHECK(carried(", transport: {from: roce-pfc-dcqcn, input_buffer: 1 MB}").backlog.input_buffer == Bytes{1e6});
  CHECK_THROWS_WITH_AS(carried(", transport: roce-pfc"), doctest::Contains("unknown transport"), ConfigError);
  CHECK_THROWS_WITH_AS(carried(", transport: {blocking: 2}"), doctest::Contains("blocking"), ConfigError);
  CHECK_THROWS_WITH_AS(carried(", transport: {bloking: 1}"), doctest::Contains("bloking"), ConfigError);
}
