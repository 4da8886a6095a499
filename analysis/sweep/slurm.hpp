#pragma once
// Hands a sweep to Slurm as a job array, one shard a task.
// Knows no cluster: partition, account and limits are arguments for sbatch.

#include <string>
#include <vector>

#include "analysis/sweep/sweep.hpp"

namespace teapot {

struct SlurmOptions {
  int tasks = 8;                       ///< of the array, and no more than points
  std::vector<std::string> arguments;  ///< for sbatch, such as --partition=main
  bool wait = false;                   ///< wait for the array to end, then collect
};

/// Submits, and says what it submitted. The folder must be one that all nodes see. Throws ConfigError where sbatch is
/// missing or refuses.
void submit_to_slurm(const SweepOptions& sweep, const SlurmOptions& slurm);

}  // namespace teapot
