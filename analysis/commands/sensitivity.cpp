// ./teapot sensitivity: what a little more of each resource buys.
// Does not know how a resource is changed.

#include "analysis/sweep/sensitivity.hpp"
#include "analysis/output/terminal.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "analysis/commands/command_line.hpp"
#include "analysis/output/progress_line.hpp"
#include "analysis/output/text_table.hpp"
#include "analysis/version.hpp"

namespace teapot::sensitivity_command {
namespace {

struct Options {
  std::string scenario;
  std::vector<std::string> sets;
  double percent = 10;
  bool json = false;
};

/// What is asked about: TPOT, or the time of a training step.
struct Asked {
  std::string scenario;
  const char* quantity = "TPOT";
  const char* key = "tpot";
};

std::string text_of(const Asked& asked, const SensitivityTable& table) {
  using Align = TextTable::Align;
  const std::string by = fmt::format("{:g}%", 100 * table.part);
  const std::string what = asked.quantity;
  std::string text = fmt::format("{}: {} {:.3f} ms, {:.1f} tokens/s/GPU\n\n", asked.scenario, what,
                                 table.tpot.value * 1e3, table.tokens_per_s_per_gpu);
  TextTable lines{{{"resource"},
                   {what + " at -" + by, Align::right},
                   {what + " at +" + by, Align::right},
                   {"tokens/s/GPU at +" + by, Align::right},
                   {"elasticity", Align::right},
                   {"of"}}};
  const auto change = [](double now, double before) { return fmt::format("{:+.2f}%", 100 * (now / before - 1)); };
  for (const auto& row : table.rows) {
    lines.add({row.resource, change(row.tpot_less.value, table.tpot.value),
               change(row.tpot_more.value, table.tpot.value), change(row.tokens_more, table.tokens_per_s_per_gpu),
               fmt::format("{:.3f}", row.elasticity), row.meaning});
  }
  return text + lines.to_text() +
         fmt::format("\nelasticity: 1 where {} falls as the resource grows, 0 where it does not care\n", what);
}

nlohmann::ordered_json json_of(const Asked& asked, const SensitivityTable& table) {
  const std::string key = asked.key;
  nlohmann::ordered_json json;
  json["scenario"] = asked.scenario;
  json[key + "_ms"] = table.tpot.value * 1e3;
  json["tokens_per_s_per_gpu"] = table.tokens_per_s_per_gpu;
  json["part"] = table.part;
  auto& rows = json["resources"] = nlohmann::ordered_json::array();
  for (const auto& row : table.rows) {
    rows.push_back({{"resource", row.resource},
                    {"meaning", row.meaning},
                    {key + "_less_ms", row.tpot_less.value * 1e3},
                    {key + "_more_ms", row.tpot_more.value * 1e3},
                    {"tokens_per_s_per_gpu_less", row.tokens_less},
                    {"tokens_per_s_per_gpu_more", row.tokens_more},
                    {"elasticity", row.elasticity}});
  }
  json["version"] = version;
  return json;
}

void execute(const Options& options) {
  ProgressLine progress;
  const auto show = [&](double fraction) { progress("simulating", fraction); };
  const double part = options.percent / 100;
  const auto print = [&](const Asked& asked, const SensitivityTable& table) {
    progress.clear();
    fmt::print("{}", options.json ? json_of(asked, table).dump(2) + '\n' : highlighted(text_of(asked, table)));
  };
  const Tree tree = load_scenario_tree(options.scenario, options.sets);
  const std::string name = one_line(std::filesystem::path{options.scenario}.stem().string(), 200);
  if (trains(tree)) {
    const auto scenario = read_training_scenario(tree, name);
    return print({scenario.name, "step", "step"}, sensitivity(scenario, part, show));
  }
  const Scenario scenario = read_scenario(tree, name);
  print({scenario.name}, sensitivity(scenario, part, show));
}

void declare(Command command) {
  auto options = std::make_shared<Options>();
  command.option("scenario", options->scenario, "Scenario (YAML)").required().type_name("SCENARIO.yaml");
  command.sets(options->sets, "Change a key (may be repeated)");
  command.assumptions(options->sets);
  command.option("--by", options->percent, "Percent of change (default: 10)").range(0.1, 90.0);
  command.flag("--json", options->json, "Print one JSON object");
  command.footer("Example:\n  ./teapot sensitivity examples/deepseek-v3-h800.yaml");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{100, "sensitivity", "Show what 10% more or less of each resource buys", declare};

}  // namespace
}  // namespace teapot::sensitivity_command
