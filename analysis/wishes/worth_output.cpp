// The table of what wishes are worth, as text and as JSON.
// Does not simulate.

#include <fmt/format.h>

#include "analysis/output/text_table.hpp"
#include "analysis/wishes/worth.hpp"

namespace teapot {
namespace {

using Align = TextTable::Align;
using Json = nlohmann::ordered_json;

std::string shown(const std::optional<double>& value, double by, const char* digits) {
  return value ? fmt::format(fmt::runtime(digits), *value * by) : "-";
}

void add_row(TextTable& lines, const std::string& name, const std::string& says, const Figured& f, double before_ms) {
  lines.add({name, fmt::format("{:.3f}", f.tpot_ms), fmt::format("{:+.1f}%", 100 * (f.tpot_ms / before_ms - 1)),
             fmt::format("{:.0f}", f.tokens_per_s_per_gpu), shown(f.network_usd, 1e-6, "{:.2f}"),
             shown(f.network_W, 1e-3, "{:.1f}"), shown(f.usd_per_million_tokens, 1, "{:.4f}"),
             shown(f.tokens_per_joule, 1, "{:.3f}"), says});
}

TextTable columns(const char* first) {
  return TextTable{{{first},
                    {"TPOT ms", Align::right},
                    {"change", Align::right},
                    {"tokens/s/GPU", Align::right},
                    {"network M$", Align::right},
                    {"network kW", Align::right},
                    {"$/Mtoken", Align::right},
                    {"tokens/J", Align::right},
                    {"what changes"}}};
}

std::string text_of(const char* first, const std::vector<Worth>& rows, const WorthTable& table, bool together) {
  TextTable lines = columns(first);
  const double before_ms = table.before.tpot_ms;
  add_row(lines, "as it is", "", table.before, before_ms);
  for (const Worth& row : rows) {
    if (row.after) add_row(lines, row.name, row.says, *row.after, before_ms);
  }
  const bool all = together && table.together.after;
  if (all) add_row(lines, table.together.name, "the best of each kind, listed below", *table.together.after, before_ms);
  std::string text = lines.to_text();
  if (all) text += "together: " + table.together.says + "\n";
  for (const Worth& row : rows) {
    if (!row.after) text += fmt::format("not here: {}: {}\n", row.name, row.why_not);
  }
  return text;
}

Json json_of(const Worth& row, const Figured& before) {
  const auto known = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  Json json{{"name", row.name}, {"says", row.says}, {"section", row.section}, {"design", row.design}};
  json["tpot_ms_before"] = before.tpot_ms;
  json["tokens_per_s_per_gpu_before"] = before.tokens_per_s_per_gpu;
  json["network_cost_usd_before"] = known(before.network_usd);
  json["power_W_before"] = known(before.network_W);
  json["usd_per_million_tokens_before"] = known(before.usd_per_million_tokens);
  const Figured none;
  const Figured& after = row.after ? *row.after : none;
  const auto figure = [&](double value) { return row.after ? Json(value) : Json(nullptr); };
  json["tokens_per_joule_before"] = known(before.tokens_per_joule);
  json["tpot_ms_after"] = figure(after.tpot_ms);
  json["tokens_per_s_per_gpu_after"] = figure(after.tokens_per_s_per_gpu);
  json["exposed_communication_ms_after"] = figure(after.exposed_ms);
  json["network_cost_usd_after"] = known(after.network_usd);
  json["power_W_after"] = known(after.network_W);
  json["usd_per_million_tokens_after"] = known(after.usd_per_million_tokens);
  json["tokens_per_joule_after"] = known(after.tokens_per_joule);
  if (!row.after) json["why_not"] = row.why_not;
  return json;
}

}  // namespace

std::string worth_text(const WorthTable& table) {
  return table.scenario + ": what each wish to vendors is worth (network: of this deployment's GPUs)\n\n" +
         text_of("wish", table.wishes, table, true) + "\nOther machines, fabrics and software with the same work:\n" +
         text_of("design", table.designs, table, false);
}

nlohmann::ordered_json worth_json(const WorthTable& table) {
  Json rows = Json::array();
  for (const Worth& row : table.wishes) rows.push_back(json_of(row, table.before));
  if (table.together.after) rows.push_back(json_of(table.together, table.before));
  for (const Worth& row : table.designs) rows.push_back(json_of(row, table.before));
  return rows;
}

}  // namespace teapot
