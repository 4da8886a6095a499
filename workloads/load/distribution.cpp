// Drawing and reading distributions.
// Knows not what is drawn.

#include "workloads/load/distribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <numeric>
#include <sstream>
#include <string>

#include "sim/input_file.hpp"
#include "sim/limits.hpp"

namespace teapot {
namespace {

std::vector<double> read_values(const Config& file) {
  const std::string name = file_named(file, most_table_bytes);
  std::istringstream stream{read_input(name, most_table_bytes)};
  std::vector<double> values;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    double value = 0;
    const auto result = std::from_chars(line.data(), line.data() + line.size(), value);
    const bool whole = result.ec == std::errc{} && result.ptr == line.data() + line.size();
    if (!whole && number == 1) continue;
    if (!whole || !(value >= 1) || !std::isfinite(value)) {
      throw ConfigError(fmt::format("{}:{}: expected one number of at least 1, got {}", name, number, in_quotes(line)));
    }
    values.push_back(value);
  }
  if (values.empty()) file.fail(name + " holds no number");
  return values;
}

/// What is drawn counts tokens or requests; a lognormal's tail is cut there, too.
void require_at_most(const Config& value, double largest) {
  if (largest > limits::tokens) value.fail(fmt::format("must be at most {:g}, got {:g}", limits::tokens, largest));
}

}  // namespace

double Distribution::draw(Random& random) const {
  double value = mean;
  switch (kind) {
    case Kind::fixed:
      return mean;
    case Kind::uniform:
      value = low + (high - low) * random.uniform();
      break;
    case Kind::lognormal: {
      // Box and Muller; the mean of exp(mu + sigma z) is exp(mu + sigma^2 / 2).
      const double radius = std::sqrt(-2 * std::log1p(-random.uniform()));
      const double z = radius * std::cos(2 * std::numbers::pi * random.uniform());
      value = mean * std::exp(sigma * z - sigma * sigma / 2);
      break;
    }
    case Kind::empirical:
      value = values[random.below(static_cast<std::uint32_t>(values.size()))];
      break;
  }
  value = std::max(value, low);
  return std::min(value, high > 0 ? high : limits::tokens);
}

Distribution read_distribution(const Config& value) {
  Distribution d;
  if (!value.is_mapping()) {
    d.mean = value.as_positive<double>();
    require_at_most(value, d.mean);
    return d;
  }
  const std::string kind = value.choice("distribution", {"uniform", "lognormal", "empirical"},
                                        {"Of values that differ from request to request", "lognormal"});
  d.seed = static_cast<std::uint64_t>(value.non_negative_or<std::int64_t>("seed", 1, {"Of the draws", "1"}));
  if (kind == "uniform") {
    d.kind = Distribution::Kind::uniform;
    d.low = value.positive<double>("from", {"Smallest value of `distribution: uniform`", "1024"});
    d.high = value.positive<double>("to", {"Largest value of `distribution: uniform`", "8192"});
    if (d.high < d.low) value.at("to").fail("must not be below `from`");
    d.mean = (d.low + d.high) / 2;
  } else if (kind == "lognormal") {
    d.kind = Distribution::Kind::lognormal;
    d.mean = value.positive<double>("mean", {"Of `distribution: lognormal`", "4096"});
    d.sigma = value.non_negative<double>("sigma", {"Of the logarithm, in `distribution: lognormal`", "0.5"});
    limits::at_most(value, "sigma", d.sigma, 8);
    d.high = value.positive_or<double>("max", 0, {"Larger draws are cut to this; 0: none are", "16384"});
    if (d.high > 0 && d.high < d.mean) value.at("max").fail("must not be below the mean");
  } else {
    d.kind = Distribution::Kind::empirical;
    d.values = read_values(value.at("file", {"One value a line, for `distribution: empirical`", "contexts.csv"}));
    d.mean = std::accumulate(d.values.begin(), d.values.end(), 0.0) / static_cast<double>(d.values.size());
  }
  require_at_most(value, std::max({d.mean, d.low, d.high}));
  return d;
}

}  // namespace teapot
