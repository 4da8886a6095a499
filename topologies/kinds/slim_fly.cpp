// Slim fly: the graphs of McKay, Miller and Siran, of diameter 2, as a network.
// Besta and Hoefler, "Slim Fly: a cost effective low-diameter network topology" (SC 2014), section II-B; generator sets
// for the three forms of q after Hafner (2004).
// Knows nothing of what is plugged in.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "sim/limits.hpp"
#include "topologies/kinds/finite_field.hpp"
#include "topologies/topology.hpp"

namespace teapot::slim_fly_kind {
namespace {

constexpr int largest_q = 101;

/// q = 4w + d with d in {-1, 0, 1}; 2: q has another form.
int remainder(int q) { return q % 4 == 3 ? -1 : q % 4; }

bool valid(int q) { return q >= 3 && remainder(q) <= 1 && prime_power(q).prime > 0; }

int degree(int q) { return (3 * q - remainder(q)) / 2; }

/// The valid q that are nearest to a wrong one, on both sides where they are.
std::string nearest_valid(int q) {
  int below = std::min(q, largest_q);
  int above = std::max(q, 3);
  while (below >= 3 && !valid(below)) --below;
  while (!valid(above)) ++above;
  if (below < 3) return fmt::format("{}", above);
  if (above > largest_q || q - below < above - q) return fmt::format("{}", below);
  return above - q < q - below ? fmt::format("{}", above) : fmt::format("{} or {}", below, above);
}

struct SlimFly {
  int q = 5;
  int per_switch = 4;

  int switches() const { return 2 * q * q; }
};

SlimFly read(const Config& config) {
  SlimFly shape;
  shape.q = config.positive<int>("q", {"A power of a prime: 2 q^2 switches of degree about 3 q / 2", "11"});
  if (shape.q < 3 || shape.q > largest_q || remainder(shape.q) > 1)
    config.at("q").fail(
        fmt::format("must be 4w - 1, 4w or 4w + 1, from 3 to {} (nearest: {})", largest_q, nearest_valid(shape.q)));
  // Half the network ports, rounded up, keeps the links busy and no busier (section II-B2 of the paper).
  shape.per_switch = config.positive_or<int>("endpoints_per_switch", (degree(shape.q) + 1) / 2,
                                             {"NIC ports on each switch", "8", "half of its cables to other switches"});
  limits::at_most(config, "endpoints_per_switch", shape.per_switch, limits::ports_of_switch);
  return shape;
}

Figures count(const Config& config, const Site& site) {
  const SlimFly shape = read(config);
  const Planes planes = read_planes(config, site);
  check_room(config, planes, std::int64_t{shape.switches()} * shape.per_switch, "this slim fly");
  Figures figures;
  figures.switches = shape.switches();
  figures.radix = degree(shape.q) + shape.per_switch;
  figures.cables["column"] = std::int64_t{shape.switches()} * (degree(shape.q) - shape.q) / 2;
  figures.cables["cross"] = std::int64_t{shape.q} * shape.q * shape.q;
  figures.diameter = 2;
  figures.source = "Besta and Hoefler 2014";
  if (!valid(shape.q))
    figures.no_graph = fmt::format(
        "q = {} is no power of a prime, so there is no such graph: it can be counted, not "
        "built (nearest valid q: {})",
        shape.q, nearest_valid(shape.q));
  return figures * planes;
}

/// Which differences join two switches of one column: X for the first half, X' for the second.
struct Generators {
  std::vector<bool> first, second;
};

Generators generators(const FiniteField& field) {
  const int q = field.size();
  const int d = remainder(q);
  Generators sets{std::vector<bool>(static_cast<std::size_t>(q)), std::vector<bool>(static_cast<std::size_t>(q))};
  const auto put = [&](std::vector<bool>& set, int exponent) {
    set[static_cast<std::size_t>(field.power(exponent % (q - 1)))] = true;
  };
  if (d >= 0) {  // even powers and odd powers
    for (int i = 0; i < (q - d) / 2; ++i) {
      put(sets.first, 2 * i);
      put(sets.second, 2 * i + 1);
    }
    return sets;
  }
  const int w = (q + 1) / 4;
  for (int i = 0; i < w; ++i) {
    put(sets.first, 2 * i);
    put(sets.first, 2 * w - 1 + 2 * i);
    put(sets.second, 2 * i + 1);
    put(sets.second, 2 * w + 2 * i);
  }
  return sets;
}

/// Switch (0, x, y) is number x q + y, switch (1, m, c) is q^2 + m q + c. Inside a column: y - y' in X, c - c' in X';
/// across: y = m x + c.
std::vector<Vertex> plane_of(const SlimFly& shape, const Site& site, Fabric& fabric, int plane, int endpoints) {
  const FiniteField field{shape.q};
  const Generators sets = generators(field);
  const FabricLink column = site.cable("column");
  const FabricLink cross = site.cable("cross");
  const int q = shape.q;
  std::vector<Vertex> all;
  for (int i = 0; i < shape.switches(); ++i)
    all.push_back(fabric.add_node(fmt::format("switch-{}-{}", plane, i), "switch"));
  const auto join = [&](int one, int other, const FabricLink& like) {
    fabric.add_cable(fmt::format("{}-{}-{}-{}", like.tier, plane, one, other), all[static_cast<std::size_t>(one)],
                     all[static_cast<std::size_t>(other)], like);
  };
  for (int half = 0; half < 2; ++half) {
    const auto& set = half == 0 ? sets.first : sets.second;
    for (int x = 0; x < q; ++x)
      for (int y = 0; y < q; ++y)
        for (int z = y + 1; z < q; ++z)
          if (set[static_cast<std::size_t>(field.add(y, field.negative(z)))])
            join((half * q + x) * q + y, (half * q + x) * q + z, column);
  }
  for (int x = 0; x < q; ++x)
    for (int m = 0; m < q; ++m)
      for (int c = 0; c < q; ++c) join(x * q + field.add(field.multiply(m, x), c), (q + m) * q + c, cross);
  return fill(all, endpoints, shape.per_switch);
}

void build(const Config& config, const Site& site, Fabric& fabric) {
  const SlimFly shape = read(config);
  const Planes planes = read_planes(config, site);
  build_planes(planes, site, fabric, [&](int plane) { return plane_of(shape, site, fabric, plane, planes.endpoints); });
}

const Registration registration{"slim-fly", build, count};

}  // namespace
}  // namespace teapot::slim_fly_kind
