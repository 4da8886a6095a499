#pragma once
// A sweep in its folder: does what is missing, and writes the results of what is there.
// Knows no command line.

#include <string>
#include <vector>

#include "analysis/sweep/folder.hpp"
#include "analysis/sweep/plan.hpp"
#include "analysis/sweep/results.hpp"

namespace teapot {

struct SweepOptions {
  std::string file;
  std::vector<std::string> sets;
  std::string folder;  ///< empty: results/ and the sweep's name
  int workers = 0;     ///< 0: as many as processors
  double memory_bytes = 0;
  bool replace = false;  ///< the folder's sweep may have said something else before
  bool retry = false;    ///< failed points are run again
  bool binding = false;  ///< find which resource binds each point, by simulation
  int shard = 0;         ///< of `shards`, from 1; 0: all, and write the results
  int shards = 0;
  PriceFiles prices;
};

struct SweepSummary {
  std::string folder;
  std::string name;
  ResultTable table;  ///< empty for a shard
  std::size_t reused = 0;
  std::size_t simulated = 0;
  std::size_t failed = 0;  ///< of those simulated
  std::size_t lost = 0;    ///< killed three times: still missing
  std::size_t dropped = 0;
  int signal = 0;  ///< stopped by it
  double wall_s = 0;
  double cpu_use = 0;  ///< of the workers: processor time over time
};

/// Throws ConfigError for what the user got wrong, and where results cannot be written.
SweepSummary run_sweep(const SweepOptions& options);
/// Puts the plan into the folder, or finds that it is there. Throws ConfigError where the folder is of another sweep,
/// unless that may be replaced.
void settle_plan(const SweepFolder& folder, const SweepPlan& plan, bool replace);
/// Writes results.csv and results.json from what is in the folder.
SweepSummary collect_sweep(const std::string& folder);
/// The result of a key; nothing where there is none, or none that is whole.
std::optional<Json> read_result(const SweepFolder& folder, const std::string& key);

}  // namespace teapot
