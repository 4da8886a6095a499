// From single results to rows.
// Does not read or write files.

#include "analysis/sweep/results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "analysis/version.hpp"

namespace teapot {
namespace {

/// Figures of a result, in the order of their columns.
const std::vector<std::string>& figure_names() {
  static const std::vector<std::string> names{
      "tpot_ms",     "step_ms",          "tokens_per_step",          "tokens_per_s_per_user", "tokens_per_s_per_gpu",
      "compute_ms",  "communication_ms", "exposed_communication_ms", "overlap_fraction",      "network_usd_per_gpu",
      "usd_per_gpu", "usd_per_gpu_hour", "usd_per_million_tokens",   "tokens_per_s_per_kusd"};
  return names;
}

/// Those that only a prefill, a service or training has: columns of sweeps whose first result has them.
const std::vector<std::string>& served_figure_names() {
  static const std::vector<std::string> names{"ttft_ms",
                                              "ttft_p50_ms",
                                              "ttft_p99_ms",
                                              "tpot_p99_ms",
                                              "itl_p99_ms",
                                              "goodput_requests_per_s",
                                              "goodput_requests_per_s_per_musd",
                                              "requests_per_s",
                                              "overloaded",
                                              "step_s",
                                              "tokens_per_day",
                                              "mfu_causal",
                                              "mfu_noncausal",
                                              "memory_bytes",
                                              "usd_per_trillion_tokens"};
  return names;
}

std::vector<std::string> figures_of(const Json& points, const FindResult& find) {
  std::vector<std::string> names = figure_names();
  for (const auto& point : points) {
    const auto result = find(point.at("keys")[0].get<std::string>());
    if (!result || result->contains("error")) continue;
    for (const auto& name : served_figure_names()) {
      if (result->contains(name)) names.push_back(name);
    }
    break;
  }
  return names;
}

Json cell_of(const std::string& text, bool numeric) {
  if (text.empty()) return nullptr;
  const Json number = numeric ? Json::parse(text, nullptr, false) : Json(text);
  return number.is_discarded() ? Json(text) : number;  // YAML writes some numbers as JSON does not (.5)
}

double mean(const std::vector<Json>& results, const std::string& name) {
  double sum = 0;
  for (const auto& result : results) sum += result.at(name).get<double>();
  return sum / static_cast<double>(results.size());
}

bool all_have(const std::vector<Json>& results, const std::string& name) {
  return std::all_of(results.begin(), results.end(),
                     [&](const Json& result) { return result.contains(name) && result.at(name).is_number(); });
}

/// Standard deviation of the sample, smallest and largest.
void add_spread(std::vector<Json>& row, const std::vector<Json>& results) {
  const double middle = mean(results, "tpot_ms");
  double squares = 0, least = INFINITY, most = -INFINITY;
  for (const auto& result : results) {
    const auto tpot = result.at("tpot_ms").get<double>();
    squares += (tpot - middle) * (tpot - middle);
    least = std::min(least, tpot);
    most = std::max(most, tpot);
  }
  row.emplace_back(std::sqrt(squares / static_cast<double>(results.size() - 1)));
  row.emplace_back(least);
  row.emplace_back(most);
}

std::vector<std::string> column_names(const std::vector<std::string>& axes, const std::vector<std::string>& figures,
                                      bool repeated, bool binding) {
  std::vector<std::string> columns{"point"};
  columns.insert(columns.end(), axes.begin(), axes.end());
  columns.emplace_back("status");
  for (const auto& name : figures) {
    columns.push_back(name);
    if (name == "tpot_ms" && repeated) {
      columns.insert(columns.end(), {"tpot_ms_sd", "tpot_ms_min", "tpot_ms_max", "repeats"});
    }
  }
  columns.insert(columns.end(), {"bottleneck", "bottleneck_use"});
  if (binding) columns.insert(columns.end(), {"binding", "binding_gain_percent"});
  columns.emplace_back("gpus");
  for (const char* name : {"model", "accelerator", "fabric"}) {
    if (std::find(axes.begin(), axes.end(), name) == axes.end()) columns.emplace_back(name);
  }
  columns.insert(columns.end(), {"pareto_cost", "pareto_throughput", "key", "error"});
  return columns;
}

/// Everything between `status` and the front: null where a repeat failed.
void add_figures(std::vector<Json>& row, const std::vector<Json>& results, const ResultTable& table,
                 const std::vector<std::string>& figures, bool repeated, bool good) {
  for (const auto& name : figures) {
    row.push_back(good && all_have(results, name) ? Json(mean(results, name)) : Json(nullptr));
    if (name != "tpot_ms" || !repeated) continue;
    if (good && all_have(results, name)) {
      add_spread(row, results);
    } else {
      row.insert(row.end(), 3, nullptr);
    }
    row.emplace_back(results.size());
  }
  const Json none;
  const Json& first = good ? results[0] : none;
  const Json bottleneck = good && first.contains("bottleneck") ? first.at("bottleneck") : none;
  row.push_back(bottleneck.contains("kind") ? bottleneck.at("kind") : none);
  row.push_back(bottleneck.contains("use") ? bottleneck.at("use") : none);
  if (table.column("binding")) {
    const Json binding = good && first.contains("binding") ? first.at("binding") : none;
    row.push_back(binding.contains("resource") ? binding.at("resource") : none);
    row.push_back(binding.contains("gain_percent") ? binding.at("gain_percent") : none);
  }
  row.push_back(good ? first.at("gpus") : none);
  for (const char* name : {"model", "accelerator", "fabric"}) {
    if (table.column(name) > table.column("gpus")) row.push_back(good ? first.at(name) : none);
  }
}

void mark_fronts(ResultTable& table) {
  const auto mark = [&](const std::string& column, const std::vector<std::size_t>& front) {
    const std::size_t c = *table.column(column);
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      table.rows[r][c] = std::find(front.begin(), front.end(), r) != front.end();
    }
  };
  mark("pareto_cost", pareto_front(table, "tpot_ms", "usd_per_gpu", false));
  mark("pareto_throughput", pareto_front(table, "tpot_ms", "tokens_per_s_per_gpu", true));
}

std::string csv_cell(const Json& cell) {
  if (cell.is_null()) return "";
  if (!cell.is_string()) return cell.dump();
  auto text = cell.get<std::string>();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) text.insert(at, 1, '"');
  return '"' + text + '"';
}

}  // namespace

