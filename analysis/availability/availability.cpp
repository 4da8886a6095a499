// Finds the parts that a job's bytes cross, and takes one of each class away.
// Does not know what a failure does to routes.

#include "analysis/availability/availability.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/scenario/failed_parts.hpp"
#include "analysis/scenario/tree_edit.hpp"
#include "topologies/topology.hpp"

namespace teapot {
namespace {

using Failure = std::pair<std::string, std::string>;  // how `fabric.failures` calls it, and its name

/// A part with what it carries, and what to write to take it away.
struct Part {
  std::string name;
  double bytes = 0;
  std::vector<Failure> failures;
};

using Parts = std::map<std::pair<std::string, std::string>, std::vector<Part>>;  // by kind and tier

std::string cable_of(const std::string& link) { return link.substr(0, link.rfind('_')); }

Tree failed_part(const Failure& failure) {
  Tree part;
  part.kind = Tree::Kind::mapping;
  part.entries.push_back({failure.first, {}, scalar(failure.second)});
  return part;
}

/// Parts outside of servers that carry bytes of the job.
Parts loaded_parts(const Fabric& fabric, const Network& network, const Timeline& timeline) {
  std::map<std::string, double> bytes;  // by cable: of the direction that carries more
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    double& most = bytes[cable_of(network.links[l].name)];
    most = std::max(most, timeline.links[l].bytes.value);
  }
  Parts parts;
  std::map<Vertex, double> through;
  std::set<std::string> seen;
  for (const FabricLink& link : fabric.links) {
    const std::string cable = cable_of(link.name);
    const bool outside = fabric.vertices[link.from].node < 0 || fabric.vertices[link.to].node < 0;
    const double carried = bytes[cable];
    if (!outside || !(carried > 0)) continue;
    for (const Vertex end : {link.from, link.to}) {
      if (fabric.vertices[end].node < 0) through[end] += carried;
    }
    if (seen.insert(cable).second) parts[{"cable", link.tier}].push_back({cable, carried, {{"link", cable}}});
  }
  for (const auto& [vertex, carried] : through) {
    const FabricNode& node = fabric.vertices[vertex];
    parts[{"switch", node.role}].push_back({node.name, carried, {{"switch", node.name}}});
  }
  std::map<std::pair<int, int>, Part> nics;  // all ports of a GPU, or of the GPUs that share them
  for (const Port& port : fabric.ports) {
    const std::string cable = cable_of(fabric.link(port.cable.up).name);
    if (!(bytes[cable] > 0)) continue;
    Part& nic = nics[{port.node, port.gpu}];
    if (nic.name.empty()) nic.name = cable;
    nic.bytes += bytes[cable];
    nic.failures.emplace_back("nic", cable);
  }
  for (const auto& [place, nic] : nics) parts[{"NIC", ""}].push_back(nic);
  return parts;
}

double tpot_ms_of(const Scenario& scenario, const Run& result) {
  return report(scenario, result.program, result.timeline).tpot.value * 1e3;
}

/// TPOT without the part that carries most of its class.
PartClass without_one(const Tree& scenario, const std::string& name, const std::pair<std::string, std::string>& kind,
                      const std::vector<Part>& parts, PartReader& reader) {
  const Part& most =
      *std::max_element(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.bytes < b.bytes; });
  PartClass of{kind.first, kind.second, static_cast<int>(parts.size()), most.name, {}, {}, {}};
  try {
    std::vector<Tree> failed;
    for (const Failure& failure : most.failures) failed.push_back(failed_part(failure));
    const Scenario degraded = read_scenario(with_failures(scenario, failed), name, reader);
    of.tpot_ms = tpot_ms_of(degraded, run(degraded));
  } catch (const ConfigError& error) {
    of.cut_off = error.what();
  }
  return of;
}

Reliability reliability_of(const std::string& part, const ReliabilityList& list) {
  return part == "NIC" ? list.nic : part == "cable" ? list.cable : list.switches;
}

}  // namespace

Availability availability_of(const Tree& scenario, const std::string& name, const ReliabilityList& list,
                             const std::function<void(double fraction)>& progress) {
  if (scenario.find("platform") != nullptr)
    Config{scenario}.at("platform").fail("a platform file does not say what its parts are: name a `fabric`");
  PartReader reader;
  Tree tree = resolved(scenario, reader);
  set_path(tree, "simulation.replicas", scalar("all"));
  const Scenario whole = read_scenario(tree, name, reader);
  if (whole.phase != Phase::decode) Config{tree}.at("phase").fail("availability is of TPOT, which decoding has");
  const Run result = run(whole);
  Availability availability;
  availability.fabric = whole.network.name;
  availability.gpus = whole.layout.gpus;
  availability.tpot_ms = tpot_ms_of(whole, result);
  availability.classes.push_back({"GPU", "", whole.layout.gpus, "", list.gpu, {}, "the GPU itself"});
  const Fabric fabric = build_fabric(Config{tree}.in_place_of("fabric", *tree.find("fabric")));
  const Parts parts = loaded_parts(fabric, whole.network, result.timeline);
  double done = 1;
  for (const auto& [kind, alike] : parts) {
    if (progress) progress(done++ / (1.0 + static_cast<double>(parts.size())));
    availability.classes.push_back(without_one(tree, name, kind, alike, reader));
    availability.classes.back().reliability = reliability_of(kind.first, list);
  }
  return availability;
}

}  // namespace teapot
