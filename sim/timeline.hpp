#pragma once
// What happened: when each operator ran on each rank, and what each link carried. Facts only; analysis interprets.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/units.hpp"

namespace teapot {

struct LinkUse {
  Bytes bytes;   ///< carried in the whole step
  Seconds busy;  ///< time it would have needed at full speed
};

struct BusyInterval {
  double begin_s = 0;
  double end_s = 0;
};

struct Timeline {
  int ranks = 0;
  int operators = 0;
  std::vector<double> start_s;  ///< [operator * ranks + rank]; for a collective, when the rank entered it; NaN: never
  std::vector<double> end_s;    ///< for a collective, when the rank's own bytes had arrived
  std::vector<LinkUse> links;   ///< one for each link of the network
  /// By link, where the simulation was asked to record it, else empty: when it carried bytes, in order, disjoint. At
  /// depth `pair` links may wait for one another: the same work, as early as it could have been done.
  std::vector<std::vector<BusyInterval>> busy;
  Seconds step;  ///< end of the last operator
  std::int64_t collectives = 0;
  std::int64_t events = 0;

  /// Whether the operator ran on the rank; start and end mean nothing where it did not.
  bool ran(int op, int rank) const { return !std::isnan(start_s[index(op, rank)]); }
  Seconds start(int op, int rank) const { return {start_s[index(op, rank)]}; }
  Seconds end(int op, int rank) const { return {end_s[index(op, rank)]}; }

 private:
  std::size_t index(int op, int rank) const {
    return static_cast<std::size_t>(op) * static_cast<std::size_t>(ranks) + static_cast<std::size_t>(rank);
  }
};

}  // namespace teapot
