// Words and numbers of a sweep.
// Does not decide where they go.

#include "analysis/sweep/sweep_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "analysis/output/text_table.hpp"
#include "sim/message.hpp"

namespace teapot {
namespace {

struct Shown {
  const char* column;
  const char* title;
  const char* format;
};

constexpr Shown shown_figures[] = {{"tpot_ms", "TPOT ms", "{:.3f}"},
                                   {"tpot_ms_sd", "sd", "{:.3f}"},
                                   {"tokens_per_s_per_gpu", "tokens/s/GPU", "{:.1f}"},
                                   {"ttft_ms", "TTFT ms", "{:.1f}"},
                                   {"ttft_p50_ms", "TTFT P50", "{:.1f}"},
                                   {"ttft_p99_ms", "TTFT P99", "{:.1f}"},
                                   {"tpot_p99_ms", "TPOT P99", "{:.2f}"},
                                   {"goodput_requests_per_s", "good/s", "{:.2f}"},
                                   {"goodput_requests_per_s_per_musd", "good/s/M$", "{:.3f}"},
                                   {"step_s", "step s", "{:.3f}"},
                                   {"mfu_causal", "MFU", "{:.4f}"},
                                   {"usd_per_trillion_tokens", "$/Ttoken", "{:.0f}"},
                                   {"exposed_communication_ms", "exposed ms", "{:.3f}"},
                                   {"network_usd_per_gpu", "network $/GPU", "{:.0f}"},
                                   {"usd_per_gpu", "$/GPU", "{:.0f}"},
                                   {"usd_per_million_tokens", "$/Mtoken", "{:.4f}"}};

constexpr std::size_t most_rows = 60;

std::string cell_text(const Json& cell) {
  if (cell.is_null()) return "";
  return cell.is_string() ? cell.get<std::string>() : cell.dump();
}

/// The column of an input that is not the same in all rows, where it is not an axis itself.
std::optional<std::size_t> mixed_column(const ResultTable& table, const std::string& name) {
  const auto column = table.column(name);
  if (!column || std::find(table.axes.begin(), table.axes.end(), name) != table.axes.end()) return {};
  const Json* first = nullptr;
  for (const auto& row : table.rows) {
    if (row[*column].is_null()) continue;
    if (first != nullptr && row[*column] != *first) return column;
    first = &row[*column];
  }
  return {};
}

/// What was said of points, each line once with those that it is of, in the order they come.
using Said = std::vector<std::pair<std::string, std::vector<std::string>>>;

void add(Said& said, const std::string& line, const std::string& point) {
  auto known = std::find_if(said.begin(), said.end(), [&](const auto& one) { return one.first == line; });
  if (known == said.end()) known = said.insert(said.end(), {line, {}});
  known->second.push_back(point);
}

/// The first points by name, and how many more there are.
std::string some_of(std::vector<std::string> points, const char* between) {
  constexpr std::size_t most = 12;
  const std::size_t all = points.size();
  points.resize(std::min(all, most));
  return fmt::format("{}{}", fmt::join(points, between), all > most ? fmt::format(" and {} more", all - most) : "");
}

/// The row of the lowest TPOT.
std::optional<std::size_t> fastest_of(const ResultTable& table, const std::vector<std::size_t>& rows) {
  std::optional<std::size_t> fastest;
  for (const auto r : rows) {
    const auto own = table.number(r, "tpot_ms");
    if (own && (!fastest || *own < *table.number(*fastest, "tpot_ms"))) fastest = r;
  }
  return fastest;
}

/// Those that some of the points have.
std::vector<const Shown*> figures_of(const ResultTable& table, const std::vector<std::size_t>& rows) {
  std::vector<const Shown*> figures;
  for (const Shown& figure : shown_figures) {
    const auto known = [&](std::size_t r) { return table.column(figure.column) && table.number(r, figure.column); };
    if (std::any_of(rows.begin(), rows.end(), known)) figures.push_back(&figure);
  }
  return figures;
}

std::string rows_text(const ResultTable& table, const std::vector<std::size_t>& rows) {
  std::vector<TextTable::Column> columns;
  for (const auto& axis : table.axes) columns.push_back({axis});
  const auto mixed = mixed_column(table, "accelerator");
  if (mixed) columns.push_back({"accelerator"});
  const auto figures = figures_of(table, rows);
  for (const auto* figure : figures) columns.push_back({figure->title, TextTable::Align::right});
  const auto binding = table.column("binding");
  if (binding) columns.push_back({"binding"});
  columns.push_back({"most in use"});
  TextTable text{columns};
  const auto fastest = fastest_of(table, rows);
  Said errors;
  for (const auto r : rows) {
    std::vector<std::string> cells;
    for (std::size_t a = 0; a < table.axes.size(); ++a) cells.push_back(cell_text(table.rows[r][a + 1]));
    if (mixed) cells.push_back(cell_text(table.rows[r][*mixed]));
    for (const auto* figure : figures) {
      const auto number = table.number(r, figure->column);
      cells.push_back(number ? fmt::format(fmt::runtime(figure->format), *number) : "");
    }
    if (binding) cells.push_back(cell_text(table.rows[r][*binding]));
    const Json& error = table.rows[r].back();
    cells.push_back(error.is_null() ? cell_text(table.rows[r][*table.column("bottleneck")]) : "failed");
    if (!error.is_null()) {
      const std::string which =
          fmt::format("{}", fmt::join(cells.begin(), cells.begin() + static_cast<long>(table.axes.size()), ", "));
      add(errors, cell_text(error), which);
    }
    text.add(cells, rows.size() > 1 && fastest == r);
  }
  std::string failed;
  for (const auto& [line, points] : errors) {
    const bool all = points.size() == table.rows.size() && points.size() > 1;
    failed += fmt::format("{}: {}\n", all ? "all points" : some_of(points, "; "), line);
  }
  return text.to_text() + (failed.empty() ? "" : "\nfailed:\n" + failed);
}

std::string front_text(const ResultTable& table, const std::string& title, const std::vector<std::size_t>& front) {
  if (front.empty()) return "";
  return fmt::format("\n{}\n{}", title, rows_text(table, front));
}

/// Each warning once, with the points that it is of.
std::string warnings_text(const ResultTable& table) {
  Said said;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (!table.details[r].contains("warnings")) continue;
    for (const auto& warning : table.details[r].at("warnings"))
      add(said, one_line(warning.get<std::string>()), table.rows[r][0].dump());
  }
  std::string text;
  for (const auto& [line, points] : said) {
    const std::string which = points.size() == table.rows.size()
                                  ? "all points"
                                  : fmt::format("point{} {}", points.size() > 1 ? "s" : "", some_of(points, ", "));
    text += fmt::format("warning: {}: {}\n", which, line);
  }
  return text.empty() ? text : '\n' + text;
}

}  // namespace

