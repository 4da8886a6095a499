// ./teapot serve: a scenario's requests over time, from arrivals to percentiles.
// Does not know how any part is computed.

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "analysis/commands/command_line.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/output/progress_line.hpp"
#include "analysis/serving/serving_report.hpp"

namespace teapot::serve_command {
namespace {

struct ServeOptions {
  std::string scenario;
  std::vector<std::string> sets;
  std::string folder;
  std::string cache = default_cache_folder();
  bool json = false;
};

void execute(const ServeOptions& options) {
  const Tree tree = load_scenario_tree(options.scenario, options.sets);
  const auto name = std::filesystem::path{options.scenario}.stem().string();
  const ServingScenario scenario = read_serving(tree, name);
  ProgressLine line;
  const auto progress = [&](double fraction) { line("of the arrivals", std::min(1.0, fraction)); };
  const ServingResult result = serve(scenario, options.cache, progress);
  line.clear();
  const ServingReport report = serving_report(scenario, result);
  const std::string json = serving_json(scenario, result, report).dump(2) + '\n';
  const std::string text = serving_text(scenario, result, report);
  if (!options.folder.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options.folder, error);
    write_file(options.folder + "/requests.csv", requests_csv(result));
    write_file(options.folder + "/series.csv", series_csv(result));
    write_file(options.folder + "/summary.json", json);
    write_file(options.folder + "/summary.txt", text);
  }
  fmt::print("{}", options.json ? json : text);
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
  command.option("--cache", options->cache, "Folder in which simulated steps are kept (~/.cache/teapot)")
      .type_name("DIR");
  command.footer(
      "Examples:\n"
      "  ./teapot serve examples/serve-deepseek-v3-h800.yaml\n"
      "  ./teapot serve examples/serve-deepseek-v3-h800.yaml --set requests.arrivals='{concurrency: 512}' --json\n");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{15, "serve", "Serve requests over time: TTFT, TPOT, goodput", declare};

}  // namespace
}  // namespace teapot::serve_command
