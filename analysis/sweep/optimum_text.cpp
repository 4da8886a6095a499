// Words and numbers of a search for the cheapest deployment.
// Does not search.

#include "analysis/sweep/optimum_text.hpp"

#include <fmt/format.h>

#include <utility>

#include "analysis/output/text_table.hpp"
#include "analysis/version.hpp"
#include "sim/message.hpp"

namespace teapot {
namespace {

using Json = nlohmann::ordered_json;

/// Groups that keep the limit, cheapest first: each with its cheapest batch.
std::string ranking(const Optimum& optimum, const std::vector<std::string>& axes) {
  constexpr auto right = TextTable::Align::right;
  std::vector<TextTable::Column> columns;
  for (const auto& axis : axes) columns.push_back({axis});
  for (const char* title : {"batch", "TPOT ms", "tokens/s/GPU", "$/Mtoken"}) columns.push_back({title, right});
  columns.push_back({""});
  TextTable table{columns};
  for (const Group& group : optimum.groups) {
    if (!group.best) continue;
    std::vector<std::string> row = group.choices;
    row.push_back(fmt::format("{}", group.best->candidate.batch));
    row.push_back(fmt::format("{:.3f}", group.best->tpot_ms));
    row.push_back(fmt::format("{:.1f}", group.best->tokens_per_s_per_gpu));
    row.push_back(fmt::format("{:.4f}", group.best->usd_per_million_tokens));
    row.emplace_back(&group == &optimum.groups.front() ? "cheapest" : group.left ? "left: cannot become cheapest" : "");
    table.add(std::move(row));
  }
  return table.to_text();
}

}  // namespace

std::string choices_text(const std::vector<std::string>& choices, const std::vector<std::string>& axes) {
  std::string name;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    name += fmt::format("{}{} {}", name.empty() ? "" : ", ", axes[i], choices[i]);
  }
  return name.empty() ? "the scenario" : name;
}

std::string optimum_text(const Optimum& optimum, const std::vector<std::string>& axes, double limit) {
  std::string text;
  if (optimum.best) {
    const Visit& b = *optimum.best;
    text = ranking(optimum, axes);
    text += fmt::format("\ncheapest within {:g} ms: {}, {} requests a GPU: {:.4f} $ a million tokens, TPOT {:.3f} ms\n",
                        limit, choices_text(b.candidate.choices, axes), b.candidate.batch, b.usd_per_million_tokens,
                        b.tpot_ms);
    for (const auto& warning : b.warnings) text += "warning: " + warning + '\n';
  } else {
    text = fmt::format("no deployment keeps {:g} ms\n", limit);
  }
  bool first = true;
  for (const Group& group : optimum.groups) {
    if (group.best) continue;
    if (std::exchange(first, false)) text += "\nruled out:\n";
    text += fmt::format("  {}: {}\n", choices_text(group.choices, axes), one_line(group.ruled_out, 160));
  }
  return text + fmt::format("\nvisited {} of {} deployments{}\n", optimum.visited.size(), optimum.grid,
                            optimum.as_expected ? "; TPOT and tokens/s/GPU grow with the batch wherever it looked"
                                                : "; where TPOT or tokens/s/GPU fell with the batch, batches all over");
}

namespace {

Json json_of(const std::vector<std::string>& choices, const std::vector<std::string>& axes) {
  Json json = Json::object();
  for (std::size_t i = 0; i < axes.size(); ++i) json[axes[i]] = choices[i];
  return json;
}

Json json_of(const Visit& v, const std::vector<std::string>& axes) {
  Json json = json_of(v.candidate.choices, axes);
  json["requests_per_gpu"] = v.candidate.batch;
  if (!v.error.empty()) {
    json["error"] = v.error;
    return json;
  }
  json["tpot_ms"] = v.tpot_ms;
  json["tokens_per_s_per_gpu"] = v.tokens_per_s_per_gpu;
  json["usd_per_million_tokens"] = v.usd_per_million_tokens;
  json["warnings"] = v.warnings;
  return json;
}

}  // namespace

Json optimum_json(const Optimum& optimum, const std::vector<std::string>& axes, double limit) {
  Json json;
  json["limit_ms"] = limit;
  json["best"] = optimum.best ? json_of(*optimum.best, axes) : Json(nullptr);
  auto& ranked = json["ranking"] = Json::array();
  auto& out = json["ruled_out"] = Json::array();
  for (const Group& group : optimum.groups) {
    if (group.best) {
      ranked.push_back(json_of(*group.best, axes));
    } else {
      out.push_back(json_of(group.choices, axes));
      out.back()["reason"] = group.ruled_out;
    }
  }
  json["visited"] = optimum.visited.size();
  json["grid"] = optimum.grid;
  json["as_expected"] = optimum.as_expected;
  auto& visits = json["visits"] = Json::array();
  for (const auto& v : optimum.visited) visits.push_back(json_of(v, axes));
  json["version"] = version;
  return json;
}

}  // namespace teapot
