#pragma once
// Runs one collective by itself, and says how fast it was, what bound it, and by which link.
// Knows no kind of fabric and no option of the command line.

#include <string>
#include <vector>

#include "sim/costs.hpp"
#include "sim/engine.hpp"
#include "workloads/collectives/pattern.hpp"

namespace teapot {

struct CollectiveResult {
  std::string operation;
  std::string library;  ///< whose kernel ran, and which algorithm
  int gpus = 0;
  int groups = 1;
  double tokens = 0;  ///< of each GPU; 0 where there are none
  Bytes bytes_per_gpu;
  Bytes bytes_per_copy;
  Seconds time;       ///< until the last rank has all its bytes
  Seconds mean_time;  ///< the mean over ranks
  BytesPerSecond algorithm_bandwidth;
  BytesPerSecond bus_bandwidth;
  BytesPerSecond mean_group_bandwidth;  ///< algorithm bandwidth of each group by its own time, the mean over groups
  Seconds bound;                        ///< what the most loaded link needs at line rate
  std::string bottleneck;               ///< that link; empty where nothing crosses any
  std::string tier;                     ///< of that link
};

CollectiveResult run_collective(const Pattern& pattern, const Network& network, const CollectiveCosts& costs,
                                NetworkDepth depth);

std::string collective_table(const std::vector<CollectiveResult>& results);
/// One object for one result; for several the first one's names with a list `results` of the rest.
std::string collective_json(const std::vector<CollectiveResult>& results, const std::string& fabric);

}  // namespace teapot
