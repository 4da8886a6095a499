// Fat-trees of two and three layers, one or several planes of them side by side.
// Knows nothing of what is plugged in.

#include <fmt/format.h>

#include <algorithm>

#include "topologies/topology.hpp"

namespace teapot {
namespace {

struct Shape {
  int layers = 2;
  int radix = 64;   ///< ports of a switch
  int up = 32;      ///< ports of a leaf that go up, as many of a middle switch
  int spines = 32;  ///< of a plane, in two layers

  int down() const { return radix - up; }
};

std::vector<Vertex> attach(const std::vector<Vertex>& leaves, int endpoints, int down) {
  std::vector<Vertex> switches;
  for (int i = 0; i < endpoints; ++i) switches.push_back(leaves[static_cast<std::size_t>(i / down)]);
  return switches;
}

std::vector<Vertex> two_layers(Fabric& fabric, const Shape& shape, const FabricLink& cable, int plane, int endpoints) {
  const int count = (endpoints + shape.down() - 1) / shape.down();
  std::vector<Vertex> leaves, spines;
  for (int i = 0; i < count; ++i) leaves.push_back(fabric.add_node(fmt::format("leaf-{}-{}", plane, i), "leaf"));
  if (count == 1) return attach(leaves, endpoints, shape.down());  // nobody to talk to above
  for (int i = 0; i < shape.spines; ++i)
    spines.push_back(fabric.add_node(fmt::format("spine-{}-{}", plane, i), "spine"));
  const int parallel = shape.up / shape.spines;
  for (int leaf = 0; leaf < count; ++leaf) {
    for (int spine = 0; spine < shape.spines; ++spine) {
      for (int i = 0; i < parallel; ++i) {
        auto name = fmt::format("leaf-{}-{}-{}", plane, leaf, spine);
        if (parallel > 1) name += fmt::format("-{}", i);
        fabric.add_cable(name, leaves[static_cast<std::size_t>(leaf)], spines[static_cast<std::size_t>(spine)], cable);
      }
    }
  }
  return attach(leaves, endpoints, shape.down());
}

/// Al-Fares, Loukissas and Vahdat, "A scalable, commodity data center network architecture" (SIGCOMM 2008), section 3:
/// pods of radix/2 leaves and radix/2 middle switches; middle switch m of every pod meets core group m.
std::vector<Vertex> three_layers(Fabric& fabric, const Shape& shape, const FabricLink& cable, int plane,
                                 int endpoints) {
  const int half = shape.radix / 2;
  const int leaf_count = (endpoints + half - 1) / half;
  const int pods = (leaf_count + half - 1) / half;
  std::vector<Vertex> leaves, cores;
  if (pods > 1) {
    for (int i = 0; i < half * half; ++i) cores.push_back(fabric.add_node(fmt::format("core-{}-{}", plane, i), "core"));
  }
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
    for (int i = 0; pods > 1 && i < half * half; ++i) {
      fabric.add_cable(fmt::format("spine-{}-{}-{}", plane, pod * half + i / half, i),
                       middle[static_cast<std::size_t>(i / half)], cores[static_cast<std::size_t>(i)], upper);
    }
  }
  return attach(leaves, endpoints, half);
}

Shape read_shape(const Config& config) {
  Shape shape;
  shape.layers = config.get_or<int>("layers", 2);
  if (shape.layers != 2 && shape.layers != 3) config.at("layers").fail("must be 2 or 3");
  shape.radix = config.positive_or<int>("radix", 64);
  if (shape.radix < 2 || shape.radix % 2 != 0) config.at("radix").fail("must be even");
  shape.up = shape.radix / 2;
  if (shape.layers == 3) return shape;
  shape.up = config.positive_or<int>("uplinks", shape.up);
  if (shape.up >= shape.radix) config.at("uplinks").fail("leaves no port of the leaf for endpoints (below radix)");
  shape.spines = config.positive_or<int>("spines", shape.up);
  if (shape.up % shape.spines != 0)
    config.at("spines").fail(fmt::format("must divide the {} uplinks of a leaf", shape.up));
  return shape;
}

/// Endpoints of one plane, by the ports of its spines or cores.
int capacity(const Shape& shape) {
  if (shape.layers == 3) return shape.radix * shape.radix * shape.radix / 4;
  return shape.radix / (shape.up / shape.spines) * shape.down();
}

void build_planes(const Config& config, const Site& site, Fabric& fabric, int default_planes) {
  const Shape shape = read_shape(config);
  FabricLink cable;
  cable.tier = "leaf";
  cable.bandwidth = site.link_bandwidth;
  cable.latency = site.cable_latency + site.switch_latency;
  for_each_plane(config, site, fabric, default_planes, [&](int plane, int endpoints) {
    if (endpoints > capacity(shape))
      config.at("nodes").fail(fmt::format("{} endpoints a plane, but {} layers of {}-port switches carry at most {}",
                                          endpoints, shape.layers, shape.radix, capacity(shape)));
    return shape.layers == 2 ? two_layers(fabric, shape, cable, plane, endpoints)
                             : three_layers(fabric, shape, cable, plane, endpoints);
  });
}

const Registration one_plane{
    "fat-tree", [](const Config& config, const Site& site, Fabric& fabric) { build_planes(config, site, fabric, 1); }};
const Registration many_planes{"multi-plane-fat-tree", [](const Config& config, const Site& site, Fabric& fabric) {
                                 build_planes(config, site, fabric, site.ports);
                               }};

}  // namespace
}  // namespace teapot
