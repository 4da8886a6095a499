// Chooses nodes and renumbers the GPUs of a network.
// Does not know what runs on them.

#include "topologies/allocation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "sim/index.hpp"
#include "sim/random.hpp"
#include "topologies/topology.hpp"

namespace teapot {
namespace {

std::vector<int> listed(const Config& list, int needed, int there) {
  std::vector<int> nodes;
  std::set<int> seen;
  for (const Config& item : list.items()) {
    const int node = item.as_non_negative<int>();
    if (node >= there) item.fail(fmt::format("the fabric has nodes 0 to {}", there - 1));
    if (!seen.insert(node).second) item.fail(fmt::format("names node {} twice", node));
    nodes.push_back(node);
  }
  if (static_cast<int>(nodes.size()) != needed) list.fail(fmt::format("the job needs {} nodes", needed));
  return nodes;
}

/// As far apart as numbers allow.
std::vector<int> scattered(int needed, int there) {
  std::vector<int> nodes;
  for (int i = 0; i < needed; ++i) nodes.push_back(static_cast<int>(std::int64_t{i} * there / needed));
  return nodes;
}

/// The first of a shuffle (Fisher and Yates), in the order of their numbers, as schedulers hand nodes out.
std::vector<int> by_chance(int needed, int there, std::uint64_t seed) {
  std::vector<int> nodes(at(there));
  std::iota(nodes.begin(), nodes.end(), 0);
  Random random{seed, std::uint64_t{0x706c616365}};
  for (int i = 0; i < needed; ++i)
    std::swap(nodes[at(i)], nodes[at(i) + random.below(static_cast<std::uint32_t>(there - i))]);
  nodes.resize(at(needed));
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

const About placement_about{
    "Which nodes of the fabric it gets: packed (neighbours), scattered (far apart), random, or a list of their numbers",
    "scattered", "packed"};

int nodes_for(const Fabric& fabric, int gpus) { return (gpus + fabric.gpus_per_node - 1) / fabric.gpus_per_node; }

}  // namespace

std::vector<int> read_allocation(const Config& section, const Fabric& fabric, int gpus, std::uint64_t seed) {
  if (!section.has("placement", placement_about)) return {};
  const int needed = nodes_for(fabric, gpus);
  const int there = fabric.gpus() / fabric.gpus_per_node;
  const Config placement = section.at("placement");
  if (!placement.is_scalar()) return listed(placement, needed, there);
  const std::string word = section.choice_or("placement", {"packed", "scattered", "random"}, "packed", placement_about);
  if (word == "packed" || needed >= there) return {};
  return word == "scattered" ? scattered(needed, there) : by_chance(needed, there, seed);
}

std::vector<int> read_allocation(const Config& section, const Fabric& fabric, int gpus, std::uint64_t seed,
                                 const std::set<int>& taken) {
  const int needed = nodes_for(fabric, gpus);
  std::vector<int> left;
  for (int node = 0; node < fabric.gpus() / fabric.gpus_per_node; ++node) {
    if (!taken.contains(node)) left.push_back(node);
  }
  if (section.has("placement") && !section.at("placement").is_scalar()) {
    const std::vector<int> nodes = listed(section.at("placement"), needed, fabric.gpus() / fabric.gpus_per_node);
    for (const int node : nodes) {
      if (taken.contains(node)) section.at("placement").fail(fmt::format("another job has node {}", node));
    }
    return nodes;
  }
  const int there = static_cast<int>(left.size());
  if (needed > there) {
    section.fail(fmt::format("{} nodes are needed for {} GPUs, and the jobs before have left {}", needed, gpus, there));
  }
  const std::string word = section.choice_or("placement", {"packed", "scattered", "random"}, "packed");
  std::vector<int> nodes(at(needed));
  std::iota(nodes.begin(), nodes.end(), 0);
  if (word == "scattered") nodes = scattered(needed, there);
  if (word == "random") nodes = by_chance(needed, there, seed);
  for (int& node : nodes) node = left[at(node)];
  return nodes;
}

std::vector<int> gpus_of(const Fabric& fabric, const std::vector<int>& nodes, int gpus) {
  std::vector<int> numbers;
  for (const int node : nodes) {
    for (int g = 0; g < fabric.gpus_per_node && static_cast<int>(numbers.size()) < gpus; ++g)
      numbers.push_back(node * fabric.gpus_per_node + g);
  }
  return numbers;
}

Network on_nodes(const Fabric& fabric, const std::vector<int>& nodes, int gpus) {
  return on_gpus(fabric, gpus_of(fabric, nodes, gpus));
}

Network on_gpus(const Fabric& fabric, const std::vector<int>& gpus) {
  const int last = *std::max_element(gpus.begin(), gpus.end()) / fabric.gpus_per_node;
  Network network = to_network(fabric, std::min(fabric.gpus(), (last + 1) * fabric.gpus_per_node));
  const auto chosen = std::make_shared<const std::vector<int>>(gpus);
  const std::vector<int> all_gpus = network.gpus, all_domains = network.domain, all_hosts = network.host,
                         all_alike = network.alike;
  std::map<int, int> domains;  // of the whole fabric: counted from 0 in the order of ranks
  network.gpus.clear();
  network.domain.clear();
  network.host.clear();
  network.alike.clear();
  for (const int gpu : *chosen) {
    network.gpus.push_back(all_gpus[at(gpu)]);
    if (!all_hosts.empty()) network.host.push_back(all_hosts[at(gpu)]);
    if (!all_alike.empty()) network.alike.push_back(all_alike[at(gpu)]);
    const int next = static_cast<int>(domains.size());
    network.domain.push_back(domains.emplace(all_domains[at(gpu)], next).first->second);
  }
  const int before = static_cast<int>(all_gpus.size());  // hosts are counted after the GPUs
  network.route = [route = network.route, chosen, before](int source, int destination) {
    const int ranks = static_cast<int>(chosen->size());
    const auto number = [&](int endpoint) {
      return endpoint < ranks ? (*chosen)[at(endpoint)] : before + endpoint - ranks;
    };
    return route(number(source), number(destination));
  };
  return network;
}

}  // namespace teapot
