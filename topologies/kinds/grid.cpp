// Switches on a grid: torus (a ring along each dimension) and HyperX (all to all along each dimension).
// Dally and Towles, "Principles and practices of interconnection networks" (2004), chapter 5; Ahn, Binkert, Davis,
// McLaren and Schreiber, "HyperX: topology, routing, and packaging of efficient large-scale networks" (SC 2009).
// Knows nothing of what is plugged in.

#include <fmt/format.h>

#include <algorithm>

#include "sim/limits.hpp"
#include "topologies/topology.hpp"

namespace teapot {
namespace {

struct Grid {
  std::vector<int> sizes;  ///< switches along each dimension
  int per_switch = 1;
  int cables = 1;  ///< side by side between neighbours

  int switches() const {
    int product = 1;
    for (const int size : sizes) product *= size;
    return product;
  }
  int stride(std::size_t dimension) const {
    int product = 1;
    for (std::size_t i = dimension + 1; i < sizes.size(); ++i) product *= sizes[i];
    return product;
  }
  bool full(const Planes& planes) const { return planes.endpoints == switches() * per_switch; }
};

Grid read(const Config& config, const Site& site) {
  Grid grid;
  std::int64_t product = 1;
  for (const Config& size : config.at("dimensions", {"Switches along each dimension", "[8, 8]"}).items()) {
    grid.sizes.push_back(size.as_positive<int>());
    product *= grid.sizes.back();
    if (product > 1'000'000) config.at("dimensions").fail("more than a million switches");
  }
  if (grid.sizes.empty()) config.at("dimensions").fail("give the number of switches along each dimension, as [8, 8]");
  grid.per_switch = config.positive<int>("endpoints_per_switch", {"NIC ports on each switch", "8"});
  grid.cables = config.positive_or<int>("parallel_cables", 1, {"Cables side by side between neighbours", "2"});
  limits::at_most(config, "endpoints_per_switch", grid.per_switch, limits::ports_of_switch);
  limits::at_most(config, "parallel_cables", grid.cables, limits::ports_of_switch);
  check_room(config, read_planes(config, site), product * grid.per_switch, "this grid");
  return grid;
}

/// Cables along one dimension of a line of `size` switches.
std::int64_t ring_cables(int size) { return size > 2 ? size : size - 1; }
std::int64_t mesh_cables(int size) { return std::int64_t{size} * (size - 1) / 2; }

Figures count_torus(const Config& config, const Site& site) {
  const Grid grid = read(config, site);
  const Planes planes = read_planes(config, site);
  Figures figures;
  figures.switches = grid.switches();
  figures.source = "Dally and Towles 2004, chapter 5";
  figures.radix = grid.per_switch;
  for (const int size : grid.sizes) figures.radix += std::min(2, size - 1) * grid.cables;
  int diameter = 0;
  for (std::size_t i = 0; i < grid.sizes.size(); ++i) {
    if (grid.sizes[i] == 1) continue;
    figures.cables[fmt::format("dimension-{}", i)] =
        std::int64_t{grid.switches()} / grid.sizes[i] * ring_cables(grid.sizes[i]) * grid.cables;
    diameter += grid.sizes[i] / 2;
  }
  if (!grid.full(planes)) return figures * planes;
  figures.diameter = diameter;
  const int largest = *std::max_element(grid.sizes.begin(), grid.sizes.end());
  if (largest % 2 == 0)  // both sides of each ring that is cut in two
    figures.bisection =
        site.link_bandwidth * (grid.switches() / largest * (largest > 2 ? 2 : 1) * static_cast<double>(grid.cables));
  return figures * planes;
}

Figures count_hyperx(const Config& config, const Site& site) {
  const Grid grid = read(config, site);
  const Planes planes = read_planes(config, site);
  Figures figures;
  figures.switches = grid.switches();
  figures.source = "Ahn et al. 2009, section 3";
  figures.radix = grid.per_switch;
  for (const int size : grid.sizes) figures.radix += (size - 1) * grid.cables;
  int diameter = 0;
  double bisection = -1;
  for (std::size_t i = 0; i < grid.sizes.size(); ++i) {
    const int size = grid.sizes[i];
    if (size == 1) continue;
    figures.cables[fmt::format("dimension-{}", i)] = std::int64_t{grid.switches()} / size * mesh_cables(size) * grid.cables;
    ++diameter;
    const double crossing = static_cast<double>(grid.switches()) * size / 4 * grid.cables;
    if (size % 2 == 0 && (bisection < 0 || crossing < bisection)) bisection = crossing;
  }
  if (!grid.full(planes)) return figures * planes;
  figures.diameter = diameter;
  const bool all_even = std::all_of(grid.sizes.begin(), grid.sizes.end(), [](int size) { return size % 2 == 0; });
  if (all_even) figures.bisection = site.link_bandwidth * bisection;
  return figures * planes;
}

std::vector<Vertex> plane_of(const Grid& grid, bool torus, const Site& site, Fabric& fabric, int plane, int endpoints) {
  std::vector<Vertex> all;
  for (int i = 0; i < grid.switches(); ++i)
    all.push_back(fabric.add_node(fmt::format("switch-{}-{}", plane, i), "switch"));
  for (std::size_t d = 0; d < grid.sizes.size(); ++d) {
    FabricLink like = site.cable(fmt::format("dimension-{}", d));
    like.dimension = static_cast<int>(d);
    const int stride = grid.stride(d);
    const int size = grid.sizes[d];
    for (int one = 0; one < grid.switches(); ++one) {
      const int place = one / stride % size;
      const int last = torus ? std::min(place + 1, size - 1) : size - 1;
      for (int other = place + 1; other <= last; ++other)
        for (int c = 0; c < grid.cables; ++c)
          fabric.add_cable(fmt::format("{}-{}-{}-{}-{}", like.tier, plane, one, one + (other - place) * stride, c),
                           all[static_cast<std::size_t>(one)],
                           all[static_cast<std::size_t>(one + (other - place) * stride)], like);
      for (int c = 0; torus && size > 2 && place == size - 1 && c < grid.cables; ++c)
        fabric.add_cable(fmt::format("{}-{}-{}-{}-{}", like.tier, plane, one, one - place * stride, c),
                         all[static_cast<std::size_t>(one)], all[static_cast<std::size_t>(one - place * stride)], like);
    }
  }
  return fill(all, endpoints, grid.per_switch);
}

void build(const Config& config, const Site& site, Fabric& fabric, bool torus) {
  const Grid grid = read(config, site);
  const Planes planes = read_planes(config, site);
  build_planes(planes, site, fabric,
               [&](int plane) { return plane_of(grid, torus, site, fabric, plane, planes.endpoints); });
}

const Registration torus{"torus", [](const auto& c, const auto& s, auto& f) { build(c, s, f, true); }, count_torus};
const Registration hyperx{"hyperx", [](const auto& c, const auto& s, auto& f) { build(c, s, f, false); }, count_hyperx};

}  // namespace
}  // namespace teapot
