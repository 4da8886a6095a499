#pragma once
// From what the bytes must cost to the simulated step, in parts that add up to it.
// Knows no scenario and no output format.

#include <string>
#include <vector>

#include "analysis/explain/collective_profile.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"
#include "sim/units.hpp"

namespace teapot {

/// A part of the step, the mean over ranks; what is hidden or saved is negative.
struct WaterfallPart {
  std::string name;
  std::string group;  ///< communication, overlap, compute or idle
  Seconds time;
};

/// Parts in order; their sum is timeline.step (to rounding). Communication, summed over collectives:
///   ideal serialisation   each tier's bytes, spread evenly over the links used, at line rate; the slowest tier
///   wire efficiency       what the communication kernel does not reach of the line rate, and its cost a message
///   latency               of the longest path to the rank
///   software floor        overhead of each call
///   uneven links          the slowest link with the rank's bytes against the even spread
///   waiting for others    the last sender entered later than the rank itself (negative: the rank came late, and found
///                         links drained)
///   contention            the rest: links shared with other collectives
/// then what computing hides, then computing by operator, its slowing by communication kernels, and idle time.
std::vector<WaterfallPart> waterfall(const Program& program, const Timeline& timeline, CollectiveProfiles& profiles);

}  // namespace teapot
