#pragma once
// Parts of a fabric that fail while requests are served and are mended again: the fabric as it is from time to time.
// Knows no pool and no step.

#include <limits>
#include <string>
#include <vector>

#include "sim/config.hpp"
#include "sim/network.hpp"

namespace teapot {

struct TimedFailure {
  double at_s = 0;
  double until_s = std::numeric_limits<double>::infinity();
  Tree part;  ///< as an item of `fabric.failures`
};

/// Reads `serving.failures: [{plane: 3, at: 5 min, until: 8 min}]`. Throws ConfigError.
std::vector<TimedFailure> read_failures(const Config& serving);

/// From a time on the same parts have failed.
struct FabricEpoch {
  double from_s = 0;
  std::vector<Tree> failed;
  std::string words() const;  ///< "plane 3, switch spine-0-1", or "nothing"
};

/// In order of time, the first from 0; two that follow one another differ. None where nothing fails.
std::vector<FabricEpoch> fabric_epochs(const std::vector<TimedFailure>& failures);

/// Throws ConfigError naming two GPUs where failures cut one off from the others.
void check_reach(const Network& network);

}  // namespace teapot
