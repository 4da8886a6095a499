#pragma once
// Quantities that differ from request to request or from GPU to GPU: fixed, or drawn from a distribution.
// Knows not what is drawn.

#include <cstdint>
#include <vector>

#include "sim/config.hpp"
#include "sim/random.hpp"

namespace teapot {

struct Distribution {
  enum class Kind { fixed, uniform, lognormal, empirical };
  Kind kind = Kind::fixed;
  double mean = 0;
  double low = 1;              ///< what is drawn lies in [low, high]
  double high = 0;             ///< 0: no bound
  double sigma = 0;            ///< lognormal: standard deviation of the logarithm
  std::vector<double> values;  ///< empirical: drawn with replacement
  std::uint64_t seed = 1;

  bool fixed() const { return kind == Kind::fixed; }
  double draw(Random& random) const;
};

/// A number, or one of
///   {distribution: uniform, from: 1000, to: 8000}
///   {distribution: lognormal, mean: 4096, sigma: 0.5, max: 32768}
///   {distribution: empirical, file: lengths.csv}    one number a line; a first line of text is passed over
/// each with a `seed` (default 1). Everything drawn is at least 1. Throws ConfigError.
Distribution read_distribution(const Config& value);

}  // namespace teapot
