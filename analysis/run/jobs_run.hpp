#pragma once
// Several jobs that decode at once on one fabric: how fast each is alone, and beside the others.
// Knows no file.

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/scenario/jobs.hpp"

namespace teapot {

struct JobResult {
  Seconds step_alone;
  Seconds step_together;  ///< the mean of the steps that ended while all jobs ran, at least one
  int steps = 0;          ///< of them
  int simulated = 0;      ///< steps simulated beside the others
  double tokens_per_step = 1;
  double requests_per_gpu = 0;  ///< the mean over all
  Bytes link_bytes;             ///< of one step, summed over the links that they cross

  Seconds tpot_alone() const { return step_alone / tokens_per_step; }
  Seconds tpot_together() const { return step_together / tokens_per_step; }
};

/// A link that more than one job loads.
struct SharedLink {
  std::string name;
  std::vector<double> use;  ///< by job: part of its step alone that the link is busy with it
};

struct JobsResult {
  std::vector<JobResult> jobs;
  Bytes link_bytes;  ///< carried by all links in all steps simulated together
  std::size_t shared_links = 0;
  SharedLink busiest;  ///< the one of them with the highest sum; no name where there is none
  double wall_s = 0;
};

/// All jobs begin together, and repeat their steps back to back until each has ended one; what they have ended by then
/// counts. Throws SimulationError.
JobsResult run_jobs(const JobsScenario& scenario, const std::function<void(double fraction)>& progress = {});

std::string jobs_text(const JobsScenario& scenario, const JobsResult& result);
nlohmann::ordered_json jobs_json(const JobsScenario& scenario, const JobsResult& result);

}  // namespace teapot
