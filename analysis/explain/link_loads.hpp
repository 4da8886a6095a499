#pragma once
// Which links the step loaded, with what, and how much of each tier and of the cut through the middle was in use.
// Knows no scenario and no output format.

#include <string>
#include <vector>

#include "analysis/explain/collective_profile.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"
#include "sim/units.hpp"

namespace teapot {

/// The part of a link's bytes that operators of one name send.
struct LoadedBy {
  std::string name;
  Bytes bytes;
};

struct LinkLoad {
  int link = 0;  ///< index into Network::links
  Bytes bytes;
  double use = 0;              ///< busy time over step
  std::vector<LoadedBy> from;  ///< most bytes first
};

struct TierUse {
  std::string tier;
  int links = 0;         ///< all of the tier
  int used = 0;          ///< those that carried bytes
  Bytes bytes;           ///< of all links
  double line_rate = 0;  ///< bytes over what the used links could have carried in the step
  double busy = 0;       ///< mean over the used links of busy time over step: what wires and messages leave free
  double busiest = 0;    ///< the same of the busiest link
};

/// GPUs of the first half of the scale-up domains against the others (of the ranks, where there is one domain only).
struct CutUse {
  BytesPerSecond capacity;  ///< the most that all paths together could carry from one half to the other (maximum flow)
  Bytes bytes;              ///< sent across, in the busier direction
  double use = 0;           ///< bytes / (capacity * step)
};

/// The `count` most loaded links of each tier, tiers with the busiest link first.
std::vector<LinkLoad> most_loaded(const Program& program, const Timeline& timeline, CollectiveProfiles& profiles,
                                  int count);
/// Busiest first; tiers without bytes are left out.
std::vector<TierUse> tier_use(const Network& network, const Timeline& timeline);
CutUse cut_use(const Network& network, const Program& program, const Timeline& timeline);

}  // namespace teapot
