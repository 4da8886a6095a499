// The network of a scenario: a named or written fabric that is built, or a platform file that is read.
// Does not know what runs on it.

#include "analysis/scenario/scenario_network.hpp"

#include <fmt/format.h>

#include "analysis/scenario/host_side.hpp"
#include "platforms/platform_file/platform_file.hpp"
#include "sim/input_file.hpp"
#include "topologies/allocation.hpp"
#include "topologies/topology.hpp"

namespace teapot {

std::string name_of(const Config& parent, const std::string& key, const std::string& fallback) {
  if (!parent.has(key)) return fallback;
  const Config value = parent.at(key);
  const Tree& tree = value.tree();
  if (tree.kind == Tree::Kind::scalar) return tree.text;
  const Tree* from = tree.find("from");
  return from != nullptr && from->kind == Tree::Kind::scalar ? from->text + " (changed)" : "inline";
}

Network read_network(const Config& config, const Layout& layout, std::uint64_t seed, std::string& name,
                     std::string& key, PartReader& parts, const HostPart* host, const Tree& box) {
  const Config deployment = config.section("deployment");
  const auto need = [&](int gpus) {
    if (gpus >= layout.gpus) return;
    (deployment.has("gpus") ? deployment.at("gpus") : deployment)
        .fail(fmt::format("{} GPUs, but {} has {}", layout.gpus, name, gpus));
  };
  if (config.has("platform")) {
    const Config platform = config.at("platform");
    // `--set fabric= --set platform=...` takes a scenario's fabric away.
    if (config.has("fabric") && config.at("fabric").tree().kind != Tree::Kind::null)
      platform.fail("give either `fabric` or `platform`, not both");
    if (deployment.has("placement"))
      deployment.at("placement").fail("a platform file says where its GPUs are: write the file of other nodes");
    name = platform.as<std::string>();
    const auto file = file_named(platform, most_trace_bytes);
    key = fmt::format("platform {} of {} GPUs", file, layout.gpus);
    if (const Network* read = parts.network(key)) return *read;
    Network network = read_platform(file, layout.gpus);
    need(network.ranks());
    parts.keep(key, network);
    return network;
  }
  name = name_of(config, "fabric", "h800-mpft");
  const bool boxed = box.kind == Tree::Kind::mapping;
  if (boxed) name = host->name;
  Tree tree = boxed ? box : parts.named(config, "fabric", "topologies", "fabric", "h800-mpft");
  if (host != nullptr && !boxed) plug_in_host(*host, tree);
  const bool placed = deployment.has("placement");
  key = fmt::format("{}{}", to_yaml(tree), layout.gpus);
  if (placed) key += fmt::format("{}seed {}", to_yaml(deployment.at("placement").tree()), seed);
  if (const Network* built = parts.network(key)) return *built;
  const Fabric fabric = build_fabric(config.in_place_of("fabric", tree));
  need(fabric.gpus());
  const std::vector<int> nodes = read_allocation(deployment, fabric, layout.gpus, seed);
  Network network = nodes.empty() ? to_network(fabric, layout.gpus) : on_nodes(fabric, nodes, layout.gpus);
  parts.keep(key, network);
  return network;
}

}  // namespace teapot
