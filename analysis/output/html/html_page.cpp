// Puts data, page and charting library into one file.
// Does not know what the data mean.

#include <cstdlib>
#include <optional>

#include "analysis/output/html/html_report.hpp"
#include "analysis/version.hpp"
#include "sim/catalogue.hpp"
#include "sim/config.hpp"
#include "sim/input_file.hpp"

namespace teapot {
namespace {

std::optional<std::string> content_of(const std::string& file) {
  if (!unreadable(file, most_table_bytes).empty()) return std::nullopt;
  return read_input(file, most_table_bytes);
}

std::string part(const std::string& name) {
  const std::string file = home() + "/analysis/output/html/" + name;
  const auto text = content_of(file);
  if (!text) throw ConfigError(file + ": cannot be read; it is a part of every HTML report");
  return *text;
}

/// Chart.js in one file, under the names it has had in Debian 12 and 13 and upstream.
std::string charting_library() {
  for (const char* file :
       {"/usr/share/javascript/chart.js/chart.min.js", "/usr/share/javascript/chart.js/chart.umd.js",
        "/usr/share/nodejs/chart.js/dist/chart.min.js", "/usr/share/nodejs/chart.js/dist/chart.umd.js"}) {
    if (const auto text = content_of(file)) return *text;
  }
  throw ConfigError("--html: no /usr/share/javascript/chart.js/chart.min.js (install Debian's package libjs-chart.js)");
}

std::string replaced(std::string text, const std::string& mark, const std::string& by) {
  const std::size_t found = text.find(mark);
  if (found != std::string::npos) text.replace(found, mark.size(), by);
  return text;
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else {
      result += c;
    }
  }
  return result;
}

/// Nothing inside a script element may look like its end.
std::string inside_script(std::string text) {
  for (std::size_t i = text.find("</"); i != std::string::npos; i = text.find("</", i + 3)) text.replace(i, 2, "<\\/");
  return text;
}

}  // namespace

std::string html_page(const std::string& title, const nlohmann::ordered_json& data) {
  std::string program = part("page.js");
  for (const char* name :
       {"charts.js", "maps.js", "marks.js", "run.js", "sweep.js", "comparison.js", "wishes.js", "serving.js"})
    program += part(name);
  std::string page = part("page.html");
  // What comes from outside goes in last: nothing in it can be taken for a mark.
  page = replaced(page, "@STYLE@", part("page.css"));
  page = replaced(page, "@VERSION@", version);
  page = replaced(page, "@LICENCE@", escaped(part("chart.js.LICENCE")));
  page = replaced(page, "@LIBRARY@", charting_library());
  page = replaced(page, "@PROGRAM@", program);
  page = replaced(page, "@DATA@", inside_script(data.dump()));
  page = replaced(page, "@TITLE@", escaped(title));
  return replaced(page, "@TITLE@", escaped(title));  // in the tab, and on the page
}

}  // namespace teapot
