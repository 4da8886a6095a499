// Words and numbers of a report.
// Does not decide where they go.

#include "analysis/run/summary.hpp"

#include <fmt/format.h>

#include "analysis/output/text_table.hpp"
#include "analysis/run/uncertainty.hpp"
#include "analysis/version.hpp"

namespace teapot {
namespace {

double ms(Seconds time) { return time.value * 1e3; }

std::string percent(double fraction) { return fmt::format("{:.1f}%", 100 * fraction); }

/// The library of exchanges, and of the collectives among tensor-parallel GPUs where there are any.
std::string communication(const Scenario& s) {
  std::string text = s.libraries.name;
  if (s.layout.tensor_parallel > 1) {
    for (const auto& [operation, library] : s.libraries.by_operation)
      text += fmt::format(", {} {}", operation, library);
  }
  return text;
}

/// "h800-mpft, 128 GPUs" and so on: what was asked, in three lines.
std::string inputs(const Scenario& s) {
  const Layout& l = s.layout;
  std::string text = fmt::format("{} on {} GPUs ({}), fabric {}\n", s.model.name, l.gpus, s.accelerator.name, s.fabric);
  text += fmt::format("EP {}, TP {}, {} requests a GPU, context {:g}, routing {}, overlap {}", l.expert_parallel,
                      l.tensor_parallel, s.load.requests_per_gpu(), s.load.context_tokens(), s.execution.routing.load,
                      s.execution.overlap);
  if (s.speculation.draft_tokens > 0) text += fmt::format(", {} draft tokens", s.speculation.draft_tokens);
  text += fmt::format("\nruntime {}, communication {}, seed {}\n", s.runtime, communication(s), s.seed);
  return text;
}

/// Where the times of kernels come from, as parts of the computing: nothing where nothing is computed.
std::string provenance(const Report& r) {
  std::map<Provenance, Seconds> times;
  Seconds all;
  for (const auto& kernel : r.kernels) {
    times[kernel.provenance] += kernel.time;
    all += kernel.time;
  }
  if (!(all > Seconds{})) return "";
  std::string text;
  for (const auto& [from, time] : times) {
    text += fmt::format("{}{} {}", text.empty() ? "kernel times: " : ", ", to_text(from), percent(time / all));
  }
  return text + '\n';
}

const char* meaning(const ResourceUse& use) { return use.kind == "compute" ? "busiest GPU" : "busiest link"; }

std::string json_name(std::string name) {
  for (char& c : name) {
    if (c == '-' || c == ' ') c = '_';
  }
  return name;
}

}  // namespace

std::string summary_text(const Scenario& scenario, const Run& run, const Report& r) {
  std::string text = inputs(scenario) + '\n';
  text += fmt::format("TPOT             {:10.3f} ms   step {:.3f} ms, {:.3g} tokens a request and step\n", ms(r.tpot),
                      ms(r.step), r.tokens_per_step);
  const Band range = uncertainty(scenario, r);
  if (range.high > range.low) {
    text += fmt::format(
        "                            {:.1f} to {:.1f} ms in nine cases of ten, by the residuals of the fits\n",
        ms(range.low / r.tokens_per_step), ms(range.high / r.tokens_per_step));
  }
  text += fmt::format("tokens/s/user    {:10.2f}\n", r.tokens_per_s_per_user);
  text += fmt::format("tokens/s/GPU     {:10.1f}\n\n", r.tokens_per_s_per_gpu);

  using Align = TextTable::Align;
  TextTable table{{{"operator"},
                   {"calls", Align::right},
                   {"ms a step", Align::right},
                   {"us a call", Align::right},
                   {"exposed ms", Align::right},
                   {"of step", Align::right}}};
  for (const auto& op : r.operators) {
    const Seconds cost = op.communication ? op.exposed : op.busy;
    table.add({op.name, fmt::format("{}", op.count), fmt::format("{:.3f}", ms(op.busy)),
               fmt::format("{:.1f}", op.busy.value * 1e6 / op.count),
               op.communication ? fmt::format("{:.3f}", ms(op.exposed)) : "", percent(cost / r.step)});
  }
  table.add({"idle", "", fmt::format("{:.3f}", ms(r.idle)), "", "", percent(r.idle / r.step)});
  text += table.to_text();
  text += fmt::format("\nstep {:.3f} ms = computing {:.3f} + exposed communication {:.3f} + idle {:.3f}\n", ms(r.step),
                      ms(r.compute), ms(r.exposed), ms(r.idle));
  text += fmt::format("communication {:.3f} ms, {} of it behind computing\n", ms(r.communication),
                      percent(r.overlap_fraction));
  text += "in use: ";
  for (std::size_t i = 0; i < r.resources.size(); ++i) {
    text += fmt::format("{}{} {}", i > 0 ? ", " : "", r.resources[i].kind, percent(r.resources[i].use));
  }
  if (!r.resources.empty()) {
    text += fmt::format("\nbusiest: {} ({} {}); --explain says what would help\n", r.resources[0].kind,
                        meaning(r.resources[0]), r.resources[0].name);
  }
  text += provenance(r);
  text += fmt::format("\n{} layers, {} collectives, {} events in {:.2f} s\n", r.layers, run.timeline.collectives,
                      run.timeline.events, run.wall_s);
  return text;
}

nlohmann::ordered_json summary_json(const Scenario& scenario, const Run& run, const Report& r) {
  nlohmann::ordered_json json;
  json["scenario"] = scenario.name;
  json["model"] = scenario.model.name;
  json["accelerator"] = scenario.accelerator.name;
  json["fabric"] = scenario.fabric;
  json["tpot_ms"] = ms(r.tpot);
  json["step_ms"] = ms(r.step);
  const Band range = uncertainty(scenario, r);
  json["tpot_band_ms"] = {{"low", ms(range.low / r.tokens_per_step)}, {"high", ms(range.high / r.tokens_per_step)}};
  json["tokens_per_step"] = r.tokens_per_step;
  json["tokens_per_s_per_user"] = r.tokens_per_s_per_user;
  json["tokens_per_s_per_gpu"] = r.tokens_per_s_per_gpu;
  auto& breakdown = json["breakdown_ms"] = nlohmann::ordered_json::object();
  for (const auto& op : r.operators) breakdown[json_name(op.name)] = ms(op.communication ? op.exposed : op.busy);
  breakdown["idle"] = ms(r.idle);
  json["compute_ms"] = ms(r.compute);
  json["communication_ms"] = ms(r.communication);
  json["exposed_communication_ms"] = ms(r.exposed);
  json["overlap_fraction"] = r.overlap_fraction;
  auto& bottleneck = json["bottleneck"] = nlohmann::ordered_json::object();
  if (!r.resources.empty()) {
    bottleneck = {{"kind", r.resources[0].kind}, {"name", r.resources[0].name}, {"use", r.resources[0].use}};
  }
  auto& resources = json["resources"] = nlohmann::ordered_json::array();
  for (const auto& use : r.resources) resources.push_back({{"kind", use.kind}, {"name", use.name}, {"use", use.use}});
  auto& operators = json["operators"] = nlohmann::ordered_json::array();
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
  auto& kernels = json["kernels"] = nlohmann::ordered_json::array();
  for (const auto& kernel : r.kernels) {
    kernels.push_back({{"name", kernel.name},
                       {"kind", kernel.kind},
                       {"time_ms", ms(kernel.time)},
                       {"provenance", to_text(kernel.provenance)}});
  }
  json["layers"] = r.layers;
  json["gpus"] = scenario.layout.gpus;
  json["simulated_collectives"] = run.timeline.collectives;
  json["events"] = run.timeline.events;
  json["wall_s"] = run.wall_s;
  json["seed"] = scenario.seed;
  json["version"] = version;
  return json;
}

}  // namespace teapot
