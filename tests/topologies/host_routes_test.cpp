// Routes between hosts and GPUs: their own, another node's, and where the CPU stands in the scale-up domain.

#include <doctest/doctest.h>

#include <string>

#include "sim/catalogue.hpp"
#include "topologies/topology.hpp"

namespace {

using namespace teapot;

Network network_of_yaml(const std::string& yaml, int gpus) {
  const Config config{resolve_named(Config::parse(yaml), "topologies", "fabric")};
  return to_network(build_fabric(config), gpus);
}

std::string names(const Network& network, int source, int destination) {
  std::string all;
  for (const Hop& hop : network.route(source, destination)) {
    all += (all.empty() ? "" : " ") + network.links[static_cast<std::size_t>(hop.link)].name;
  }
  return all;
}

const std::string mpft = "{from: h800-mpft, nodes: 2, host_memory_bandwidth: 600 GB/s}";

}  // namespace

TEST_CASE("host routes: from memory over the CPU and the PCIe switch to a GPU, and back the same way") {
  const Network n = network_of_yaml(mpft, 16);
  REQUIRE(n.passive.size() == 2);
  CHECK(n.nodes[static_cast<std::size_t>(n.passive[1])].name == "memory-1");
  CHECK(names(n, 16, 3) == "mem-0_UP hb-0-3_DOWN pcie-0-3_DOWN");
  CHECK(names(n, 3, 16) == "pcie-0-3_UP hb-0-3_UP mem-0_DOWN");
  CHECK(n.host[3] == 0);
  CHECK(n.host[9] == 1);
}

TEST_CASE("host routes: another node's GPU is reached by the NIC beside the host's bridge") {
  const Network n = network_of_yaml(mpft, 16);
  const std::string there = names(n, 17, 3);
  CHECK(there.starts_with("mem-1_UP hb-1-3_DOWN nic-1-3_UP"));
  CHECK(there.ends_with("nic-0-3_DOWN pcie-0-3_DOWN"));
  const std::string back = names(n, 3, 17);
  CHECK(back.starts_with("pcie-0-3_UP nic-0-3_UP"));
  CHECK(back.ends_with("nic-1-3_DOWN hb-1-3_UP mem-1_DOWN"));
}

TEST_CASE("host routes: in the scale-up domain the CPU is a hop from every GPU over NVLink") {
  const Network n = network_of_yaml("{from: gb200-nvl72, gpus_per_node: 4, host_link: scale-up}", 4);
  CHECK(names(n, 4, 2) == "hb-0_UP nvl-0-2_DOWN");
  CHECK(names(n, 2, 4) == "nvl-0-2_UP hb-0_DOWN");
}
