#pragma once
// Several deployments on one fabric, read and checked: the scenario key `jobs`.
// Does not run anything.

#include <string>
#include <vector>

#include "analysis/scenario/scenario.hpp"

namespace teapot {

struct Job {
  std::string name;
  std::vector<int> nodes;  ///< of the fabric, in the order of ranks
  Scenario scenario;       ///< of the job by itself, on these nodes
};

struct JobsScenario {
  std::string name;
  std::string fabric;
  std::vector<Job> jobs;
  Network network;  ///< of all of their GPUs: those of the first job, then those of the second, and so on
};

/// Whether a scenario has the key `jobs`.
bool has_jobs(const Tree& scenario);
/// What the reference of keys says of it.
About jobs_about();
/// Writes down the keys that a job has besides those of a scenario.
void note_jobs(const Config& config);

/// Each job is the scenario with the job's keys over it, and gets whole nodes of those that the jobs before have left.
/// Throws ConfigError; Mistakes where keys are misspelt.
JobsScenario read_jobs(const Tree& tree, const std::string& name);

}  // namespace teapot
