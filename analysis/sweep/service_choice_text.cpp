// Words and numbers of clusters to choose from.
// Does not choose.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "analysis/output/counted.hpp"
#include "analysis/output/text_table.hpp"
#include "analysis/sweep/optimum_text.hpp"
#include "analysis/sweep/service_choice.hpp"
#include "analysis/version.hpp"

namespace teapot {
namespace {

using Json = nlohmann::ordered_json;

std::string milliseconds_or_none(const Percentiles& p, double Percentiles::*which) {
  return p.any() ? fmt::format("{:.1f}", p.*which) : "";
}

/// Those that are answers, the best first.
std::string ranked_table(const std::vector<ServiceChoice>& ranked, const std::vector<std::string>& axes,
                         const ServiceGoal& goal) {
  constexpr auto right = TextTable::Align::right;
  std::vector<TextTable::Column> columns;
  for (const auto& axis : axes) columns.push_back({axis});
  if (goal.most_load) columns.push_back({ranked.front().most->unit + " at most", right});
  for (const char* title : {"M$", "GPUs", "TTFT P50", "TTFT P99", "TPOT P50", "TPOT P99", "good/s", "$/Mtoken"})
    columns.push_back({title, right});
  if (goal.most_load) columns.push_back({"$ a request/s", right});
  TextTable table{columns};
  for (const ServiceChoice& c : ranked) {
    if (!c.ruled_out.empty()) break;
    const LoadPoint& p = goal.most_load ? *c.most->best : c.asked;
    std::vector<std::string> row = c.choices;
    if (goal.most_load) row.push_back(fmt::format("{:.4g}", p.offered));
    row.push_back(fmt::format("{:.3f}", c.usd / 1e6));
    row.push_back(fmt::format("{}", c.gpus));
    for (const auto& [values, which] :
         {std::pair{&p.report.ttft_ms, &Percentiles::p50}, std::pair{&p.report.ttft_ms, &Percentiles::p99},
          std::pair{&p.report.tpot_ms, &Percentiles::p50}, std::pair{&p.report.tpot_ms, &Percentiles::p99}})
      row.push_back(milliseconds_or_none(*values, which));
    row.push_back(fmt::format("{:.2f}", p.report.goodput_per_s));
    const double tokens = c.asked.report.output_tokens_per_s / p.report.output_tokens_per_s;  // cost goes with time
    row.push_back(fmt::format("{:.4f}", c.usd_per_million_tokens * tokens));
    if (goal.most_load) row.push_back(fmt::format("{:.0f}", c.usd / p.report.goodput_per_s));
    table.add(std::move(row), &c == &ranked.front());
  }
  return table.to_text();
}

Json point_json(const LoadPoint& p) {
  Json json{{"offered", p.offered}, {"kept", p.kept()}, {"queue_grows", p.grows}};
  json["ttft_p50_ms"] = p.report.ttft_ms.p50;
  json["ttft_p99_ms"] = p.report.ttft_ms.p99;
  if (p.report.tpot_ms.any()) {
    json["tpot_p50_ms"] = p.report.tpot_ms.p50;
    json["tpot_p99_ms"] = p.report.tpot_ms.p99;
  }
  json["goodput_requests_per_s"] = p.report.goodput_per_s;
  json["output_tokens_per_s"] = p.report.output_tokens_per_s;
  return json;
}

}  // namespace

std::string service_choices_text(const std::vector<ServiceChoice>& ranked, const std::vector<std::string>& axes,
                                 const ServiceGoal& goal) {
  const bool any = !ranked.empty() && ranked.front().ruled_out.empty();
  std::string text;
  if (any) {
    const ServiceChoice& best = ranked.front();
    const LoadPoint& p = goal.most_load ? *best.most->best : best.asked;
    text = ranked_table(ranked, axes, goal);
    text += goal.most_load ? fmt::format("\nmost load within the limits: {}, {:.4g} {}",
                                         choices_text(best.choices, axes), p.offered, best.most->unit)
                           : fmt::format("\ncheapest that serves the load within the limits: {}",
                                         choices_text(best.choices, axes));
    text += fmt::format(", {:.2f} M$ for {} and their network; {:.1f}% of the requests keep the limits\n",
                        best.usd / 1e6, counted(best.gpus, "GPU"), 100 * p.kept());
  } else {
    text =
        goal.most_load ? "no cluster keeps the limits at any load\n" : "no cluster serves the load within the limits\n";
  }
  bool first = true;
  for (const ServiceChoice& c : ranked) {
    if (c.ruled_out.empty()) continue;
    if (std::exchange(first, false)) text += "\nruled out:\n";
    text += fmt::format("  {}: {}\n", choices_text(c.choices, axes), c.ruled_out);
  }
  return text;
}

Json service_choices_json(const std::vector<ServiceChoice>& ranked, const std::vector<std::string>& axes,
                          const ServiceGoal& goal) {
  Json json;
  json["goal"] = goal.most_load ? "most load" : "cheapest";
  json["keep"] = goal.part;
  auto& answers = json["ranking"] = Json::array();
  auto& out = json["ruled_out"] = Json::array();
  for (const ServiceChoice& c : ranked) {
    Json one = Json::object();
    for (std::size_t i = 0; i < axes.size(); ++i) one[axes[i]] = c.choices[i];
    if (!c.ruled_out.empty()) {
      one["reason"] = c.ruled_out;
      out.push_back(std::move(one));
      continue;
    }
    one["gpus"] = c.gpus;
    one["usd"] = c.usd;
    one["usd_per_million_tokens"] = c.usd_per_million_tokens;
    one["asked"] = point_json(c.asked);
    if (c.most) one["most_load"] = point_json(*c.most->best);
    answers.push_back(std::move(one));
  }
  json["version"] = version;
  return json;
}

}  // namespace teapot
