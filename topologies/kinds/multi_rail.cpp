// Rails: NIC r of every node in one rail. They meet in the spine (multi-rail fat-tree), or nowhere (rail-only).
// Knows nothing of what is plugged in.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "sim/limits.hpp"
#include "topologies/kinds/fat_tree.hpp"

namespace teapot {
namespace {

/// Leaves of a block of nodes, one for each rail; blocks one after another under a common tree.
struct Rails {
  FatTree tree;
  int rails = 1;
  int per_node = 1;  ///< ports of a node in one rail
  int blocks = 1;

  int slots() const { return blocks * rails * tree.down(); }
};

/// Leaves that are not full, of one block: uplinks for the endpoints there are, where none are written; a power of
/// two, so that they share evenly into few spines.
void drop_empty_uplinks(const Config& config, const Site& site, int in_rail, FatTree& tree) {
  if (config.has("uplinks") || config.has("spines") || config.has("oversubscription") || tree.layers != 2) return;
  const double filled = std::min<double>(tree.up, std::ceil(site.nic_bandwidth / site.link_bandwidth * in_rail));
  const int dropped = std::max(0, tree.up - static_cast<int>(std::bit_ceil(static_cast<unsigned>(filled))));
  tree.up -= dropped;
  tree.idle += dropped;
}

Rails read_rails(const Config& config, const Site& site) {
  Rails rails;
  rails.tree = read_fat_tree(config, 0);
  rails.rails = config.positive_or<int>(
      "rails", site.ports, {"NIC r of every node is in rail r mod rails", "8", "as many as NIC ports a node has"});
  if (site.ports % rails.rails != 0)
    config.at("rails").fail(fmt::format("{} does not divide the {} NIC ports of a node", rails.rails, site.ports));
  rails.per_node = site.ports / rails.rails;
  const int in_rail = site.nodes * rails.per_node;
  rails.blocks = (in_rail + rails.tree.down() - 1) / rails.tree.down();
  rails.tree = read_fat_tree(config, rails.slots());
  if (rails.slots() > rails.tree.capacity())
    config.at("nodes").fail(fmt::format("{} leaves of {} endpoints, but {} carries at most {} endpoints",
                                        rails.blocks * rails.rails, rails.tree.down(), rails.tree.text(),
                                        rails.tree.capacity()));
  if (rails.blocks == 1) drop_empty_uplinks(config, site, in_rail, rails.tree);
  return rails;
}

Figures count_rails(const Config& config, const Site& site) {
  const Rails rails = read_rails(config, site);
  Figures figures = count_fat_tree(rails.tree, site, rails.slots());
  const int in_leaf = std::min(rails.tree.down(), site.nodes * rails.per_node);
  const double up =
      rails.rails * rails.blocks == 1 ? 1 : site.link_bandwidth * rails.tree.up / (site.nic_bandwidth * in_leaf);
  figures.bisection = site.nic_bandwidth * (site.endpoints() / 2) * std::min(1.0, up);
  return figures;
}

void build_rails(const Config& config, const Site& site, Fabric& fabric) {
  const Rails rails = read_rails(config, site);
  const auto switches = build_fat_tree(rails.tree, site, fabric, 0, rails.slots());
  fabric.planes = rails.rails;
  for (int node = 0; node < site.nodes; ++node) {
    for (int i = 0; i < site.ports; ++i) {
      const int rail = i % rails.rails;
      const int place = node * rails.per_node + i / rails.rails;
      const int leaf = place / rails.tree.down() * rails.rails + rail;
      Port& port = fabric.ports[static_cast<std::size_t>(node * site.ports + i)];
      port.plane = rail;
      port.endpoint = leaf * rails.tree.down() + place % rails.tree.down();
      port.at = switches[static_cast<std::size_t>(port.endpoint)];
    }
  }
}

/// Wang, Ghobadi, Shakeri, Zhang and Hasani, "Rail-only: a low-cost high-performance network for training LLMs with
/// trillion parameters" (2023): the switches of different rails are not connected.
Figures count_rail_only(const Config& config, const Site& site) {
  const Planes planes = read_planes(config, site, site.ports);
  const int radix =
      config.positive_or<int>("radix", 64, {"Ports of a switch", "64", "", "switch_ports ports_per_switch"});
  limits::at_most(config, "radix", radix, limits::endpoints);
  check_room(config, planes, radix, fmt::format("a switch of {} ports", radix));
  Figures figures;
  figures.switches = 1;
  figures.radix = radix;
  figures.diameter = 0;
  figures.bisection = site.nic_bandwidth * (planes.endpoints / 2);
  figures.source = "one switch a rail";
  return figures * planes;
}

void build_rail_only(const Config& config, const Site& site, Fabric& fabric) {
  const Planes planes = read_planes(config, site, site.ports);
  build_planes(planes, site, fabric, [&](int plane) {
    return fill({fabric.add_node(fmt::format("rail-{}", plane), "rail")}, planes.endpoints, planes.endpoints);
  });
}

const Registration multi_rail{"multi-rail-fat-tree", build_rails, count_rails};
const Registration rail_only{"rail-only", build_rail_only, count_rail_only};

}  // namespace
}  // namespace teapot
