#pragma once
// A run, a sweep or a comparison as one HTML file that opens without a network: charts, tables that sort, the inputs.
// Decides nothing about where it is written.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/explain/explanation.hpp"
#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/scenario/scenario.hpp"

namespace teapot {

/// Each throws ConfigError where the charting library (Debian's libjs-chart.js) or the page's own parts are missing.
/// `cost`: usd_per_gpu, usd_per_million_tokens and so on, as add_cost names them; an empty object where nothing is
/// priced.
std::string html_report(const Scenario& scenario, const Run& run, const Report& report, const Explanation& explanation,
                        const nlohmann::ordered_json& cost = nlohmann::ordered_json::object());
/// `points`: an array with one object a point. Objects inside are shown as key.key, arrays are left out; a number or a
/// text is a column, numbers can be axes. `inputs` is the sweep as written (YAML).
std::string html_sweep(const std::string& title, const nlohmann::ordered_json& points, const std::string& inputs);
/// `results`: objects as summary_json makes them, the first one is what the others are compared with. `compared`: which
/// inputs are not the same, as comparison_json says it.
std::string html_comparison(const std::vector<nlohmann::ordered_json>& results,
                            const nlohmann::ordered_json& compared = nlohmann::ordered_json::object());

/// `rows`: objects with name, design, tpot_ms_before, tpot_ms_after and so on, as worth_json makes them.
std::string html_wishes(const std::string& scenario, const nlohmann::ordered_json& rows);

/// The page around `data`, an object whose "kind" the page's program knows: run, sweep, comparison, wishes or serving.
std::string html_page(const std::string& title, const nlohmann::ordered_json& data);

}  // namespace teapot