Json plan_json(const SweepPlan& plan) {
  Json json;
  json["sweep"] = plan.name;
  json["version"] = version;
  json["definition"] = plan.definition;
  if (plan.binding) json["binding"] = true;
  auto& columns = json["columns"] = Json::array();
  for (const auto& column : plan.columns) columns.push_back(column.name);
  auto& points = json["points"] = Json::array();
  for (const auto& point : plan.points) {
    Json cells = Json::array();
    for (std::size_t c = 0; c < point.cells.size(); ++c) {
      cells.push_back(cell_of(point.cells[c], plan.columns[c].numeric));
    }
    Json keys = Json::array();
    for (const auto task : point.tasks) keys.push_back(plan.tasks[task].key);
    points.push_back({{"cells", cells}, {"keys", keys}});
  }
  return json;
}

std::optional<std::size_t> ResultTable::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) return {};
  return static_cast<std::size_t>(found - columns.begin());
}

std::optional<double> ResultTable::number(std::size_t row, const std::string& name) const {
  const auto c = column(name);
  if (!c || !rows[row][*c].is_number()) return {};
  return rows[row][*c].get<double>();
}

ResultTable result_table(const Json& plan, const FindResult& find) {
  ResultTable table;
  table.axes = plan.at("columns").get<std::vector<std::string>>();
  const Json& points = plan.at("points");
  table.points = points.size();
  const bool repeated = !points.empty() && points[0].at("keys").size() > 1;
  const auto figures = figures_of(points, find);
  table.columns = column_names(table.axes, figures, repeated, plan.value("binding", false));
  for (std::size_t p = 0; p < points.size(); ++p) {
    std::vector<Json> results;
    Json error;
    for (const auto& key : points[p].at("keys")) {
      const auto result = find(key.get<std::string>());
      if (!result) break;
      if (result->contains("error") && error.is_null()) error = result->at("error");
      results.push_back(*result);
    }
    if (results.size() < points[p].at("keys").size()) continue;
    std::vector<Json> row{p + 1};
    for (const auto& cell : points[p].at("cells")) row.push_back(cell);
    row.emplace_back(error.is_null() ? "ok" : "failed");
    add_figures(row, results, table, figures, repeated, error.is_null());
    row.insert(row.end(), {Json(false), Json(false), points[p].at("keys")[0], error});
    table.failed += error.is_null() ? 0 : 1;
    table.rows.push_back(std::move(row));
    Json details = Json::object();
    for (const char* name : {"tpot_band_ms", "breakdown_ms", "resources", "warnings"}) {
      if (error.is_null() && results[0].contains(name)) details[name] = results[0].at(name);
    }
    table.details.push_back(std::move(details));
  }
  mark_fronts(table);
  return table;
}

std::string to_csv(const ResultTable& table) {
  std::string text;
  const auto add_line = [&text](const std::vector<Json>& cells) {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) text += ',';
      text += csv_cell(cells[c]);
    }
    text += '\n';
  };
  add_line({table.columns.begin(), table.columns.end()});
  for (const auto& row : table.rows) add_line(row);
  return text;
}

std::string to_json(const ResultTable& table) {
  std::string text = "[";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    Json object;
    for (std::size_t c = 0; c < table.columns.size(); ++c) object[table.columns[c]] = table.rows[r][c];
    for (const auto& [name, value] : table.details[r].items()) object[name] = value;
    text += (r > 0 ? ",\n " : "\n ") + object.dump();
  }
  return text + "\n]\n";
}

std::vector<std::size_t> pareto_front(const ResultTable& table, const std::string& x, const std::string& y,
                                      bool larger) {
  struct Candidate {
    double x, y;
    std::size_t row;
  };
  std::vector<Candidate> candidates;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const auto own_x = table.number(r, x);
    const auto own_y = table.number(r, y);
    if (own_x && own_y) candidates.push_back({*own_x, larger ? -*own_y : *own_y, r});
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.x, a.y, a.row) < std::tie(b.x, b.y, b.row);
  });
  std::vector<std::size_t> front;
  double best = INFINITY;
  double best_x = 0;
  for (const auto& c : candidates) {
    const bool twin = !front.empty() && c.y == best && c.x == best_x;
    if (!(c.y < best) && !twin) continue;
    best = c.y;
    best_x = c.x;
    front.push_back(c.row);
  }
  return front;
}

}  // namespace teapot
