// Drawing arrivals.
// Knows not who serves them.

#include "workloads/serving/arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/random.hpp"

namespace teapot {
namespace {

double normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log1p(-random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

/// Gamma of mean 1 and shape k (Marsaglia and Tsang, A simple method for generating gamma variables, 2000).
double gamma(Random& random, double shape) {
  const double raised = shape < 1 ? shape + 1 : shape;
  const double d = raised - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal(random);
    const double v = std::pow(1 + c * x, 3);
    if (v <= 0 || !(std::log1p(-random.uniform()) < x * x / 2 + d - d * v + d * std::log(v))) continue;
    const double value = d * v;
    return (shape < 1 ? value * std::pow(1 - random.uniform(), 1 / shape) : value) / shape;
  }
}

double gap(const ArrivalProcess& process, Random& random) {
  switch (process.kind) {
    case ArrivalProcess::Kind::poisson:
      return -std::log1p(-random.uniform()) / process.rate_per_s;
    case ArrivalProcess::Kind::gamma:
      return gamma(random, 1 / process.burstiness) / process.rate_per_s;
    default:
      return 1 / process.rate_per_s;
  }
}

int tokens(const Distribution& distribution, std::uint64_t seed, std::int64_t n, int what) {
  Random random{seed, n, what};
  return std::max(1, static_cast<int>(std::lround(distribution.draw(random))));
}

}  // namespace

Arrival drawn(const ArrivalProcess& process, std::int64_t n) {
  Arrival a;
  a.prompt_tokens = tokens(process.prompt, process.seed, n, 1);
  a.output_tokens = tokens(process.output, process.seed, n, 2);
  // At least the last token of a prompt is computed.
  const auto cached = static_cast<int>(std::lround(a.prompt_tokens * process.cached_fraction));
  a.cached_tokens = std::min(a.prompt_tokens - 1, cached);
  return a;
}

std::vector<Arrival> arrivals(const ArrivalProcess& process) {
  if (process.kind == ArrivalProcess::Kind::trace) return process.trace;
  std::vector<Arrival> all;
  if (process.kind == ArrivalProcess::Kind::closed_loop) {
    for (int n = 0; n < process.concurrency && n < process.most; ++n) all.push_back(drawn(process, n));
    return all;
  }
  Random random{process.seed, 0xa441};
  double now = process.kind == ArrivalProcess::Kind::constant ? 0 : gap(process, random);
  for (std::int64_t n = 0; now < process.duration_s && n < process.most; ++n, now += gap(process, random)) {
    all.push_back(drawn(process, n));
    all.back().at_s = now;
  }
  return all;
}

}  // namespace teapot
