// Finds the links that a failure or a slow part is about.
// Does not know what that does to routes.

#include "topologies/failures.hpp"

#include <fmt/format.h>

#include <unordered_map>

namespace teapot {
namespace {

using Names = std::unordered_map<std::string, std::vector<int>>;

/// Links by their own name and by that of their cable.
Names links_by_name(const Fabric& fabric) {
  Names names;
  for (std::size_t i = 0; i < fabric.links.size(); ++i) {
    const std::string& name = fabric.links[i].name;
    names[name].push_back(static_cast<int>(i));
    names[name.substr(0, name.rfind('_'))].push_back(static_cast<int>(i));
  }
  return names;
}

[[noreturn]] void fail_unknown(const Config& value, const std::string& what, const std::vector<std::string>& known) {
  const auto name = value.as<std::string>();
  const auto near = nearest(name, known);
  value.fail(
      fmt::format("no {} is called {}{}", what, in_quotes(name), near.empty() ? "" : " (nearest: " + near + ")"));
}

std::vector<int> links_of_cable(const Config& value, const std::string& what, const Names& names) {
  const auto found = names.find(value.as<std::string>());
  if (found != names.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, ignored] : names)
    if (!name.ends_with("_UP") && !name.ends_with("_DOWN")) known.push_back(name);
  std::sort(known.begin(), known.end());
  fail_unknown(value, what, known);
}

std::vector<int> links_of_vertex(const Fabric& fabric, Vertex vertex) {
  std::vector<int> links = fabric.links_out[vertex];
  links.insert(links.end(), fabric.links_in[vertex].begin(), fabric.links_in[vertex].end());
  return links;
}

std::vector<int> links_of_switch(const Config& value, const Fabric& fabric) {
  const auto name = value.as<std::string>();
  std::vector<std::string> known;
  for (Vertex v = 0; v < fabric.vertices.size(); ++v) {
    const FabricNode& node = fabric.vertices[v];
    if (node.node >= 0 && node.role != "nvswitch" && node.role != "pcie") continue;
    if (node.name == name) return links_of_vertex(fabric, v);
    known.push_back(node.name);
  }
  fail_unknown(value, "switch", known);
}

/// The NIC cables of a plane or rail; without them nothing in it can be used.
std::vector<int> links_of_plane(const Config& value, const Fabric& fabric) {
  const int plane = value.as<int>();
  if (plane < 0 || plane >= fabric.planes)
    value.fail(fmt::format("there is no plane {} (0 to {})", plane, fabric.planes - 1));
  std::vector<int> links;
  for (const Port& port : fabric.ports) {
    if (port.plane != plane) continue;
    links.push_back(port.cable.up);
    links.push_back(port.cable.down);
  }
  return links;
}

std::vector<int> links_of_tier(const Config& value, const Fabric& fabric) {
  std::vector<int> links;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < fabric.links.size(); ++i) {
    const std::string& tier = fabric.links[i].tier;
    if (tier == value.as<std::string>()) links.push_back(static_cast<int>(i));
    if (std::find(known.begin(), known.end(), tier) == known.end()) known.push_back(tier);
  }
  if (links.empty()) value.fail(unknown_name("tier", value.as<std::string>(), known));
  return links;
}

std::vector<int> links_of(const Config& part, const Fabric& fabric, const Names& names) {
  if (!part.is_mapping()) part.fail("expected a mapping such as {link: NAME} (link, nic, switch, plane, tier)");
  if (part.has("link",
               {"A cable or one direction of it, by name (`./teapot fabric export F --format csv`)", "leaf-0-3-1"}))
    return links_of_cable(part.at("link"), "link", names);
  if (part.has("nic", {"A NIC port's cable, by name", "nic-3-0"})) return links_of_cable(part.at("nic"), "NIC", names);
  if (part.has("switch", {"A switch, by name", "spine-0-1"})) return links_of_switch(part.at("switch"), fabric);
  if (part.has("plane", {"A whole plane or rail, by number", "0"})) return links_of_plane(part.at("plane"), fabric);
  if (part.has("tier", {"All links of a tier", "nvlink"})) return links_of_tier(part.at("tier"), fabric);
  part.fail("names no part of the fabric (link, nic, switch, plane, tier)");
}

}  // namespace

void apply_failures(const Config& config, Fabric& fabric) {
  const bool failures = config.has("failures", {"Parts that carry nothing", "[{plane: 0}, {switch: spine-1-2}]"});
  const bool degrade = config.has(
      "degrade", {"Parts that are slower: factors of bandwidth and latency", "[{tier: leaf, bandwidth: 0.5}]"});
  const int planes_failed = config.non_negative_or<int>(
      "planes_failed", 0, {"Planes or rails that carry nothing, the first ones", "1", "", "failed_planes"});
  if (planes_failed > 0 && planes_failed >= fabric.planes)
    config.at("planes_failed")
        .fail(fabric.planes == 1
                  ? std::string{"the fabric has one plane, which must be left: failures takes a switch away, "
                                "such as [{switch: spine-0-0}]"}
                  : fmt::format("must leave one of the {} planes", fabric.planes));
  for (const Port& port : fabric.ports) {
    for (const int index : {port.cable.up, port.cable.down})
      if (port.plane < planes_failed) fabric.links[static_cast<std::size_t>(index)].failed = true;
  }
  if (!failures && !degrade) return;
  const Names names = links_by_name(fabric);
  if (degrade) {
    for (const Config& part : config.at("degrade").items()) {
      const double bandwidth = part.positive_or<double>("bandwidth", 1, {"Factor of the bandwidth", "0.5"});
      const double latency = part.non_negative_or<double>("latency", 1, {"Factor of the latency", "2"});
      for (const int index : links_of(part, fabric, names)) {
        FabricLink& link = fabric.links[static_cast<std::size_t>(index)];
        link.bandwidth *= bandwidth;
        link.latency *= latency;
      }
    }
  }
  if (!failures) return;
  for (const Config& part : config.at("failures").items())
    for (const int index : links_of(part, fabric, names)) fabric.links[static_cast<std::size_t>(index)].failed = true;
}

}  // namespace teapot
