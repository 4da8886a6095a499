// ./teapot what-if: what each wish to vendors is worth in a scenario.
// Does not know what wishes ask for.

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "analysis/commands/command_line.hpp"
#include "analysis/output/html/html_report.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/output/progress_line.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/scenario/scenario.hpp"
#include "analysis/wishes/worth.hpp"
#include "sim/catalogue.hpp"
#include "sim/input_file.hpp"
#include "sim/message.hpp"

namespace teapot::what_if_command {
namespace {

struct Options {
  std::string scenario;
  std::vector<std::string> sets;
  std::string wishes;
  PriceFiles prices;
  std::string html;
  bool json = false;
};

void execute(const Options& options) {
  require_place_for(options.html);
  const std::string file = options.wishes.empty() ? home() + "/analysis/wishes/wishes.yaml" : options.wishes;
  const std::vector<Wish> wishes = read_wishes(
      Config{parse_yaml(read_input(file, most_table_bytes), std::filesystem::path{file}.filename().string())});
  const CostLists lists = read_cost_lists(options.prices);
  const std::string name = one_line(std::filesystem::path{options.scenario}.stem().string(), 200);
  ProgressLine progress;
  const WorthTable table = worth_of(load_scenario_tree(options.scenario, options.sets), name, wishes, lists,
                                    [&](double fraction) { progress("simulating wishes", fraction); });
  progress.clear();
  if (!options.html.empty()) write_file(options.html, html_wishes(name, worth_json(table)));
  fmt::print("{}", options.json ? worth_json(table).dump(2) + '\n' : highlighted(worth_text(table)));
}

void declare(Command command) {
  auto options = std::make_shared<Options>();
  command.option("scenario", options->scenario, "Scenario (YAML)").required().type_name("SCENARIO.yaml");
  command.sets(options->sets, "Change a key (may be repeated)");
  command.assumptions(options->sets);
  command.option("--wishes", options->wishes, "Wishes (analysis/wishes/wishes.yaml)").type_name("FILE");
  command.option("--economics", options->prices.economics, "Prices of accelerators and power").type_name("FILE");
  command.option("--prices", options->prices.prices, "Prices of parts: a name in platforms/parts/, or a file (2025)")
      .type_name("NAME");
  command.flag("--json", options->json, "Print one JSON array");
  command.option("--html", options->html, "Write a page with the bars drawn").type_name("FILE");
  command.footer(
      "Examples:\n"
      "  ./teapot what-if examples/deepseek-v3-h800.yaml\n"
      "  ./teapot what-if examples/deepseek-v3-h800.yaml --set deployment.requests_per_gpu=32 --html wishes.html");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{105, "what-if", "Show what each wish to vendors is worth", declare};

}  // namespace
}  // namespace teapot::what_if_command
