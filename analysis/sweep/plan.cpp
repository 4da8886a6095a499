// From a sweep's YAML to scenarios and their keys.
// Does not run anything.

#include "analysis/sweep/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

#include "analysis/output/digest.hpp"
#include "analysis/scenario/known_keys.hpp"
#include "analysis/scenario/scenario.hpp"
#include "analysis/sweep/amount.hpp"
#include "analysis/sweep/axis.hpp"
#include "analysis/sweep/condition.hpp"
#include "analysis/sweep/point_key.hpp"
#include "analysis/sweep/sampling.hpp"
#include "sim/catalogue.hpp"

namespace teapot {
namespace {

std::int64_t seed_of(const Tree& scenario) {
  const Tree* simulation = scenario.find("simulation");
  const Tree* seed = simulation != nullptr ? simulation->find("seed") : nullptr;
  return seed != nullptr ? Config{*seed}.as<std::int64_t>() : 1;
}

/// A quantity in every cell: numbers in the unit of the first one. Numbers in every cell: as they are.
SweepColumn column_of(const std::string& name, std::vector<SweepPoint>& points, std::size_t c) {
  SweepColumn column{name, false};
  std::vector<Amount> amounts;
  for (const auto& point : points) {
    const auto amount = read_amount(point.cells[c]);
    if (!amount || (!amounts.empty() && amount->dimension != amounts[0].dimension)) return column;
    amounts.push_back(*amount);
  }
  if (amounts.empty()) return column;
  column.numeric = true;
  const std::string unit = amounts[0].unit;
  if (unit.empty()) return column;
  column.name += '_' + unit_in_name(unit);
  for (std::size_t p = 0; p < points.size(); ++p) {
    const double number = amounts[p].unit == unit ? amounts[p].number : in_unit(amounts[p].base, unit);
    points[p].cells[c] = fmt::format("{:.12g}", number);
  }
  return column;
}

/// Columns of results that are not about an input.
constexpr std::array taken{"point", "status", "repeats", "gpus", "key", "error", "bottleneck", "tpot_ms", "step_ms"};

/// `requests_per_gpu` for deployment.requests_per_gpu, unless another key or a column of results ends so too.
std::vector<std::string> short_names(const std::vector<std::string>& keys) {
  std::map<std::string, int> uses;
  const auto last = [](const std::string& key) { return key.substr(key.rfind('.') + 1); };
  for (const auto& key : keys) ++uses[last(key)];
  std::vector<std::string> names;
  for (const auto& key : keys) {
    const bool clear = uses[last(key)] == 1 && std::find(taken.begin(), taken.end(), last(key)) == taken.end();
    std::string name = clear ? last(key) : key;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '.' || c == ' '; }, '_');
    names.push_back(name);
  }
  return names;
}

std::string complaint_at(const Config& at, const std::string& reason) {
  try {
    at.fail(reason);
  } catch (const ConfigError& e) {
    return e.what();
  }
}

std::vector<std::string> paths_of(const KeyRecord::Entries& known) {
  std::vector<std::string> paths;
  for (const auto& [path, entry] : known) paths.push_back(path);
  return paths;
}

void require_distinct(const std::vector<Axis>& axes, const Config& at) {
  std::vector<std::string> seen;
  for (const auto& axis : axes) {
    for (const auto& column : axis.columns) {
      if (std::find(seen.begin(), seen.end(), column) != seen.end()) at.fail("vary " + column + " twice");
      if (std::find(taken.begin(), taken.end(), column) != taken.end()) {
        at.fail(column + " is the name of a column of results; call the axis something else");
      }
      seen.push_back(column);
    }
  }
}

/// It becomes the name of a folder in results/, and a line of a job script.
std::string read_name(const Config& config, const std::string& file) {
  auto name = config.get_or<std::string>("name", std::filesystem::path{file}.stem().string());
  const bool good = !name.empty() && name.size() <= 200 && name[0] != '.' && one_line(name) == name &&
                    name.find('/') == std::string::npos;
  if (good) return name;
  (config.has("name") ? config.at("name") : config)
      .fail(in_quotes(name) +
            " cannot name a folder (200 printable characters at most, none a slash, the first no dot)");
}

