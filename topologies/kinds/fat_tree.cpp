// Fat-trees of two and three layers, one or several planes of them side by side, and leaf-spine with oversubscription.
// Knows nothing of what is plugged in.

#include "topologies/kinds/fat_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sim/limits.hpp"

namespace teapot {
namespace {

int divided_up(int whole, int part) { return (whole + part - 1) / part; }

/// With the number of spines decided: nobody pays for spines whose ports stay empty.
FatTree fitted(FatTree tree, int endpoints) {
  const int leaves = divided_up(endpoints, tree.down());
  for (int spines = 1; tree.layers == 2 && tree.spines == 0 && spines <= tree.up; ++spines) {
    if (tree.up % spines == 0 && leaves * (tree.up / spines) <= tree.radix) tree.spines = spines;
  }
  if (tree.spines == 0) tree.spines = tree.up;
  return tree;
}

/// Likewise the cores that one middle switch of every pod meets: the fewest whose 2 x half ports carry all pods.
int cores_in_group(int half, int pods) {
  for (int cores = 1; cores < half; ++cores) {
    if (half % cores == 0 && pods * (half / cores) <= 2 * half) return cores;
  }
  return half;
}

std::vector<Vertex> two_layers(const FatTree& tree, const FabricLink& cable, Fabric& fabric, int plane, int endpoints) {
  const int count = divided_up(endpoints, tree.down());
  std::vector<Vertex> leaves, spines;
  for (int i = 0; i < count; ++i) leaves.push_back(fabric.add_node(fmt::format("leaf-{}-{}", plane, i), "leaf"));
  if (count == 1) return fill(leaves, endpoints, tree.down());  // nobody to talk to above
  for (int i = 0; i < tree.spines; ++i)
    spines.push_back(fabric.add_node(fmt::format("spine-{}-{}", plane, i), "spine"));
  const int parallel = tree.up / tree.spines;
  for (int leaf = 0; leaf < count; ++leaf) {
    for (int i = 0; i < tree.up; ++i) {
      auto name = fmt::format("leaf-{}-{}-{}", plane, leaf, i / parallel);
      if (parallel > 1) name += fmt::format("-{}", i % parallel);
      fabric.add_cable(name, leaves[static_cast<std::size_t>(leaf)], spines[static_cast<std::size_t>(i / parallel)],
                       cable);
    }
  }
  return fill(leaves, endpoints, tree.down());
}

/// Al-Fares, Loukissas and Vahdat, "A scalable, commodity data center network architecture" (SIGCOMM 2008), section 3:
/// pods of radix/2 leaves and radix/2 middle switches; middle switch m of every pod meets core group m.
std::vector<Vertex> three_layers(const FatTree& tree, const FabricLink& cable, Fabric& fabric, int plane,
                                 int endpoints) {
  const int half = tree.radix / 2;
  const int leaf_count = divided_up(endpoints, half);
  const int pods = divided_up(leaf_count, half);
  std::vector<Vertex> leaves, cores;
  const int group = cores_in_group(half, pods);
  for (int i = 0; pods > 1 && i < half * group; ++i)
    cores.push_back(fabric.add_node(fmt::format("core-{}-{}", plane, i), "core"));
  FabricLink upper = cable;
  upper.tier = "core";
  for (int pod = 0; pod < pods; ++pod) {
    std::vector<Vertex> middle;
    for (int i = 0; i < half; ++i)
      middle.push_back(fabric.add_node(fmt::format("spine-{}-{}", plane, pod * half + i), "spine"));
    for (int i = pod * half; i < std::min(leaf_count, (pod + 1) * half); ++i) {
      leaves.push_back(fabric.add_node(fmt::format("leaf-{}-{}", plane, i), "leaf"));
      for (int m = 0; m < half; ++m)
        fabric.add_cable(fmt::format("leaf-{}-{}-{}", plane, i, pod * half + m), leaves.back(),
                         middle[static_cast<std::size_t>(m)], cable);
    }
    const int parallel = half / group;
    for (int i = 0; pods > 1 && i < half * half; ++i) {
      auto name = fmt::format("spine-{}-{}-{}", plane, pod * half + i / half, i / parallel);
      if (parallel > 1) name += fmt::format("-{}", i % parallel);
      fabric.add_cable(name, middle[static_cast<std::size_t>(i / half)], cores[static_cast<std::size_t>(i / parallel)],
                       upper);
    }
  }
  return fill(leaves, endpoints, half);
}

}  // namespace

std::int64_t FatTree::capacity() const {
  if (layers == 3) return std::int64_t{radix} * radix * radix / 4;
  const int parallel = spines == 0 ? 1 : up / spines;
  return std::int64_t{radix / parallel} * down();
}

std::string FatTree::text() const { return fmt::format("a tree of {} layers of {}-port switches", layers, radix); }

namespace {

/// A leaf with `ratio` times as many ports down as up: as many up as can be, and the ports that are left stay empty.
void oversubscribe(const Config& value, FatTree& tree) {
  const auto text = value.as<std::string>();
  const std::string written = text.ends_with(":1") ? text.substr(0, text.size() - 2) : text;
  double ratio = 0;
  const auto read = std::from_chars(written.data(), written.data() + written.size(), ratio);
  if (read.ec != std::errc{} || read.ptr != written.data() + written.size() || !(ratio >= 1 && ratio < tree.radix))
    value.fail("expected ports down over ports up, at least 1, such as 3 or 3:1, got " + text);
  tree.up = static_cast<int>(tree.radix / (1 + ratio));
  tree.idle = tree.radix - tree.up - static_cast<int>(tree.up * ratio);
}

}  // namespace

FatTree read_fat_tree(const Config& config, std::int64_t endpoints) {
  FatTree tree;
  tree.radix = config.positive_or<int>("radix", 64, {"Ports of a switch", "64", "", "switch_ports ports_per_switch"});
  if (tree.radix % 2 != 0 || tree.radix > 1024) config.at("radix").fail("must be even, 1024 at most");
  tree.up = config.positive_or<int>("uplinks", tree.radix / 2,
                                    {"Ports of a leaf that go up", "16", "radix / 2, or what the NICs of a rail fill"});
  if (tree.up >= tree.radix) config.at("uplinks").fail("leaves no port of the leaf for endpoints (below radix)");
  const About taper{"Ports of a leaf to endpoints for each that goes up, in two layers", "3", "1 (non-blocking)",
                    "oversubscription_ratio taper blocking"};
  const bool tapered = config.has("oversubscription", taper);
  if (tapered) {
    if (config.has("uplinks")) config.at("oversubscription").fail("give either oversubscription or uplinks, not both");
    oversubscribe(config.at("oversubscription"), tree);
  }
  tree.spines = config.positive_or<int>("spines", 0, {"Of a plane", "16", "the fewest whose ports carry all leaves"});
  if (tree.spines != 0 && tree.up % tree.spines != 0)
    config.at("spines").fail(fmt::format("must divide the {} uplinks of a leaf", tree.up));
  const bool two = tapered || config.has("uplinks") || config.has("spines") || endpoints <= tree.capacity();
  tree.layers = config.get_or<int>(
      "layers", two ? 2 : 3,
      {"Of switches: 2 (leaf and spine) or 3", "3", "2 where their ports carry all endpoints, else 3", "tiers levels"});
  if (tree.layers != 2 && tree.layers != 3) config.at("layers").fail("must be 2 or 3");
  if (tree.layers == 2) return tree;
  for (const char* key : {"oversubscription", "uplinks", "spines"}) {
    if (config.has(key)) config.at(key).fail("is for two layers");
  }
  FatTree full;
  full.layers = 3;
  full.radix = tree.radix;
  full.up = tree.radix / 2;
  return full;
}

Figures count_fat_tree(const FatTree& asked, const Site& site, int endpoints) {
  const FatTree tree = fitted(asked, endpoints);
  const std::int64_t leaves = divided_up(endpoints, tree.down());
  const double taper = site.link_bandwidth * tree.up / (site.nic_bandwidth * tree.down());
  Figures figures;
  figures.bisection = site.nic_bandwidth * (endpoints / 2) * (leaves > 1 ? std::min(1.0, taper) : 1.0);
  figures.source = "Leiserson 1985; Al-Fares et al. 2008";
  figures.switches = leaves;
  figures.radix = tree.radix;
  figures.diameter = leaves > 1 ? 2 : 0;
  if (tree.layers == 2) {
    if (leaves == 1) return figures;
    figures.switches += tree.spines;
    figures.cables["leaf"] = leaves * tree.up;
    return figures;
  }
  const std::int64_t half = tree.radix / 2;
  const std::int64_t pods = (leaves + half - 1) / half;
  figures.switches += pods * half;
  figures.cables["leaf"] = leaves * half;
  if (pods == 1) return figures;
  figures.switches += half * cores_in_group(static_cast<int>(half), static_cast<int>(pods));
  figures.cables["core"] = pods * half * half;
  figures.diameter = 4;
  return figures;
}

std::vector<Vertex> build_fat_tree(const FatTree& tree, const Site& site, Fabric& fabric, int plane, int endpoints) {
  const auto layers = tree.layers == 2 ? two_layers : three_layers;
  return layers(fitted(tree, endpoints), site.cable("leaf"), fabric, plane, endpoints);
}

namespace {

Figures count(const Config& config, const Site& site, const FatTree& tree, int default_planes) {
  const Planes planes = read_planes(config, site, default_planes);
  check_room(config, planes, tree.capacity(), tree.text());
  return count_fat_tree(tree, site, planes.endpoints) * planes;
}

void build(const Config& config, const Site& site, Fabric& fabric, const FatTree& tree, int default_planes) {
  const Planes planes = read_planes(config, site, default_planes);
  build_planes(planes, site, fabric,
               [&](int plane) { return build_fat_tree(tree, site, fabric, plane, planes.endpoints); });
}

FatTree tree_of(const Config& config, const Site& site, int default_planes) {
  return read_fat_tree(config, read_planes(config, site, default_planes).endpoints);
}

/// `down_ports` and `up_ports` of a leaf, `spines`, and `radix` of a spine.
FatTree read_leaf_spine(const Config& config) {
  FatTree tree;
  const int down = config.positive<int>("down_ports", {"Ports of a leaf to endpoints", "48"});
  tree.up = config.positive<int>("up_ports", {"Ports of a leaf to spines", "16"});
  limits::at_most(config, "down_ports", down, limits::ports_of_switch);
  limits::at_most(config, "up_ports", tree.up, limits::ports_of_switch);
  tree.radix = down + tree.up;
  tree.spines = config.positive_or<int>("spines", 0, {"Of a plane", "16", "the fewest whose ports carry all leaves"});
  if (tree.spines != 0 && tree.up % tree.spines != 0)
    config.at("spines").fail(fmt::format("must divide the {} up_ports", tree.up));
  return tree;
}

const Registration one_plane{"fat-tree",
                             [](const auto& c, const auto& s, auto& f) { build(c, s, f, tree_of(c, s, 1), 1); },
                             [](const auto& c, const auto& s) { return count(c, s, tree_of(c, s, 1), 1); }};
const Registration many_planes{
    "multi-plane-fat-tree",
    [](const auto& c, const auto& s, auto& f) { build(c, s, f, tree_of(c, s, s.ports), s.ports); },
    [](const auto& c, const auto& s) { return count(c, s, tree_of(c, s, s.ports), s.ports); }};
const Registration leaf_spine{"leaf-spine",
                              [](const auto& c, const auto& s, auto& f) { build(c, s, f, read_leaf_spine(c), 1); },
                              [](const auto& c, const auto& s) { return count(c, s, read_leaf_spine(c), 1); }};

}  // namespace
}  // namespace teapot
