#pragma once
// Why this TPOT: everything that explains one run, computed once, and its words and numbers.
// Decides nothing about where they go.

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/explain/critical_path.hpp"
#include "analysis/explain/link_loads.hpp"
#include "analysis/explain/waterfall.hpp"
#include "analysis/explain/what_if.hpp"
#include "analysis/run/run.hpp"
#include "analysis/scenario/scenario.hpp"

namespace teapot {

struct Explanation {
  Seconds step;
  double tokens_per_step = 1;
  std::vector<WaterfallPart> waterfall;
  std::vector<PathStep> path;
  std::vector<PathShare> path_shares;
  std::vector<LinkLoad> links;  ///< the ten most loaded of each tier
  std::vector<TierUse> tiers;
  CutUse cut;
  std::vector<WhatIf> what_if;  ///< empty where it was not asked for
};

struct ExplainOptions {
  bool what_if = true;  ///< simulates the step about twice for each resource
  std::function<void(double fraction)> progress;
};

Explanation explain(const Scenario& scenario, const Run& run, const ExplainOptions& options = {});

/// The parts an explanation can be asked for: waterfall, path, links, what-if.
std::vector<std::string> explanation_parts();
/// Tables for a terminal. `part` is one of the parts or "all".
std::string explanation_text(const Explanation& explanation, const Scenario& scenario, const Run& run,
                             const std::string& part = "all");
nlohmann::ordered_json explanation_json(const Explanation& explanation, const Scenario& scenario, const Run& run);

}  // namespace teapot