/// Keys of the base and of axes that are not among those that are known, and what may be meant.
std::vector<std::string> unknown_keys(const Tree& base, const std::set<std::string>& varied,
                                      const KeyRecord::Entries& known, const Config& at) {
  std::vector<std::string> mistakes = misspelt(base, known);
  for (const auto& path : varied) {
    if (is_known(path, known)) continue;
    const std::string near = nearest(path, paths_of(known));
    mistakes.push_back(complaint_at(at, fmt::format("vary \"{}\", which is no key of a scenario{}", path,
                                                    near.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", near))));
  }
  std::sort(mistakes.begin(), mistakes.end());
  mistakes.erase(std::unique(mistakes.begin(), mistakes.end()), mistakes.end());
  return mistakes;
}

/// A key that no reader knows is wrong in every point: it is said before the first one is run.
void require_known_keys(const Tree& base, const std::vector<Axis>& axes, const Config& at, PartReader& parts) {
  std::set<std::string> varied;  // each once, however many values an axis has
  Tree first = base;
  for (const auto& axis : axes) {
    for (const auto& setting : axis.settings) {
      for (const auto& [path, value] : setting.changes) varied.insert(path);
    }
    for (const auto& [path, value] : axis.settings.front().changes) set_key(first, path, value);
  }
  // Nearly always those that the first point's readers ask for are all: they take a twentieth of the time of all
  // others.
  if (unknown_keys(base, varied, keys_read_by(first, parts), at).empty()) return;
  auto mistakes = unknown_keys(base, varied, known_keys(), at);
  if (!mistakes.empty()) throw Mistakes(std::move(mistakes));
}

/// The scenario of a point, and whether a condition drops it.
bool make_scenario(const std::vector<AxisSetting>& settings, const std::vector<Axis>& axes,
                   const std::vector<Config>& drop, Tree& scenario) {
  ConditionNames names;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    for (const auto& [path, value] : settings[a].changes) set_key(scenario, path, value);
    const bool named = axes[a].columns.size() == 1 && axes[a].columns[0].find('.') == std::string::npos;
    if (named) names.emplace_back(axes[a].columns[0], settings[a].cells[0]);
  }
  return std::none_of(drop.begin(), drop.end(), [&](const Config& c) { return holds(c, scenario, names); });
}

void add_tasks(const Tree& scenario, int repeats, PointKeys& keys, std::map<std::string, std::size_t>& known,
               SweepPlan& plan) {
  SweepPoint& point = plan.points.back();
  const std::int64_t first = seed_of(scenario);
  for (int r = 0; r < repeats; ++r) {
    Tree own = scenario;
    if (repeats > 1) apply_set(own, fmt::format("simulation.seed={}", first + r));
    const std::string key = keys.of(own);
    const auto [found, is_new] = known.emplace(key, plan.tasks.size());
    if (is_new) plan.tasks.push_back({key, std::move(own)});
    point.tasks.push_back(found->second);
  }
}

/// What the plan was made from, as a digest.
std::string definition_of(const Config& config, const Tree& base) {
  Tree definition = config.tree();
  set_path(definition, "base", base);
  Digest digest;
  digest.add(definition);
  return digest.hex();
}

void name_columns(const std::vector<Axis>& axes, SweepPlan& plan) {
  std::vector<std::string> columns;
  for (const auto& axis : axes) columns.insert(columns.end(), axis.columns.begin(), axis.columns.end());
  const auto names = short_names(columns);
  for (std::size_t c = 0; c < names.size(); ++c) plan.columns.push_back(column_of(names[c], plan.points, c));
}

}  // namespace

SweepPlan read_sweep(const std::string& file, const std::vector<std::string>& sets, const PriceFiles& prices,
                     bool binding) {
  const Config config{load_yaml(file)};
  if (!config.is_mapping()) config.fail("expected a sweep: `base` and `axes`");
  SweepPlan plan;
  plan.name = read_name(config, file);
  Tree base = resolve_named(config.at("base"), "examples", "scenario");
  for (const auto& set : sets) apply_set(base, set, set_key);
  const Config at = config.at("axes");
  const auto axes = read_axes(at);
  require_distinct(axes, at);
  std::vector<Config> drop;
  if (config.has("drop")) drop = config.at("drop").items();
  const Sampling sampling = read_sampling(config);
  plan.seed = sampling.seed;
  const int repeats = config.positive_or<int>("repeats", 1);
  config.get_or<std::string>("description", "");
  config.reject_unread_keys();

  require_known_keys(base, axes, at, plan.parts);
  plan.definition = definition_of(config, base);
  plan.binding = binding;
  PointKeys keys{prices, binding, plan.parts};
  std::map<std::string, std::size_t> known;
  for (const auto& settings : choose_settings(axes, sampling, at)) {
    Tree scenario = base;
    if (!make_scenario(settings, axes, drop, scenario)) {
      ++plan.dropped;
      continue;
    }
    plan.points.emplace_back();
    auto& cells = plan.points.back().cells;
    for (const auto& setting : settings) cells.insert(cells.end(), setting.cells.begin(), setting.cells.end());
    add_tasks(scenario, repeats, keys, known, plan);
  }
  if (plan.points.empty()) at.fail("have no points left: `drop` takes them all");
  name_columns(axes, plan);
  return plan;
}

}  // namespace teapot
