// ./teapot compare: scenarios and results side by side.
// Does not know how any figure is computed.

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "analysis/commands/command_line.hpp"
#include "analysis/output/html/html_report.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/scenario/known_keys.hpp"
#include "analysis/sweep/comparison.hpp"
#include "analysis/sweep/damage.hpp"
#include "analysis/sweep/evaluate.hpp"
#include "analysis/sweep/sweep.hpp"
#include "sim/input_file.hpp"

namespace teapot::compare_command {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> designs;
  std::vector<std::string> sets;
  bool json = false;
  std::string html;
  PriceFiles prices;
};

/// The result beside which a sweep has written the scenario, or the output of `run --json`.
Design design_of_result(const std::string& file) {
  Json json = Json::parse(read_input(file, most_table_bytes), nullptr, false);
  if (json.is_discarded() || !is_run(json)) {
    throw ConfigError(file + ": is not a result (of run --json, or of a point of a sweep)");
  }
  Design design{one_line(fs::path{file}.stem().string(), 200), {}, std::move(json)};
  const fs::path scenario = fs::path{file}.replace_extension(".yaml");
  if (design.result.contains("key") && unreadable(scenario.string(), most_yaml_bytes).empty())
    design.scenario = with_defaults(load_yaml(scenario.string()));
  return design;
}

/// DIR:N, the point in row N of a sweep's results.
Design design_of_point(const std::string& dir, const std::string& number) {
  const Json rows = Json::parse(read_input(dir + "/results.json", most_table_bytes), nullptr, false);
  if (rows.is_discarded() || !rows.is_array()) throw ConfigError(dir + ": holds no results of a sweep");
  for (const auto& row : rows) {
    const auto text = [&](const char* name) {
      const bool known = row.is_object() && row.contains(name) && row.at(name).is_string();
      return known ? row.at(name).get<std::string>() : std::string{};
    };
    if (!row.is_object() || !row.contains("point") || row.at("point").dump() != number) continue;
    if (!text("error").empty()) throw ConfigError(dir + ":" + number + ": failed: " + text("error"));
    Design design = design_of_result(dir + "/points/" + text("key") + ".json");
    design.name = one_line(fs::path{dir}.filename().string() + ":" + number, 200);
    return design;
  }
  throw ConfigError(fmt::format("{}: has no point {} (known: 1 to {})", dir, number, rows.size()));
}

Design design_of(const std::string& what, const Options& options, const CostLists& lists) {
  std::error_code error;
  const std::size_t colon = what.rfind(':');
  if (colon != std::string::npos && fs::is_directory(what.substr(0, colon), error)) {
    return design_of_point(what.substr(0, colon), what.substr(colon + 1));
  }
  if (fs::is_directory(what, error))
    throw ConfigError(what + ": is a folder; name a point of the sweep in it, such as " + what + ":1");
  if (what.ends_with(".json")) return design_of_result(what);
  const std::string name = one_line(fs::path{what}.stem().string(), 200);
  const Tree tree = load_scenario_tree(what, options.sets);
  return {name, with_defaults(tree), evaluate(tree, name, lists)};
}

void execute(const Options& options) {
  require_place_for(options.html);
  const CostLists lists = read_cost_lists(options.prices);
  std::vector<Design> designs;
  for (const auto& what : options.designs) {
    designs.push_back(design_of(what, options, lists));
    check_same_work(designs);
  }
  if (!options.html.empty()) {
    std::vector<Json> results;
    for (const auto& design : designs) results.push_back(design.result);
    write_file(options.html, html_comparison(results, comparison_json(designs)));
  }
  if (options.json) {
    fmt::print("{}\n", comparison_json(designs).dump(2));
  } else {
    fmt::print("{}", highlighted(comparison_text(designs)));
  }
}

void declare(Command command) {
  auto options = std::make_shared<Options>();
  command.option("designs", options->designs, "Scenarios (YAML), results (JSON), or points of sweeps (DIR:N)")
      .required()
      .expected(2, 12)
      .type_name("SCENARIO.yaml|RESULT.json|DIR:N");
  command.sets(options->sets, "Change a key of all scenarios (may be repeated)");
  command.assumptions(options->sets);
  command.option("--html", options->html, "Write the comparison as one page that opens offline").type_name("FILE");
  command.flag("--json", options->json, "Print one JSON object");
  command.option("--economics", options->prices.economics, "Prices of accelerators and power").type_name("FILE");
  command.option("--prices", options->prices.prices, "Prices of parts: a name in platforms/parts/, or a file (2025)")
      .type_name("LIST");
  command.footer(
      "Examples:\n"
      "  ./teapot compare examples/deepseek-v3-h800.yaml examples/deepseek-v3-nvl72.yaml\n"
      "  ./teapot compare results/sweep-fabrics:1 results/sweep-fabrics:3");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{90, "compare", "Show scenarios or results side by side, with what tokens cost",
                                       declare};

}  // namespace
}  // namespace teapot::compare_command
