// Goes through all choices, with a line of progress.
// Does not judge them.

#include "analysis/commands/optimize_serving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analysis/output/progress_line.hpp"
#include "analysis/output/terminal.hpp"
#include "sim/engine.hpp"

namespace teapot {
namespace {

constexpr std::size_t most_choices = 1000;

/// Each value of each axis with each of the others, the last axis turning fastest.
std::vector<std::vector<std::string>> all_choices(const std::vector<ChoiceAxis>& axes) {
  std::vector<std::vector<std::string>> all{{}};
  for (const ChoiceAxis& axis : axes) {
    std::vector<std::vector<std::string>> longer;
    if (all.size() * axis.values.size() > most_choices)
      throw ConfigError(fmt::format("more than {} clusters to choose from; each is served", most_choices));
    for (const auto& choices : all) {
      for (const auto& value : axis.values) {
        longer.push_back(choices);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

}  // namespace

void optimize_serving(const Tree& base, const ServiceSearch& search) {
  const CostLists lists = read_cost_lists(search.prices);
  PartReader parts;
  std::vector<ServiceChoice> found;
  const auto all = all_choices(search.axes);
  keep_engine();  // hundreds of steps: a child for each took two thirds of the time
  {
    ProgressLine line;
    for (const auto& choices : all) {
      line(fmt::format("cluster {} of {}", found.size() + 1, all.size()),
           static_cast<double>(found.size()) / static_cast<double>(all.size()));
      try {
        found.push_back(
            served_choice(chosen(base, search.axes, choices), choices, search.goal, lists, parts, search.cache));
      } catch (const ConfigError& e) {  // a value that its key does not take
        found.push_back({});
        found.back().choices = choices;
        found.back().ruled_out = e.what();
      }
    }
  }
  rank(found, search.goal);
  std::vector<std::string> names;
  for (const auto& axis : search.axes) names.push_back(axis.name);
  if (search.json) {
    fmt::print("{}\n", service_choices_json(found, names, search.goal).dump(2));
  } else {
    fmt::print("{}", highlighted(service_choices_text(found, names, search.goal)));
  }
  const bool served = std::any_of(found.begin(), found.end(), [](const ServiceChoice& c) { return c.gpus > 0; });
  if (!served) throw ConfigError(found.back().ruled_out);
  if (!found.front().ruled_out.empty()) throw SimulationError("no cluster keeps the limits");
}

}  // namespace teapot
