#pragma once
// Which settings of the axes make a point: all combinations, or a seeded sample of them.
// Knows neither scenarios nor results.

#include <cstdint>
#include <vector>

#include "analysis/sweep/axis.hpp"

namespace teapot {

struct Sampling {
  enum class Method { grid, random, latin_hypercube };
  Method method = Method::grid;
  int points = 0;  ///< of a sample
  std::uint64_t seed = 1;
};

/// Reads `sample: {method: latin-hypercube | random, points: 100, seed: 1}`; absent: the grid.
Sampling read_sampling(const Config& sweep);

/// For each point the setting of every axis. In the grid the last axis turns fastest. A Latin hypercube of n points
/// takes each n-th part of every axis once (McKay, Beckman, Conover 1979). Fails at `axes` where a grid would be
/// endless.
std::vector<std::vector<AxisSetting>> choose_settings(const std::vector<Axis>& axes, const Sampling& sampling,
                                                      const Config& at);

}  // namespace teapot
