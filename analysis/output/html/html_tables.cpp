// Sweeps and comparisons: results as they are, for their pages.
// Does not draw.

#include "analysis/output/html/html_report.hpp"

namespace teapot {
namespace {

using Json = nlohmann::ordered_json;

/// Objects inside objects as key.key; arrays are left out.
void flatten(const Json& value, const std::string& prefix, Json& row) {
  for (const auto& [key, inner] : value.items()) {
    const std::string name = prefix.empty() ? key : prefix + "." + key;
    if (inner.is_object()) {
      flatten(inner, name, row);
    } else if (!inner.is_array()) {
      row[name] = inner;
    }
  }
}

}  // namespace

std::string html_sweep(const std::string& title, const nlohmann::ordered_json& points, const std::string& inputs) {
  Json data{{"kind", "sweep"}};
  auto& rows = data["points"] = Json::array();
  for (const auto& point : points) {
    Json row = Json::object();
    flatten(point, "", row);
    rows.push_back(std::move(row));
  }
  data["inputs"] = inputs;
  return html_page("teapot: " + title, data);
}

std::string html_comparison(const std::vector<nlohmann::ordered_json>& results,
                            const nlohmann::ordered_json& compared) {
  Json data{{"kind", "comparison"}};
  data["results"] = results;
  data["compared"] = compared;
  std::string title = "teapot:";
  for (const auto& result : results) {
    const std::string name = result.value("scenario", "");
    title += (title.ends_with(':') ? " " : " | ") + name;
  }
  return html_page(title, data);
}

std::string html_wishes(const std::string& scenario, const nlohmann::ordered_json& rows) {
  return html_page("teapot: what if, " + scenario, {{"kind", "wishes"}, {"rows", rows}});
}

}  // namespace teapot