std::string sweep_text(const SweepSummary& summary) {
  std::string text;
  if (summary.signal != 0) text += "stopped; the same command goes on from here\n";
  const ResultTable& table = summary.table;
  if (!table.rows.empty()) {
    if (table.rows.size() <= most_rows) {
      std::vector<std::size_t> all(table.rows.size());
      for (std::size_t r = 0; r < all.size(); ++r) all[r] = r;
      text += rows_text(table, all);
    }
    text += warnings_text(table);
    text += front_text(table, "Cheaper or faster than every other (TPOT against price, $/GPU):",
                       pareto_front(table, "tpot_ms", "usd_per_gpu", false));
    text += front_text(table, "More tokens or faster than every other (TPOT against tokens/s/GPU):",
                       pareto_front(table, "tpot_ms", "tokens_per_s_per_gpu", true));
    text += '\n';
  }
  if (summary.simulated + summary.reused > 0) {
    text += fmt::format("{} simulated in {:.1f} s ({:.0f}% of the workers' processors), {} there already",
                        summary.simulated, summary.wall_s, 100 * summary.cpu_use, summary.reused);
    if (summary.failed > 0) text += fmt::format(", {} failed", summary.failed);
    if (summary.dropped > 0) text += fmt::format(", {} points dropped by conditions", summary.dropped);
    text += '\n';
  }
  text += table.points > 0
              ? fmt::format("{}/results.csv: {} of {} points\n", summary.folder, table.rows.size(), table.points)
              : fmt::format("{}: to be collected with --collect\n", summary.folder);
  return text;
}

}  // namespace teapot
