// Reads cases, hands them to the replay of their kind, and judges the errors.
// Does not know how any kind is simulated.

#include "analysis/validation/validation.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "sim/catalogue.hpp"

namespace teapot {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> uses{"fit", "check", "bound"};

std::vector<double> absolute_errors(const Validation& validation) {
  std::vector<double> errors;
  for (const auto& row : validation.rows) {
    if (row.use != Use::bound) errors.push_back(std::abs(row.error()));
  }
  std::sort(errors.begin(), errors.end());
  return errors;
}

bool changes_scenario(const std::string& column) {
  const std::set<std::string> parts{"model", "fabric", "accelerator", "host", "memory"};
  return parts.contains(column) || column.find('.') != std::string::npos;
}

using Replay = void (*)(const Config&, Validation&);

const std::map<std::string, Replay>& replays() {
  static const std::map<std::string, Replay> kinds{
      {"collective", replay_collectives},  {"kernel", replay_kernels}, {"layer", replay_layers},
      {"serving", replay_serving},         {"step", replay_steps},     {"training", replay_training},
      {"first-token", replay_first_tokens}};
  return kinds;
}

}  // namespace

double quantile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  const double place = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double Validation::median() const { return quantile(absolute_errors(*this), 0.5); }
double Validation::tenth() const { return quantile(absolute_errors(*this), 0.9); }
double Validation::worst() const { return quantile(absolute_errors(*this), 1); }

bool Validation::holds() const {
  const bool bounded = std::all_of(rows.begin(), rows.end(), [](const Comparison& row) {
    return row.use != Use::bound || row.simulated <= row.measured;
  });
  return bounded && (median_limit == 0 || median() <= median_limit) && (tenth_limit == 0 || tenth() <= tenth_limit) &&
         (worst_limit == 0 || worst() <= worst_limit);
}

const char* to_text(Use use) {
  switch (use) {
    case Use::fit:
      return "fit";
    case Use::bound:
      return "bound";
    case Use::check:
      break;
  }
  return "check";
}

std::vector<std::string> validation_cases() {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{fs::path{home()} / "analysis" / "validation" / "cases", error}) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Validation validate(const std::string& file) {
  const Config config = Config::load(file);
  Validation validation;
  validation.name = fs::path{file}.stem().string();
  validation.title = config.get<std::string>("title");
  validation.source = config.get<std::string>("source");
  validation.note = config.get_or<std::string>("note", "");
  validation.unit = config.get_or<std::string>("unit", "us");
  if (config.has("limits")) {
    const Config limits = config.at("limits");
    validation.median_limit = limits.fraction_or("median", 0.0);
    validation.tenth_limit = limits.fraction_or("tenth", 0.0);
    validation.worst_limit = limits.fraction_or("worst", 0.0);
  }
  std::vector<std::string> kinds;
  for (const auto& [kind, replay] : replays()) kinds.push_back(kind);
  validation.kind = config.choice("kind", kinds);
  replays().at(validation.kind)(config, validation);
  config.reject_unread_keys();
  return validation;
}

std::vector<CaseRow> case_rows(const Config& config) {
  std::vector<std::string> columns;
  for (const auto& column : config.at("columns").items()) columns.push_back(column.as<std::string>());
  std::vector<CaseRow> rows;
  for (const auto& row : config.at("rows").items()) {
    std::vector<Config> cells = row.items();
    if (cells.size() != columns.size()) {
      row.fail("has " + std::to_string(cells.size()) + " cells, expected " + std::to_string(columns.size()));
    }
    rows.push_back({row, columns, std::move(cells)});
  }
  return rows;
}

bool CaseRow::has(const std::string& column) const {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

const Config& CaseRow::cell(const std::string& column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (found == columns.end()) config.fail("has no column " + column);
  return cells[static_cast<std::size_t>(found - columns.begin())];
}

Use CaseRow::use() const {
  if (!has("use")) return Use::check;
  const auto word = cell("use").as<std::string>();
  const auto found = std::find(uses.begin(), uses.end(), word);
  if (found == uses.end()) cell("use").fail(unknown_name("use", word, uses));
  return static_cast<Use>(found - uses.begin());
}

bool CaseRow::varies() const { return std::any_of(columns.begin(), columns.end(), changes_scenario); }

Tree CaseRow::scenario(const Tree& base) const {
  Tree tree = base;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (changes_scenario(columns[i])) set_path(tree, columns[i], cells[i].tree());
  }
  return tree;
}

std::string CaseRow::label() const {
  std::string label;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == "measured" || columns[i] == "use" || !cells[i].is_scalar()) continue;
    const std::string column = columns[i].substr(columns[i].rfind('.') + 1);
    const auto text = cells[i].as<std::string>();
    if (!label.empty()) label += ", ";
    label += column == "operation" || column == "quantity" ? text : column + " " + text;
  }
  return label;
}

}  // namespace teapot
