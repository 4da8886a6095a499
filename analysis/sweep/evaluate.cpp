// Runs and prices a scenario.
// Does not know which sweep it belongs to.

#include "analysis/sweep/evaluate.hpp"

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/run/summary.hpp"

namespace teapot {

void add_cost(nlohmann::ordered_json& json, const std::optional<TokenCost>& cost) {
  const auto put = [&](const char* name, double TokenCost::*field) {
    json[name] = cost ? nlohmann::ordered_json((*cost).*field) : nlohmann::ordered_json(nullptr);
  };
  put("network_usd_per_gpu", &TokenCost::network_usd);
  put("usd_per_gpu", &TokenCost::usd_per_gpu);
  put("usd_per_gpu_hour", &TokenCost::usd_per_gpu_hour);
  put("usd_per_million_tokens", &TokenCost::usd_per_million_tokens);
  put("tokens_per_s_per_kusd", &TokenCost::tokens_per_s_per_kusd);
}

nlohmann::ordered_json evaluate(const Tree& tree, const std::string& name, const CostLists& lists, KnownParts* known) {
  const Scenario scenario = read_scenario(tree, name, known);
  const Run result = run(scenario);
  const Report sums = report(scenario, result.program, result.timeline);
  auto json = summary_json(scenario, result, sums);
  json.erase("wall_s");
  add_cost(json, token_cost(tree, lists, sums.tokens_per_s_per_gpu, known));
  return json;
}

}  // namespace teapot
