#pragma once
// The chain of operators that ends last: each starts when the one before it ends, so that their times add up to the
// step. Knows no scenario and no output format.

#include <string>
#include <vector>

#include "analysis/explain/collective_profile.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"
#include "sim/units.hpp"

namespace teapot {

/// One operator on the path. A collective is on it from when its last sender entered to when `rank` had its bytes.
struct PathStep {
  int op = 0;
  int rank = 0;     ///< where it ends
  int entered = 0;  ///< where it starts: the last sender of a collective, or the rank itself
  Seconds begin;
  Seconds end;
  Seconds software;  ///< of a collective: overhead of the call
  Seconds latency;   ///< of a collective
  std::string tier;  ///< of the slowest link with the rank's bytes; empty for computing
};

/// In order of time, from 0 to timeline.step without gaps.
std::vector<PathStep> critical_path(const Program& program, const Timeline& timeline, CollectiveProfiles& profiles);

/// The same without profiles: a rank is taken to wait for whoever of its group came last, and latencies and tiers are
/// not told.
std::vector<PathStep> rough_path(const Program& program, const Timeline& timeline);

/// Time on the path by what it was spent on.
struct PathShare {
  std::string name;  ///< an operator, or "software floor", "latency", "bytes on <tier>"
  bool communication = false;
  int count = 0;
  Seconds time;
};
/// Longest first.
std::vector<PathShare> shares_of(const std::vector<PathStep>& path, const Program& program);

}  // namespace teapot
