// Counting times between tokens in bins.
// Knows no request.

#include "workloads/serving/gap_histogram.hpp"

#include <cmath>

namespace teapot {

void GapHistogram::add(double seconds, int tokens) {
  constexpr int together = -100'000;
  count_ += tokens;
  sum_ += seconds;
  if (tokens > 1) bins_[together] += tokens - 1;
  ++bins_[seconds > 0 ? static_cast<int>(std::lround(500 * std::log(seconds))) : together];
}

double GapHistogram::percentile_s(double part) const {
  const double wanted = part * static_cast<double>(count_);
  double passed = 0;
  for (const auto& [bin, tokens] : bins_) {
    passed += static_cast<double>(tokens);
    if (passed >= wanted) return bin < -50'000 ? 0 : std::exp(bin / 500.0);
  }
  return 0;
}

}  // namespace teapot
