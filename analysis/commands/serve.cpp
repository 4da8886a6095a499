// ./teapot serve: a scenario's requests over time, from arrivals to percentiles.
// Does not know how any part is computed.

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "analysis/commands/command_line.hpp"
#include "analysis/output/html/html_report.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/output/progress_line.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/output/trace/trace.hpp"
#include "analysis/serving/load_curve.hpp"
#include "analysis/serving/serving_page.hpp"
#include "analysis/serving/serving_report.hpp"
#include "analysis/serving/serving_trace.hpp"
#include "sim/engine.hpp"

namespace teapot::serve_command {
namespace {

struct ServeOptions {
  std::string scenario;
  std::vector<std::string> sets;
  std::string folder;
  std::string html;
  std::string trace;
  std::string cache = default_cache_folder();
  std::vector<std::string> loads;
  bool max_load = false;
  double part = 0.99;
  bool json = false;
};

std::vector<double> loads_of(const std::vector<std::string>& words) {
  constexpr std::size_t most = 64;
  if (words.size() > most) throw ConfigError(fmt::format("--loads: at most {}", most));
  std::vector<double> loads;
  for (const std::string& word : words) {
    double load = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), load);
    if (parsed.ec != std::errc{} || parsed.ptr != word.data() + word.size() || !(load >= 1e-3 && load <= 1e3)) {
      throw ConfigError(
          fmt::format("--loads: expected multiples of the scenario's load from 0.001 to 1,000, such as "
                      "0.5,1,1.5, got {}",
                      in_quotes(word)));
    }
    loads.push_back(load);
  }
  return loads;
}

/// A service, and what else was asked about it.
struct Service {
  ServingScenario scenario;
  ServingResult result;
  ServingReport report;
  std::optional<LoadCurve> curve;
  std::optional<MostLoad> most;

  std::string text() const {
    return serving_text(scenario, result, report) + (curve ? load_text(*curve) : "") +
           (most ? load_text(*most, scenario) : "");
  }
  std::string json() const {
    auto json = serving_json(scenario, result, report);
    if (curve) json["load_curve"] = load_json(*curve);
    if (most) json["max_load"] = load_json(*most);
    return json.dump(2) + '\n';
  }
};

Service served(const ServeOptions& options, const Tree& tree) {
  const std::vector<double> loads = loads_of(options.loads);
  keep_engine();  // for the steps, of which a service has hundreds
  Service s;
  s.scenario = read_serving(tree, std::filesystem::path{options.scenario}.stem().string());
  SimulatedPools pools{s.scenario, options.cache};
  int others = 0;
  const Serve serve = [&](const ServingScenario& scenario) {
    ProgressLine line;  // each load has its own pace
    const std::string what = others == 0 ? "of the arrivals" : fmt::format("of the arrivals, other load {}", others);
    ++others;
    return pools.serve(scenario, [&](double fraction) { line(what, std::min(1.0, fraction)); });
  };
  s.result = serve(s.scenario);
  s.report = serving_report(s.scenario, s.result);
  if (!loads.empty()) s.curve = load_curve(s.scenario, loads, serve);
  if (options.max_load) s.most = most_load(s.scenario, options.part, serve);
  return s;
}

void write_folder(const std::string& folder, const Service& s) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  write_file(folder + "/requests.csv", requests_csv(s.result));
  write_file(folder + "/series.csv", series_csv(s.result));
  write_file(folder + "/summary.json", s.json());
  write_file(folder + "/summary.txt", s.text());
}

void execute(const ServeOptions& options) {
  if (!options.trace.empty()) check_trace_name(options.trace);
  require_place_for(options.trace);
  require_place_for(options.html);
  const Tree tree = load_scenario_tree(options.scenario, options.sets);
  const Service s = served(options, tree);
  if (!options.folder.empty()) write_folder(options.folder, s);
  if (!options.html.empty()) {
    write_file(options.html, html_page("Service: " + s.scenario.name,
                                       serving_page(s.scenario, s.result, s.report, s.curve ? &*s.curve : nullptr,
                                                    s.most ? &*s.most : nullptr, to_yaml(tree))));
  }
  if (!options.trace.empty()) to_stderr(write_service_trace(options.trace, s.scenario, s.result));
  fmt::print("{}", options.json ? s.json() : highlighted(s.text()));
}

void declare(Command command) {
  auto options = std::make_shared<ServeOptions>();
  command.option("scenario", options->scenario, "Scenario with `requests:` (YAML)")
      .type_name("SCENARIO.yaml")
      .required();
  command.sets(options->sets, "Change a key, e.g. --set requests.arrivals='{poisson: 20 /s}' (may be repeated)");
  command.assumptions(options->sets);
  command.flag("--json", options->json, "Print one JSON object");
  command.option("--out", options->folder, "Write the requests, the series over time and the summary").type_name("DIR");
  command.option("--html", options->html, "Write a page: percentiles, distributions, the series over time, loads")
      .type_name("FILE");
  command
      .option("--trace", options->trace,
              "Write a timeline of at most 400 requests and the pools' counters: .pftrace, .json or .trace")
      .type_name("FILE");
  command
      .option("--loads", options->loads,
              "Serve these multiples of the load, too: throughput against latency, and the knee")
      .comma_separated()
      .repeatable();
  command.flag("--max-load", options->max_load, "Find the most load that keeps requests.limits");
  command.option("--keep", options->part, "Part of the requests that must keep them (0.99)")
      .range(0.0, 1.0)
      .needs("--max-load");
  command.option("--cache", options->cache, "Folder in which simulated steps are kept (~/.cache/teapot)")
      .type_name("DIR");
  command.footer(
      "Examples:\n"
      "  ./teapot serve examples/serve-deepseek-v3-h800.yaml\n"
      "  ./teapot serve examples/serve-deepseek-v3-h800.yaml --set requests.arrivals='{concurrency: 512}' --json\n"
      "  ./teapot serve examples/serve-deepseek-v3-h800.yaml --loads 0.25,0.5,0.75,1,1.25 --html service.html\n"
      "  ./teapot serve examples/serve-deepseek-v3-h800.yaml --max-load\n");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{15, "serve", "Serve requests over time: TTFT, TPOT, goodput", declare};

}  // namespace
}  // namespace teapot::serve_command
