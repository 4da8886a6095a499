// Asks every question once.
// Does not print.

#include "analysis/explain/explanation.hpp"

namespace teapot {
namespace {

constexpr int links_of_a_tier = 10;

}  // namespace

Explanation explain(const Scenario& scenario, const Run& run, const ExplainOptions& options) {
  CollectiveProfiles profiles{scenario.network, run.program};
  Explanation e;
  e.step = run.timeline.step;
  e.tokens_per_step = scenario.speculation.tokens_per_step;
  e.waterfall = waterfall(run.program, run.timeline, profiles);
  e.path = critical_path(run.program, run.timeline, profiles);
  e.path_shares = shares_of(e.path, run.program);
  e.links = most_loaded(run.program, run.timeline, profiles, links_of_a_tier);
  e.tiers = tier_use(scenario.network, run.timeline);
  e.cut = cut_use(scenario.network, run.program, run.timeline);
  if (options.what_if) {
    std::vector<std::string> loaded;
    for (const auto& tier : e.tiers) loaded.push_back(tier.tier);
    e.what_if = what_if(scenario, run, resources(scenario, run.program, loaded), options.progress);
  }
  return e;
}

std::vector<std::string> explanation_parts() { return {"waterfall", "path", "links", "what-if"}; }

}  // namespace teapot
