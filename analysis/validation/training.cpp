// Replays training steps: a scenario is run, and its time, its parts and what follows from them are compared.
// Knows no case by name.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "analysis/training/training_report.hpp"
#include "analysis/training/training_run.hpp"
#include "analysis/validation/validation.hpp"

namespace teapot {

void replay_training(const Config& config, Validation& validation) {
  const auto rows = case_rows(config);
  const Tree base = config.at("scenario").tree();
  std::map<std::string, std::map<std::string, double>> steps;  // by scenario: rows are several figures of one
  for (const auto& row : rows) {
    const Tree tree = row.scenario(base);
    const std::string key = to_yaml(tree);
    if (!steps.contains(key))
      steps.emplace(key, training_figures(run_training(read_training_scenario(tree, validation.name))));
    const Config& quantity = row.cell("quantity");
    const auto& figures = steps.at(key);
    const auto found = figures.find(quantity.as<std::string>());
    if (found == figures.end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : figures) names.push_back(name);
      quantity.fail(fmt::format("unknown quantity (allowed: {})", fmt::join(names, ", ")));
    }
    validation.rows.push_back({row.label(), row.cell("measured").as_positive<double>(), found->second, row.use()});
  }
}

}  // namespace teapot
