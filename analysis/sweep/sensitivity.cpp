// Perturbs and simulates.
// Does not know how a resource is made faster.

#include "analysis/sweep/sensitivity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "analysis/explain/what_if.hpp"
#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/training/training_run.hpp"

namespace teapot {
namespace {

struct Outcome {
  Seconds tpot;
  double tokens = 0;
};

Outcome outcome_of(const Scenario& scenario) {
  const Run result = run(scenario);
  const Report sums = report(scenario, result.program, result.timeline);
  return {sums.tpot, sums.tokens_per_s_per_gpu};
}

std::vector<std::string> loaded_tiers(const Scenario& scenario, const Timeline& timeline) {
  std::map<std::string, double> busy;
  for (std::size_t l = 0; l < scenario.network.links.size(); ++l) {
    busy[scenario.network.links[l].tier] += timeline.links[l].busy.value;
  }
  std::vector<std::string> tiers;
  for (const auto& [tier, time] : busy) {
    if (time > 0) tiers.push_back(tier);
  }
  return tiers;
}

/// With a batch that has changed by the part; the same scenario where that is less than one request.
std::optional<Scenario> with_batch(const Scenario& scenario, double factor) {
  const bool halved = scenario.execution.overlap == "dual-micro-batch";
  const int old = static_cast<int>(std::lround(scenario.load.requests_per_gpu()));
  const int unit = halved && old % 2 == 0 ? 2 : 1;
  const int batch = static_cast<int>(std::lround(old * factor / unit)) * unit;
  if (batch < 1 || batch == old) return {};
  Tree tree = scenario.source;
  apply_set(tree, fmt::format("deployment.requests_per_gpu={}", batch));
  try {
    return read_scenario(tree, scenario.name);
  } catch (const ConfigError&) {
    return {};  // a larger batch does not fit into memory
  }
}

Sensitivity row_of(const std::string& name, const std::string& meaning, const Outcome& less, const Outcome& more,
                   const Outcome& base, double part) {
  Sensitivity row{name, meaning, less.tpot, more.tpot, less.tokens, more.tokens, 0};
  row.elasticity = (base.tpot - more.tpot) / base.tpot / (part / (1 + part));
  return row;
}

void put_largest_first(SensitivityTable& table) {
  const auto change = [](const Sensitivity& row) { return std::abs((row.tpot_less - row.tpot_more).value); };
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [&](const Sensitivity& a, const Sensitivity& b) { return change(a) > change(b); });
}

Outcome outcome_of(const TrainingScenario& scenario) {
  const TrainingResult result = run_training(scenario);
  return {result.step, result.tokens_per_s / scenario.gpus()};
}

}  // namespace

SensitivityTable sensitivity(const TrainingScenario& scenario, double part,
                             const std::function<void(double fraction)>& progress) {
  const Outcome base = outcome_of(scenario);
  SensitivityTable table{base.tpot, base.tokens, part, {}};
  const auto all = resources(scenario);
  for (const auto& resource : all) {
    const Outcome more = outcome_of(faster(scenario, resource.name, 1 + part));
    const Outcome less = outcome_of(faster(scenario, resource.name, 1 - part));
    table.rows.push_back(row_of(resource.name, resource.meaning, less, more, base, part));
    if (progress) progress(static_cast<double>(table.rows.size()) / static_cast<double>(all.size()));
  }
  put_largest_first(table);
  return table;
}

SensitivityTable sensitivity(const Scenario& scenario, double part,
                             const std::function<void(double fraction)>& progress) {
  const Run result = run(scenario);
  const Report sums = report(scenario, result.program, result.timeline);
  const Outcome base{sums.tpot, sums.tokens_per_s_per_gpu};
  SensitivityTable table{base.tpot, base.tokens, part, {}};
  const auto all = resources(scenario, result.program, loaded_tiers(scenario, result.timeline));
  for (const auto& resource : all) {
    const Outcome more = outcome_of(faster(scenario, resource.name, 1 + part));
    const Outcome less = outcome_of(faster(scenario, resource.name, 1 - part));
    table.rows.push_back(row_of(resource.name, resource.meaning, less, more, base, part));
    if (progress) progress(static_cast<double>(table.rows.size()) / static_cast<double>(all.size() + 1));
  }
  const auto smaller = with_batch(scenario, 1 - part);
  const auto larger = with_batch(scenario, 1 + part);
  if (smaller || larger) {
    table.rows.push_back(row_of("batch", "requests a GPU", smaller ? outcome_of(*smaller) : base,
                                larger ? outcome_of(*larger) : base, base, part));
  }
  put_largest_first(table);
  return table;
}

}  // namespace teapot
