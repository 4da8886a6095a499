#pragma once
// What is known of a collective's drains until something is put on links again: who is done when, and which links say
// so. Times are as they were when they were found: they are computed again where they count. Knows no link's rate.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace teapot {

// Two links that are done so close together may change places when their times are computed again.
inline constexpr double rounding_s = 1e-12;

struct Decided {
  struct Ranks {  ///< that one drain lets go
    double time;
    std::size_t word;
    std::uint64_t bits;
  };
  struct OnLink {
    double time;
    int place;
    std::size_t drained = 0;  ///< until so many of `passed`
  };

  std::vector<Ranks> ranks;    ///< from late to early
  std::vector<OnLink> links;   ///< likewise: those that decide
  std::vector<double> passed;  ///< when all links were to drain that nobody has asked for since
};

}  // namespace teapot
