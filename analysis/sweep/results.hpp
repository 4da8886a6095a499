#pragma once
// The results of a sweep as a table: one row a point, axes first, in the order of the sweep.
// A pure function of plan and results: it does not matter who computed them, and in what order.

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/sweep/plan.hpp"

namespace teapot {

using Json = nlohmann::ordered_json;

/// plan.json: name, version, definition, axis columns, and for each point its cells and the keys of its results.
Json plan_json(const SweepPlan& plan);

/// The result of a key, as evaluate() gives it or {"error": ..}; nothing where there is none yet.
using FindResult = std::function<std::optional<Json>(const std::string& key)>;

struct ResultTable {
  std::vector<std::string> axes;        ///< names of the columns of axes
  std::vector<std::string> columns;     ///< of all of them
  std::vector<std::vector<Json>> rows;  ///< finished points; null where a row has no value
  std::vector<Json> details;            ///< for each row what has no column: tpot_band_ms, breakdown_ms, resources
  std::size_t points = 0;               ///< of the plan
  std::size_t failed = 0;               ///< rows that hold an error
  std::size_t missing() const { return points - rows.size(); }

  std::optional<std::size_t> column(const std::string& name) const;
  std::optional<double> number(std::size_t row, const std::string& name) const;
};

ResultTable result_table(const Json& plan, const FindResult& find);

/// RFC 4180 with a header, numbers in full precision, empty cells for null.
std::string to_csv(const ResultTable& table);
/// An array of objects with the names of the columns, and the details.
std::string to_json(const ResultTable& table);

/// Rows that no other row beats in both columns (the first smaller, the second smaller or `larger`), best first.
std::vector<std::size_t> pareto_front(const ResultTable& table, const std::string& x, const std::string& y,
                                      bool larger);

}  // namespace teapot
