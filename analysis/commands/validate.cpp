// ./teapot validate: measured against simulated, with errors.
// Does not know how cases are replayed.

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/commands/command_line.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/validation/curves.hpp"
#include "analysis/validation/page.hpp"
#include "analysis/validation/validation.hpp"
#include "sim/catalogue.hpp"
#include "sim/engine.hpp"
#include "sim/input_file.hpp"

namespace teapot::validate_command {
namespace {

struct ValidateOptions {
  std::vector<std::string> cases;
  bool json = false;
  std::string page;
  std::string plot;
  std::string curves;
};

/// Those whose name starts with one of the given words; all without a word.
std::vector<std::string> chosen(const std::vector<std::string>& words) {
  std::vector<std::string> files;
  for (const auto& file : validation_cases()) {
    const std::string name = std::filesystem::path{file}.stem().string();
    bool wanted = words.empty();
    for (const auto& word : words) wanted = wanted || name.starts_with(word);
    if (wanted) files.push_back(file);
  }
  if (!files.empty()) return files;
  std::vector<std::string> known;
  for (const auto& file : validation_cases()) known.push_back(std::filesystem::path{file}.stem().string());
  throw ConfigError("command line: " + unknown_name("case", words.empty() ? "" : words.front(), known));
}

nlohmann::ordered_json to_json(const Validation& one) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& row : one.rows) {
    rows.push_back({{"what", row.what},
                    {"measured", row.measured},
                    {"simulated", row.simulated},
                    {"error", row.error()},
                    {"use", to_text(row.use)}});
    if (row.high > 0) rows.back()["band"] = {{"low", row.low}, {"high", row.high}};
    if (row.bound > 0) rows.back()["bound"] = row.bound;
    if (!row.tags.empty()) rows.back()["tags"] = row.tags;
    if (!row.parts.empty()) rows.back()["parts"] = row.parts;
  }
  return {{"case", one.name},
          {"title", one.title},
          {"kind", one.kind},
          {"source", one.source},
          {"unit", one.unit},
          {"median_error", one.median()},
          {"nine_tenths_error", one.tenth()},
          {"worst_error", one.worst()},
          {"limits", {{"median", one.median_limit}, {"nine_tenths", one.tenth_limit}, {"worst", one.worst_limit}}},
          {"holds", one.holds()},
          {"rows", rows}};
}

/// The paragraph that no figure can write; it stands beside the cases.
std::string where_it_fails() {
  const auto file = std::filesystem::path{home()} / "analysis" / "validation" / "where-it-fails.md";
  return read_input(file.string(), most_table_bytes);
}

void execute(const ValidateOptions& options) {
  for (const auto& file : {options.page, options.plot, options.curves}) require_place_for(file);
  keep_engine();  // hundreds of small simulations: a child for each took a third of the time
  std::vector<Validation> cases;
  for (const auto& file : chosen(options.cases)) cases.push_back(validate(file));
  if (!options.page.empty()) {
    namespace fs = std::filesystem;
    const fs::path plot =
        options.plot.empty() ? fs::path{options.page}.replace_extension(".svg") : fs::path{options.plot};
    const auto from_page = [&](const fs::path& file) {
      return fs::proximate(file, fs::absolute(fs::path{options.page}).parent_path()).generic_string();
    };
    write_file(plot.string(), validation_plot(cases));
    const std::string curves = options.curves.empty() ? "" : from_page(options.curves);
    write_file(options.page, validation_page(cases, from_page(plot), curves, where_it_fails()));
  }
  if (!options.curves.empty()) write_file(options.curves, curves_plot(batch_curves()));
  if (options.json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const auto& one : cases) list.push_back(to_json(one));
    fmt::print("{}\n", nlohmann::ordered_json{{"cases", list}}.dump(2));
  } else {
    fmt::print("{}", validation_table(cases));
    fmt::print("{}", validation_groups(cases));
  }
}

void declare(Command command) {
  auto options = std::make_shared<ValidateOptions>();
  command.option("cases", options->cases, "Beginnings of names of cases (default: all)");
  command.flag("--json", options->json, "Print one JSON object");
  command.option("--page", options->page, "Also write a Markdown page and its plot");
  command.option("--plot", options->plot, "Where the plot goes (default: beside the page)").needs("--page");
  command.option("--curves", options->curves, "Write an SVG of TPOT over the batch beside measured points");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{70, "validate", "Replay published measurements, and show the errors", declare};

}  // namespace
}  // namespace teapot::validate_command
