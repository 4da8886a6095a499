// ./teapot availability: TPOT over a month in which parts fail.
// Does not know what a failure does.

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "analysis/availability/availability.hpp"
#include "analysis/commands/command_line.hpp"
#include "analysis/output/progress_line.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/scenario/scenario.hpp"
#include "sim/catalogue.hpp"
#include "sim/input_file.hpp"
#include "sim/message.hpp"

namespace teapot::availability_command {
namespace {

struct Options {
  std::string scenario;
  std::vector<std::string> sets;
  std::vector<std::string> fabrics;
  std::string reliability;
  bool json = false;
};

void execute(const Options& options) {
  const std::string file =
      options.reliability.empty() ? home() + "/platforms/reliability/2024.yaml" : options.reliability;
  const ReliabilityList list = read_reliability(
      Config{parse_yaml(read_input(file, most_table_bytes), std::filesystem::path{file}.filename().string())});
  const std::string name = one_line(std::filesystem::path{options.scenario}.stem().string(), 200);
  std::vector<std::vector<std::string>> changes{options.sets};
  if (!options.fabrics.empty()) changes.clear();
  for (const std::string& fabric : options.fabrics) {
    changes.push_back(options.sets);
    changes.back().push_back("fabric=" + fabric);
  }
  ProgressLine progress;
  std::vector<Availability> found;
  for (const auto& sets : changes) {
    const auto before = static_cast<double>(found.size());
    found.push_back(availability_of(load_scenario_tree(options.scenario, sets), name, list, [&](double done) {
      progress("simulating failures", (before + done) / static_cast<double>(changes.size()));
    }));
  }
  progress.clear();
  fmt::print(
      "{}", options.json ? availability_json(name, found).dump(2) + '\n' : highlighted(availability_text(name, found)));
}

void declare(Command command) {
  auto options = std::make_shared<Options>();
  command.option("scenario", options->scenario, "Scenario (YAML)").required().type_name("SCENARIO.yaml");
  command.sets(options->sets, "Change a key (may be repeated)");
  command.assumptions(options->sets);
  command.option("--fabric", options->fabrics, "Fabrics to compare, by name or path (the scenario's)")
      .comma_separated()
      .type_name("F,F,...");
  command.option("--reliability", options->reliability, "How often parts fail (platforms/reliability/2024.yaml)")
      .type_name("FILE");
  command.flag("--json", options->json, "Print one JSON object");
  command.footer(
      "Examples:\n"
      "  ./teapot availability examples/deepseek-v3-h800.yaml\n"
      "  ./teapot availability examples/deepseek-v3-h800.yaml --fabric h800-mpft,h800-mrft,h800-ft3");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{106, "availability", "Show TPOT over a month in which parts fail", declare};

}  // namespace
}  // namespace teapot::availability_command
