// Runs and prices a scenario.
// Does not know which sweep it belongs to.

#include "analysis/sweep/evaluate.hpp"

#include "analysis/explain/binding.hpp"
#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/run/summary.hpp"
#include "analysis/serving/serving_report.hpp"
#include "analysis/training/training_report.hpp"
#include "analysis/training/training_run.hpp"
#include "analysis/version.hpp"

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

namespace {

/// A service's figures as columns: medians where a run has one figure.
nlohmann::ordered_json served(const Tree& tree, const std::string& name, const CostLists& lists, PartReader& parts) {
  const ServingScenario scenario = read_serving(tree, name);
  const ServingResult result = serve(scenario, default_cache_folder());
  const ServingReport report = serving_report(scenario, result);
  nlohmann::ordered_json json;
  json["scenario"] = name;
  json["model"] = scenario.decode.model.name;
  json["accelerator"] = scenario.decode.accelerator.name;
  json["fabric"] = scenario.decode.fabric;
  json["gpus"] = scenario.gpus;
  if (report.tpot_ms.any()) json["tpot_ms"] = report.tpot_ms.p50;
  json["tokens_per_s_per_gpu"] = report.output_tokens_per_s / scenario.gpus;
  json["ttft_p50_ms"] = report.ttft_ms.p50;
  json["ttft_p99_ms"] = report.ttft_ms.p99;
  if (report.tpot_ms.any()) json["tpot_p99_ms"] = report.tpot_ms.p99;
  if (report.itl_ms.any()) json["itl_p99_ms"] = report.itl_ms.p99;
  json["goodput_requests_per_s"] = report.goodput_per_s;
  json["requests_per_s"] = report.requests_per_s;
  json["overloaded"] = result.record.grows ? 1 : 0;
  const auto cost = token_cost(tree, lists, report.output_tokens_per_s / scenario.gpus, parts);
  add_cost(json, cost);
  if (cost) json["goodput_requests_per_s_per_musd"] = report.goodput_per_s / (cost->usd_per_gpu * scenario.gpus / 1e6);
  json["surface"] = {{"simulated", result.surface.simulated}, {"interpolated", result.surface.interpolated}};
  json["warnings"] = scenario.decode.model.reading.warnings;
  json["seed"] = scenario.decode.seed;
  json["version"] = version;
  return json;
}

/// Tokens of a training step are priced as a decode's are.
nlohmann::ordered_json trained(const TrainingScenario& scenario, const CostLists& lists, PartReader& parts) {
  const TrainingResult result = run_training(scenario);
  auto json = training_json(scenario, result);
  json.erase("wall_s");
  const double rate = result.tokens_per_s / scenario.gpus();
  const auto cost = token_cost(scenario.source, lists, rate, parts);
  add_cost(json, cost);
  json["usd_per_trillion_tokens"] =
      cost ? nlohmann::ordered_json(cost->usd_per_million_tokens * 1e6) : nlohmann::ordered_json(nullptr);
  return json;
}

// 40 MB: those of 34 steps of EP 64, or of one of EP 320.
constexpr std::size_t most_pairs_kept = 16'000'000;

nlohmann::ordered_json simulated(const Scenario& scenario, const CostLists& lists, InCommon& common, bool binding) {
  const Run result = run_sharing(scenario, common.drawn);
  const Report sums = report(scenario, result.program, result.timeline);
  auto json = summary_json(scenario, result, sums, binding ? find_binding(scenario, result, sums) : std::nullopt);
  json.erase("wall_s");
  add_cost(json, token_cost(scenario.source, lists, sums.tokens_per_s_per_gpu, common.parts));
  common.drawn->keep_pairs(most_pairs_kept);
  return json;
}

}  // namespace

nlohmann::ordered_json evaluate(const Tree& tree, const std::string& name, const CostLists& lists, InCommon& common,
                                bool binding) {
  if (is_service(tree)) return served(tree, name, lists, common.parts);
  if (trains(tree)) return trained(read_training_scenario(tree, name, common.parts), lists, common.parts);
  return simulated(read_scenario(tree, name, common.parts), lists, common, binding);
}

nlohmann::ordered_json evaluate(const Tree& tree, const std::string& name, const CostLists& lists) {
  InCommon common;
  if (is_service(tree)) return served(tree, name, lists, common.parts);
  if (trains(tree)) return trained(read_training_scenario(tree, name), lists, common.parts);
  return simulated(read_scenario(tree, name), lists, common, false);
}

}  // namespace teapot
