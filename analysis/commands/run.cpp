// ./teapot run: one scenario, simulated and summed up.
// Does not know how any part is computed.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>

#include "analysis/commands/command_line.hpp"
#include "analysis/commands/run_jobs.hpp"
#include "analysis/commands/run_training.hpp"
#include "analysis/explain/binding.hpp"
#include "analysis/explain/explanation.hpp"
#include "analysis/facts/model_traffic.hpp"
#include "analysis/output/chakra/chakra.hpp"
#include "analysis/output/html/html_report.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/output/progress_line.hpp"
#include "analysis/output/tables/tables.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/output/trace/trace.hpp"
#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/run/summary.hpp"
#include "analysis/run/work_estimate.hpp"
#include "analysis/scenario/jobs.hpp"
#include "analysis/sweep/costs.hpp"
#include "analysis/sweep/evaluate.hpp"
#include "sim/catalogue.hpp"
#include "topologies/topology.hpp"
#include "workloads/routing/loads.hpp"

namespace teapot::run_command {
namespace {

struct RunOptions {
  std::string scenario;
  std::vector<std::string> sets;
  bool json = false;
  std::string explain;
  std::string workload;
  std::string fabric = "h800-mpft";
  std::string html;
  std::string folder;
  std::string trace;
  std::string gpus;
  std::string layers;
  std::string window;
};

/// "0-7,16" as numbers; throws ConfigError.
std::vector<int> number_list(const std::string& text, const std::string& option) {
  std::vector<int> numbers;
  const auto wrong = [&] { return ConfigError(fmt::format("{} {}: expected numbers such as 0-7,16", option, text)); };
  std::size_t begin = 0;
  while (begin <= text.size() && !text.empty()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    int first = 0;
    int last = 0;
    char rest = 0;
    const std::string part = text.substr(begin, end - begin);
    const int read = std::sscanf(part.c_str(), "%d-%d%c", &first, &last, &rest);
    if (read == 1 && part.find('-') == std::string::npos) last = first;
    if ((read != 1 && read != 2) || (read == 1 && part.find('-') != std::string::npos) || first < 0 || last < first ||
        last - first > 1'000'000 || numbers.size() > 1'000'000) {
      throw wrong();
    }
    for (int number = first; number <= last; ++number) numbers.push_back(number);
    begin = end + 1;
  }
  return numbers;
}

TraceSelection trace_selection(const RunOptions& options) {
  TraceSelection selection;
  selection.gpus = number_list(options.gpus, "--trace-gpus");
  if (!options.layers.empty()) {
    const auto layers = number_list(options.layers, "--trace-layers");
    selection.first_layer = layers.front();
    selection.last_layer = layers.back();
  }
  if (!options.window.empty()) {
    const std::size_t dots = options.window.find("..");
    try {
      if (dots == std::string::npos) throw std::invalid_argument("expected two times");
      selection.from = parse_quantity<Seconds>(options.window.substr(0, dots));
      selection.to = parse_quantity<Seconds>(options.window.substr(dots + 2));
    } catch (const std::invalid_argument& e) {
      throw ConfigError(fmt::format("--trace-window {}: {} (such as 10ms..12ms)", options.window, e.what()));
    }
  }
  return selection;
}

/// Replays a Chakra trace of one file a rank: no model and no accelerator, only what the trace says and the fabric.
void replay(const RunOptions& options) {
  const Program program = read_chakra(options.workload);
  const Fabric fabric = build_fabric(Config{resolve_named(options.fabric, "topologies", "fabric")});
  if (fabric.gpus() < program.ranks) {
    throw ConfigError(fmt::format("{}: {} ranks, but {} has {} GPUs", options.workload, program.ranks, options.fabric,
                                  fabric.gpus()));
  }
  const Network network = to_network(fabric, program.ranks);
  SimulationOptions simulation;
  simulation.record_links = !options.trace.empty();
  const Timeline timeline = simulate(program, network, simulation);
  if (!options.trace.empty()) write_trace(options.trace, program, timeline, network);
  if (options.json) {
    const nlohmann::ordered_json json{
        {"workload", one_line(options.workload)}, {"fabric", one_line(options.fabric)},
        {"step_ms", timeline.step.value * 1e3},   {"gpus", program.ranks},
        {"operators", timeline.operators},        {"simulated_collectives", timeline.collectives}};
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("{} on {}: {} ranks, {} operators, {} collectives\nstep {}\n", one_line(options.workload),
               one_line(options.fabric), program.ranks, timeline.operators, timeline.collectives,
               to_text(timeline.step));
  }
}

std::optional<Binding> first_of(const std::vector<WhatIf>& answers) {
  const WhatIf* first = binding(answers);
  if (first == nullptr) return {};
  return Binding{first->resource.name, first->resource.meaning, first->gain};
}

/// What a GPU and a million tokens cost, by the newest price lists; nulls where one has no price.
nlohmann::ordered_json cost_json(const Scenario& scenario, const Report& sums) {
  auto cost = nlohmann::ordered_json::object();
  PartReader parts;
  add_cost(cost, token_cost(scenario.source, read_cost_lists({}), sums.tokens_per_s_per_gpu, parts));
  return cost;
}

std::string examples() {
  std::string list;
  for (const auto& name : names_in("examples")) {
    if (!name.starts_with("sweep-")) list += fmt::format("{}examples/{}.yaml", list.empty() ? "" : ", ", name);
  }
  return list + "; ./teapot init writes one";
}

void require_what_to_run(const RunOptions& options) {
  if (options.scenario.empty() == options.workload.empty()) {
    throw ConfigError("./teapot run: a scenario is required, or --workload DIR in its place; examples: " + examples());
  }
}

std::optional<Explanation> explanation(const RunOptions& options, const Scenario& scenario, const Run& result,
                                       const std::function<void(double)>& show) {
  if (options.explain.empty() && options.html.empty()) return {};
  ExplainOptions explaining;
  explaining.what_if = options.explain == "all" || options.explain == "what-if" || !options.html.empty();
  explaining.progress = show;
  return explain(scenario, result, explaining);
}

/// What --explain adds to the summary.
std::string explained(const RunOptions& options, const Scenario& scenario, const Run& result, const Explanation& why) {
  std::string text;
  if (options.explain != "traffic") text += '\n' + explanation_text(why, scenario, result, options.explain);
  if (options.explain == "traffic" || options.explain == "all") {
    text += '\n' + traffic_text(traffic_table(result.program, scenario.machine.domain),
                                token_spread(scenario.model, scenario.layout, scenario.execution.routing,
                                             scenario.machine.domain));
  }
  return text;
}

/// What is printed, as an object and as text, and written beside traces and tables.
struct Summary {
  std::string json;
  std::string text;
};

void write_files(const RunOptions& options, const Scenario& scenario, const Run& result, const Summary& summary) {
  TraceSelection selection = trace_selection(options);
  selection.memory_bandwidth = scenario.accelerator.memory_bandwidth;
  if (!options.trace.empty()) {
    write_trace(options.trace, result.program, result.timeline, scenario.network, selection);
  }
  if (options.folder.empty()) return;
  write_tables(options.folder, result.program, result.timeline, scenario.network, selection,
               {{"summary.json", summary.json},
                {"summary.txt", summary.text},
                {"scenario.yaml", to_yaml(resolved(scenario.source))}});
}

/// Before the work, not after it.
void require_outputs(const RunOptions& options) {
  if (!options.trace.empty()) check_trace_name(options.trace);
  for (const auto& file : {options.trace, options.html}) require_place_for(file);
}

void execute(const RunOptions& options) {
  require_what_to_run(options);
  if (!options.workload.empty()) return replay(options);
  require_outputs(options);
  const Tree tree = load_scenario_tree(options.scenario, options.sets);
  const std::string name = one_line(std::filesystem::path{options.scenario}.stem().string(), 200);
  if (has_jobs(tree))
    return run_jobs(tree, name, options.json, {options.explain, options.trace, options.html, options.folder});
  if (trains(tree))
    return run_training(tree, name,
                        {options.explain, options.trace, options.html, options.folder,
                         options.trace.empty() ? TraceSelection{} : trace_selection(options), options.json});
  ProgressLine progress;
  progress.announce("the fabric is built", fabric_seconds(tree));
  const Scenario scenario = read_scenario(tree, name);
  const auto layers = static_cast<double>(scenario.model.layers.size());
  const auto show = [&](double fraction) {
    progress(fmt::format("layer {:.0f} of {:.0f}", fraction * layers, layers), fraction);
  };
  progress.announce("tokens choose their experts", work_of(scenario).seconds());
  const Run result = run(scenario, show, !options.trace.empty() || !options.folder.empty());
  const Report sums = report(scenario, result.program, result.timeline);

  const auto why = explanation(options, scenario, result, show);
  const auto binds = why && !why->what_if.empty() ? first_of(why->what_if) : find_binding(scenario, result, sums);
  progress.clear();
  Summary summary;
  if (options.json || !options.folder.empty()) {
    auto object = summary_json(scenario, result, sums, binds);
    if (!options.explain.empty()) object["explanation"] = explanation_json(*why, scenario, result);
    summary.json = object.dump(2) + '\n';
  }
  summary.text = summary_text(scenario, result, sums, binds);
  if (!options.explain.empty()) summary.text += explained(options, scenario, result, *why);
  write_files(options, scenario, result, summary);
  if (!options.html.empty()) {
    write_file(options.html, html_report(scenario, result, sums, *why, cost_json(scenario, sums)));
  }
  fmt::print("{}", options.json ? summary.json : highlighted(summary.text));
}

void declare(Command command) {
  auto options = std::make_shared<RunOptions>();
  command.option("scenario", options->scenario, "Scenario (YAML)").type_name("SCENARIO.yaml");
  command.sets(options->sets, "Change a key, e.g. --set decode.overlap=none (may be repeated)");
  command.assumptions(options->sets);
  auto parts = explanation_parts();
  parts.insert(parts.begin(), "all");
  parts.emplace_back("traffic");
  command.option("--explain", options->explain, fmt::format("Say why: {} (all)", fmt::join(parts, ", ")))
      .type_name("PART")
      .or_nothing("all")
      .one_of(parts);
  command.option("--out", options->folder, "Write tables, plots' scripts, summary and resolved scenario")
      .type_name("DIR");
  command.option("--html", options->html, "Write the report as one page that opens offline").type_name("FILE");
  command.flag("--json", options->json, "Print one JSON object");
  command.option("--trace", options->trace, "Write a timeline: .pftrace (Perfetto), .json (Chrome) or .trace (Paje)")
      .type_name("FILE");
  command.option("--trace-gpus", options->gpus, "GPUs in the trace (the first eight)").type_name("0-7,16");
  command.option("--trace-layers", options->layers, "Layers in the trace (all)").type_name("3-5");
  command.option("--trace-window", options->window, "Part of the step in the trace (all)").type_name("10ms..12ms");
  command.option("--workload", options->workload, "Replay Chakra execution traces instead of a scenario")
      .type_name("DIR");
  command.option("--fabric", options->fabric, "Fabric of the replay (h800-mpft)").type_name("F");
  command.footer(
      std::string{
          "Examples:\n"
          "  ./teapot run examples/deepseek-v3-h800.yaml\n"
          "  ./teapot run examples/deepseek-v3-h800.yaml --set decode.overlap=none --json\n"
          "  ./teapot run examples/deepseek-v3-h800.yaml --trace step.pftrace   # open at ui.perfetto.dev\n\n"} +
      load_definitions);
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{10, "run", "Predict the TPOT of one scenario", declare};

}  // namespace
}  // namespace teapot::run_command
