#pragma once
// A sweep, worked out: which scenarios are to be simulated, and the rows of the table they fill.
// Knows neither processes nor folders.

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/scenario/part_reader.hpp"
#include "sim/config.hpp"

namespace teapot {

/// One simulation.
struct SweepTask {
  std::string key;  ///< of its result: equal for equal resolved scenarios, data files, prices and program versions
  Tree scenario;
};

/// One row: its cells, as text, and the simulations it is the mean of, as indices of tasks.
struct SweepPoint {
  std::vector<std::string> cells;
  std::vector<std::size_t> tasks;
};

struct SweepColumn {
  std::string name;      ///< the last part of a key where that is enough, and the unit: nic_bandwidth_Gbps
  bool numeric = false;  ///< the cells are plain numbers
};

/// Price lists; empty: those of the project.
struct PriceFiles {
  std::string economics;
  std::string prices;
};

struct SweepPlan {
  bool binding = false;  ///< results say which resource binds; their keys differ from those that do not
  std::string name;
  std::string definition;  ///< digest of what the sweep's file says, its base and --set included
  std::vector<SweepColumn> columns;
  std::vector<SweepPoint> points;  ///< in the order of the grid, or of the sample
  std::vector<SweepTask> tasks;    ///< no key twice
  std::size_t dropped = 0;         ///< points for which a condition of `drop` holds
  std::uint64_t seed = 1;          ///< of the sample
  PartReader parts;                ///< what was read of the first point, for whoever evaluates it
};

/// Reads a sweep:
///   base: scenario.yaml, {from: scenario.yaml, key: changed}, or a scenario written in place
///   axes: (axis.hpp)    drop: [conditions] (condition.hpp)    sample: (sampling.hpp)
///   repeats: 5          so many seeds, from simulation.seed on
/// `sets` change the base. Throws ConfigError.
SweepPlan read_sweep(const std::string& file, const std::vector<std::string>& sets, const PriceFiles& prices,
                     bool binding = false);

}  // namespace teapot
