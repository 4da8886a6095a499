#pragma once
// A histogram of times between tokens.
// Knows no request.

#include <cstdint>
#include <map>

namespace teapot {

/// How long tokens took to follow one another, in bins of 0.2%.
class GapHistogram {
 public:
  void add(double seconds, int tokens);  ///< the last of `tokens` that came at once, `seconds` after those before
  bool any() const { return count_ > 0; }
  double mean_s() const { return count_ > 0 ? sum_ / static_cast<double>(count_) : 0; }
  double percentile_s(double part) const;  ///< part in [0, 1]

 private:
  std::map<int, std::int64_t> bins_;  // by 500 ln(seconds); tokens that came together are at no time
  std::int64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace teapot
