#pragma once
// Clusters to choose from for one service: what each costs, how it serves the load, and the most load that it takes.
// Does not know what a choice means: it is given scenarios.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/scenario/part_reader.hpp"
#include "analysis/serving/load_curve.hpp"
#include "analysis/sweep/costs.hpp"

namespace teapot {

/// One cluster, and what was found of it.
struct ServiceChoice {
  std::vector<std::string> choices;  ///< a value for each axis
  int gpus = 0;
  double usd = 0;                     ///< of all GPUs and their network
  double usd_per_million_tokens = 0;  ///< at the load that is asked for
  LoadPoint asked;                    ///< at the scenario's own load
  std::optional<MostLoad> most;       ///< where it was looked for
  std::string ruled_out;              ///< why it is no answer; empty where it is one
};

struct ServiceGoal {
  double part = 0.99;      ///< of the requests that must keep the limits
  bool most_load = false;  ///< the most load within the limits, and not the cheapest that serves the scenario's
};

/// Reads, prices and serves one. What cannot be deployed, has no price, or does not keep the limits is ruled out with
/// the reason. `folder`: where simulated steps are kept.
ServiceChoice served_choice(const Tree& scenario, std::vector<std::string> choices, const ServiceGoal& goal,
                            const CostLists& lists, PartReader& parts, const std::string& folder);

/// Answers first: the cheapest, or those of the most load; then those ruled out, in the order given.
void rank(std::vector<ServiceChoice>& all, const ServiceGoal& goal);

std::string service_choices_text(const std::vector<ServiceChoice>& ranked, const std::vector<std::string>& axes,
                                 const ServiceGoal& goal);
nlohmann::ordered_json service_choices_json(const std::vector<ServiceChoice>& ranked,
                                            const std::vector<std::string>& axes, const ServiceGoal& goal);

}  // namespace teapot
