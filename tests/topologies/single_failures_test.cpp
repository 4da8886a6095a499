// Every fabric with parts that have failed: bytes go another way, whole and over what works, or the fabric says who is
// cut off.

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "sim/catalogue.hpp"
#include "sim/index.hpp"
#include "topologies/topology.hpp"

using namespace teapot;

namespace {

/// A named fabric of two nodes, where it has several.
Fabric small(const std::string& name) {
  Tree tree = resolve_named(name, "topologies", "fabric");
  const Tree* kind = tree.find("kind");
  if (kind->text != "single-switch") set_path(tree, "nodes", parse_yaml("2", "test"));
  return build_fabric(Config{tree});
}

/// Slim fly of the paper is counted only: its q is no power of a prime.
std::vector<std::string> buildable_names() {
  auto names = fabric_names();
  std::erase_if(names, [](const std::string& name) {
    Site site;
    return !figures_of(Config{resolve_named(name, "topologies", "fabric")}, site).no_graph.empty();
  });
  return names;
}

/// What is wrong with a route: every node passes on what it takes in, but for the two ends. Empty where nothing is.
std::string fault(const Network& network, int source, int destination) {
  Route route;
  try {
    route = network.route(source, destination);
  } catch (const ConfigError& e) {
    const std::string said = e.what();
    return said.find(" off from gpu-") != std::string::npos ? "" : said;
  }
  std::map<int, double> left;
  left[network.gpus[at(source)]] = 1;
  left[network.gpus[at(destination)]] -= 1;
  for (const Hop& hop : route) {
    if (hop.link < 0 || at(hop.link) >= network.links.size()) return "a link that is not there";
    left[network.links[at(hop.link)].from] -= hop.share;
    left[network.links[at(hop.link)].to] += hop.share;
  }
  for (const auto& [node, bytes] : left)
    if (std::abs(bytes) > 1e-9) return network.nodes[at(node)].name + " does not pass on what it takes in";
  return {};
}

/// The first fault of any pair among a few GPUs of each node.
std::string first_fault(const Fabric& fabric) {
  const Network network = to_network(fabric, fabric.gpus());
  std::vector<int> ranks;
  for (int node = 0; node < fabric.nodes; ++node)
    for (const int gpu : {0, 1, fabric.gpus_per_node / 2, fabric.gpus_per_node - 1})
      if (gpu < fabric.gpus_per_node) ranks.push_back(node * fabric.gpus_per_node + gpu);
  for (const int a : ranks) {
    for (const int b : ranks) {
      if (a == b) continue;
      if (const auto wrong = fault(network, a, b); !wrong.empty()) return network.name + ": " + wrong;
    }
  }
  return {};
}

/// Cables of the first node, and some of each tier between switches.
std::vector<std::size_t> cables_to_cut(const Fabric& fabric) {
  std::vector<std::size_t> cables;
  std::map<std::string, int> seen;
  for (std::size_t i = 0; i < fabric.links.size(); i += 2)
    if (++seen[fabric.links[i].tier] <= 10) cables.push_back(i);
  return cables;
}

}  // namespace

TEST_CASE(
    "failures: whatever single cable fails in any fabric, bytes go another way or the fabric says who is cut off") {
  for (const auto& name : buildable_names()) {
    CAPTURE(name);
    Fabric fabric = small(name);
    CHECK(first_fault(fabric) == "");
    for (const std::size_t cable : cables_to_cut(fabric)) {
      CAPTURE(fabric.links[cable].name);
      fabric.links[cable].failed = fabric.links[cable + 1].failed = true;
      CHECK(first_fault(fabric) == "");
      fabric.links[cable].failed = fabric.links[cable + 1].failed = false;
    }
  }
}

TEST_CASE("failures: whatever cables fail together, what is left carries every byte that is not cut off") {
  const auto names = buildable_names();
  std::map<std::string, Fabric> known;
  rc::check([&] {
    const auto name = *rc::gen::elementOf(names);
    if (!known.count(name)) known.emplace(name, small(name));
    Fabric fabric = known.at(name);
    const auto count = *rc::gen::inRange(2, 40);
    for (int i = 0; i < count; ++i) fabric.links[*rc::gen::inRange<std::size_t>(0, fabric.links.size())].failed = true;
    RC_ASSERT(first_fault(fabric).empty());
  });
}

TEST_CASE(
    "failures: without its NVLink a GPU is reached over PCIe and the CPU where they join, else over a network that "
    "does") {
  const auto text = [](const std::string& yaml, int a, int b) {
    const Fabric fabric = build_fabric(Config{resolve_named(Config::parse(yaml), "topologies", "fabric")});
    const Network network = to_network(fabric, fabric.gpus());
    std::string names;
    try {
      for (const Hop& hop : network.route(a, b)) names += network.links[at(hop.link)].name + ' ';
    } catch (const ConfigError& e) {
      return std::string{e.what()};
    }
    return names;
  };
  const std::string failed = "nodes: 2, failures: [{link: nvl-0-0}]}";
  CHECK(text("{from: h800-mpft, host_bridge_bandwidth: 32 GB/s, " + failed, 0, 1) ==
        "pcie-0-0_UP hb-0-0_UP hb-0-1_DOWN pcie-0-1_DOWN ");
  CHECK(text("{from: h800-mpft, host_bridge_bandwidth: 32 GB/s, " + failed, 1, 2) == "nvl-0-1_UP nvl-0-2_DOWN ");
  const std::string roce =
      text("{kind: fat-tree, gpus_per_node: 8, nvlink_bandwidth: 200 GB/s, nic_bandwidth: 400 Gbps, " + failed, 0, 1);
  CHECK(roce.find("nic-0-0_UP") != std::string::npos);
  CHECK(roce.find("nic-0-1_DOWN") != std::string::npos);
  CHECK(text("{from: h800-roce, nodes: 8, failures: [{switch: leaf-0-0}]}", 0, 40)
            .find("choose its nodes with deployment.placement") != std::string::npos);
  CHECK(
      text("{kind: single-switch, nodes: 1, gpus_per_node: 4, nvlink_bandwidth: 100 GB/s, failures: [{link: nvl-0-0}]}",
           1, 0) == "fabric single-switch: failures cut gpu-0-1 off from gpu-0-0");
}
