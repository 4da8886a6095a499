// Lays out validation cases as a page and as a table.
// Does not simulate.

#include "analysis/validation/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/validation/constants.hpp"
#include "analysis/validation/groups.hpp"
#include "analysis/validation/left_out.hpp"

namespace teapot {
namespace {

constexpr std::size_t all_rows = 16;  // a longer case is shown by its worst rows

std::string percent(double part) { return fmt::format("{:.1f}%", 100 * part); }
std::string limit(double part) { return part == 0 ? "" : fmt::format(" (≤ {:g}%)", 100 * part); }

int count(const Validation& one, Use use) {
  return static_cast<int>(
      std::count_if(one.rows.begin(), one.rows.end(), [&](const Comparison& row) { return row.use == use; }));
}

std::string fitted(const Validation& one) {
  const int fit = count(one, Use::fit);
  const int check = count(one, Use::check);
  if (fit == 0) return "no";
  return check == 0 ? "yes" : fmt::format("{} of {}", fit, fit + check);
}

std::vector<Comparison> shown(const Validation& one) {
  auto rows = one.rows;
  if (rows.size() <= all_rows) return rows;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Comparison& a, const Comparison& b) { return std::abs(a.error()) > std::abs(b.error()); });
  rows.erase(rows.begin() + all_rows / 2, rows.end());
  return rows;
}

std::string coverage_text(double part) { return part < 0 ? "" : fmt::format("{:.0f}%", 100 * part); }

/// What each engine, model, accelerator and precision is met with; nothing for rows without tags.
std::string groups_table(const Validation& one) {
  const auto groups = error_groups(one);
  if (groups.empty()) return "";
  const bool banded = groups.front().coverage >= 0;
  std::string text = banded ? "\nBands come from measured steps of other models, so no row is in its own.\n" : "";
  text +=
      "\n| rows of | | rows | median | nine tenths | bias | in the band | below the bound |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const auto& g : groups) {
    text += fmt::format("| {} | {} | {} | {} | {} | {:+.1f}% | {} | {} |\n", g.tag, g.value, g.rows, percent(g.median),
                        percent(g.tenth), 100 * g.bias, coverage_text(g.coverage), coverage_text(g.below));
  }
  std::string left_out;
  for (const auto& [reason, points] : one.aside) {
    left_out += fmt::format("{}{} {}", left_out.empty() ? "\nNot judged: " : ", ", points, reason);
  }
  return text + (left_out.empty() ? "" : left_out + ".\n");
}

std::string section(const Validation& one) {
  std::string text = fmt::format("## {}\n\nSource: {}.\n", one.title, one.source);
  if (!one.note.empty()) text += one.note + "\n";
  text += groups_table(one);
  const auto rows = shown(one);
  if (rows.size() < one.rows.size()) {
    text += fmt::format("\nThe {} worst of {} rows:\n", rows.size(), one.rows.size());
  }
  text += fmt::format("\n| row | measured ({}) | simulated | error | used |\n|---|---|---|---|---|\n", one.unit);
  for (const auto& row : rows) {
    text += fmt::format("| {} | {:.4g} | {:.4g} | {:+.1f}% | {} |\n", row.what, row.measured, row.simulated,
                        100 * row.error(), to_text(row.use));
  }
  return text + "\n";
}

}  // namespace

std::string validation_page(const std::vector<Validation>& cases, const std::string& plot, const std::string& curves,
                            const std::string& where_it_fails) {
  std::string text =
      "# How far predictions are from measurements\n\n"
      "Written by `./teapot validate --page`; the cases are the data files of `analysis/validation/cases`, and a new "
      "one\n"
      "is a new file or row. Errors are simulated over measured, less one; the table gives their absolute values. "
      "*Fit*\n"
      "says whether constants were fitted on the rows: such a case shows how well a few constants describe the\n"
      "measurements, the others whether they predict. A *bound* is a measured step that an ideal serving stack must "
      "not\n"
      "exceed.\n\n";
  text += fmt::format("![Simulated against measured times]({})\n\n", plot);
  text += "| case | rows | fit | median | nine tenths | worst | holds |\n|---|---|---|---|---|---|---|\n";
  for (const auto& one : cases) {
    text += fmt::format("| {} | {} | {} | {}{} | {}{} | {}{} | {} |\n", one.title, one.rows.size(), fitted(one),
                        percent(one.median()), limit(one.median_limit), percent(one.tenth()), limit(one.tenth_limit),
                        percent(one.worst()), limit(one.worst_limit), one.holds() ? "yes" : "**no**");
  }
  if (!curves.empty()) {
    text += fmt::format(
        "\n## Over the batch\n\nSix models, the batch from 1 to 512: lines are simulated, dots measured (points of the "
        "two "
        "serving cases).\n\n![TPOT over the batch]({})\n",
        curves);
  }
  text += "\n## Where it fails\n\n" + where_it_fails + "\n" + left_out_table(measured_steps()) + constants_audit();
  for (const auto& one : cases) text += section(one);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::string validation_table(const std::vector<Validation>& cases) {
  std::string text =
      fmt::format("{:<44}{:>6}{:>11}{:>9}{:>9}{:>9}  {}\n", "case", "rows", "fit", "median", "90%", "worst", "limits");
  for (const auto& one : cases) {
    text +=
        fmt::format("{:<44}{:>6}{:>11}{:>9}{:>9}{:>9}  {}\n", one.name, one.rows.size(), fitted(one),
                    percent(one.median()), percent(one.tenth()), percent(one.worst()), one.holds() ? "kept" : "missed");
  }
  return text;
}

std::string validation_groups(const std::vector<Validation>& cases) {
  std::string text;
  for (const auto& one : cases) {
    const auto groups = error_groups(one);
    if (groups.empty()) continue;
    text += fmt::format("\n{:<16}{:<32}{:>6}{:>9}{:>9}{:>9}{:>9}{:>13}\n", one.name, "rows of", "rows", "median", "90%",
                        "bias", "in band", "below bound");
    for (const auto& g : groups) {
      text += fmt::format("{:<16}{:<32}{:>6}{:>9}{:>9}{:>8.1f}%{:>9}{:>13}\n", "", g.tag + " " + g.value, g.rows,
                          percent(g.median), percent(g.tenth), 100 * g.bias, coverage_text(g.coverage),
                          coverage_text(g.below));
    }
  }
  return text;
}

}  // namespace teapot
