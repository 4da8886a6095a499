// A report as one JSON object.
// Does not decide where it goes.

#include "analysis/run/sides.hpp"
#include "analysis/run/summary.hpp"
#include "analysis/run/uncertainty.hpp"
#include "analysis/run/used_libraries.hpp"
#include "analysis/run/warnings.hpp"
#include "analysis/version.hpp"

namespace teapot {
namespace {

using Json = nlohmann::ordered_json;

std::string json_name(std::string name) {
  for (char& c : name) {
    if (c == '-' || c == ' ') c = '_';
  }
  return name;
}

/// What the time of a step is called, and what it is of.
void add_step(const Scenario& scenario, const Report& r, Json& json) {
  const Band range = uncertainty(scenario, r);
  const Json band{{"low", ms(range.low / r.tokens_per_step)},
                  {"high", ms(range.high / r.tokens_per_step)},
                  {"coverage", Band::coverage}};
  if (scenario.phase == Phase::prefill) {
    json["phase"] = "prefill";
    json["ttft_ms"] = ms(r.step);
    json["prefill_ms"] = ms(r.step);
    json["step_ms"] = ms(r.step);
    json["prefill_band_ms"] = band;
  } else {
    json["tpot_ms"] = ms(r.tpot);
    json["step_ms"] = ms(r.step);
    json["tpot_band_ms"] = band;
  }
  json["warnings"] = warnings(scenario, r);
  json["lower_bound"] = scenario.machine.runtime.bound;
  if (scenario.phase == Phase::prefill) {
    json["prompt_tokens"] = scenario.load.requests[0].context + scenario.load.requests[0].new_tokens;
    json["cached_tokens"] = scenario.load.requests[0].context;
    json["prompts_per_gpu"] = scenario.load.requests_per_gpu();
  } else {
    json["tokens_per_step"] = r.tokens_per_step;
    json["tokens_per_s_per_user"] = r.tokens_per_s_per_user;
  }
  json["tokens_per_s_per_gpu"] = r.tokens_per_s_per_gpu;
}

Json operators_json(const Report& r) {
  Json operators = Json::array();
  for (const auto& op : r.operators) {
    operators.push_back({{"name", op.name},
                         {"kind", op.communication ? "communication" : "compute"},
                         {"calls", op.count},
                         {"busy_ms", ms(op.busy)},
                         {"mean_us", op.busy.value * 1e6 / op.count},
                         {"longest_us", op.longest.value * 1e6}});
    if (!op.communication) continue;
    operators.back()["exposed_ms"] = ms(op.exposed);
    operators.back()["library"] = op.library;
  }
  return operators;
}

Json kernels_json(const Report& r) {
  Json kernels = Json::array();
  for (const auto& kernel : r.kernels) {
    kernels.push_back({{"name", kernel.name},
                       {"kind", kernel.kind},
                       {"time_ms", ms(kernel.time)},
                       {"provenance", to_text(kernel.provenance)}});
  }
  return kernels;
}

/// Where the step went, and what was in use meanwhile.
void add_parts(const Report& r, const std::optional<Binding>& binding, Json& json) {
  auto& breakdown = json["breakdown_ms"] = Json::object();
  for (const auto& op : r.operators) breakdown[json_name(op.name)] = ms(op.communication ? op.exposed : op.busy);
  breakdown["idle"] = ms(r.idle);
  json["compute_ms"] = ms(r.compute);
  json["communication_ms"] = ms(r.communication);
  json["exposed_communication_ms"] = ms(r.exposed);
  json["overlap_fraction"] = r.overlap_fraction;
  auto& bottleneck = json["bottleneck"] = Json::object();
  if (!r.resources.empty())
    bottleneck = {{"kind", r.resources[0].kind}, {"name", r.resources[0].name}, {"use", r.resources[0].use}};
  if (binding) json["binding"] = {{"resource", binding->resource}, {"gain_percent", 100 * binding->gain}};
  auto& resources = json["resources"] = Json::array();
  for (const auto& use : r.resources) resources.push_back({{"kind", use.kind}, {"name", use.name}, {"use", use.use}});
  json["operators"] = operators_json(r);
  json["kernels"] = kernels_json(r);
}

}  // namespace

nlohmann::ordered_json summary_json(const Scenario& scenario, const Run& run, const Report& r,
                                    const std::optional<Binding>& binding) {
  Json json;
  json["scenario"] = scenario.name;
  json["model"] = scenario.model.name;
  json["accelerator"] = scenario.accelerator.name;
  json["fabric"] = scenario.fabric;
  json["runtime"] = scenario.runtime;
  auto& libraries = json["communication"] = Json::object();
  for (const auto& [library, operations] : used_libraries(scenario, r)) {
    for (const auto& operation : operations) libraries[operation] = library;
  }
  json["overlap"] = scenario.execution.overlap;
  add_step(scenario, r, json);
  add_parts(r, binding, json);
  json["layers"] = r.layers;
  json["gpus"] = scenario.gpus();
  if (!r.sides.empty()) json["sides"] = sides_json(scenario, r);
  json["replicas"] = scenario.replicas.count;
  json["replicas_simulated"] = scenario.replicas.simulated;
  if (scenario.replicas.count > 1 && scenario.replicas.simulated == scenario.replicas.count)
    json["replicas_why_all"] = scenario.replicas.why;
  json["simulated_collectives"] = run.timeline.collectives;
  json["events"] = run.timeline.events;
  json["wall_s"] = run.wall_s;
  json["seed"] = scenario.seed;
  json["version"] = version;
  return json;
}

}  // namespace teapot
