#pragma once
// The name of a point's result: it changes with everything that the figures depend on, and with nothing else.
// Knows no sweep.

#include <string>

#include "analysis/scenario/part_reader.hpp"
#include "analysis/sweep/plan.hpp"
#include "sim/config.hpp"

namespace teapot {

class PointKeys {
 public:
  /// `parts` must outlive it. `binding`: results say which resource binds.
  PointKeys(const PriceFiles& prices, bool binding, PartReader& parts);
  /// Digest of the resolved scenario (what it names put in place of the names), of the platform file, kernel tables and
  /// price lists, and of the program's version. A scenario that names what is not there has a key too.
  std::string of(const Tree& scenario);

 private:
  std::string common_;  // digest of what all points share
  PartReader& parts_;
};

}  // namespace teapot
