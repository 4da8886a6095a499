// Pages in headless Chromium: no errors, charts with marks, pickers and tables that do something.
// Slower than other tests; skipped, with a line that says so, where there is no Chromium.

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "tests/analysis/output/html_pages.hpp"

using namespace teapot;

namespace {

/// What tests/browser/probe.js saw; nothing where there is no browser.
std::optional<nlohmann::json> probe(std::string page, const std::string& name) {
  std::ostringstream script;
  script << std::ifstream{testing::project_file("tests/browser/probe.js")}.rdbuf();
  page.replace(page.rfind("</body>"), 7, "<script>" + script.str() + "</script></body>");
  const auto file =
      std::filesystem::temp_directory_path() / ("teapot-" + name + "-" + std::to_string(getpid()) + ".html");
  std::ofstream{file, std::ios::binary} << page;
  const std::string command = testing::project_file("tests/browser/dump_dom.sh") + " " + file.string();
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string dom;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) dom.append(buffer, count);
  const int status = pclose(pipe);
  std::filesystem::remove(file);
  if (WEXITSTATUS(status) == 77) {
    MESSAGE("skipped: no Chromium on this machine");
    return std::nullopt;
  }
  const std::string open = "<pre id=\"probe\">";
  const std::size_t from = dom.find(open);
  REQUIRE_MESSAGE(from != std::string::npos, "the page did not run to its end");
  std::string text = dom.substr(from + open.size(), dom.find("</pre>", from) - from - open.size());
  for (const auto& [escape, plain] : {std::pair{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}}) {
    for (std::size_t i = text.find(escape); i != std::string::npos; i = text.find(escape)) {
      text.replace(i, std::string{escape}.size(), plain);
    }
  }
  return nlohmann::json::parse(text);
}

/// `pickers`: at least so many.
void check_page(const nlohmann::json& seen, const std::vector<std::string>& charts, std::size_t pickers) {
  CHECK(seen["errors"].empty());
  for (const auto& name : charts) {
    CAPTURE(name);
    REQUIRE(seen["charts"].contains(name));
    CHECK(seen["charts"][name]["marks"].get<int>() > 0);
    CHECK(seen["charts"][name]["ink"].get<int>() > 1000);  // pixels
  }
  CHECK(seen["pickers"].size() >= pickers);
  for (const auto& picker : seen["pickers"]) {
    CAPTURE(picker.dump());
    CHECK(picker["changed"].get<bool>());
  }
  CHECK(!seen["sorted"].empty());
  for (const auto& table : seen["sorted"]) {
    CHECK(table["rows"].get<int>() > 0);
    CHECK(table["same_cells"].get<bool>());
    CHECK(table["turned"].get<bool>());
  }
}

}  // namespace

TEST_CASE("browser: the page of a run draws all of its charts") {
  const auto seen = probe(testing::run_page(), "run");
  if (!seen) return;
  check_page(*seen, {"waterfall", "gantt", "what if", "critical path", "traffic", "tiers", "topology"}, 1);
}

TEST_CASE("browser: the page of a sweep of 200 points opens within 2 s, and its pickers change the chart") {
  const std::string page = testing::sweep_page(200);
  for (int attempt = 1; attempt <= 3; ++attempt) {  // a busy machine is not the page's fault
    const auto seen = probe(page, "sweep");
    if (!seen) return;
    if ((*seen)["open_ms"].get<int>() > 2000 && attempt < 3) continue;
    CHECK((*seen)["open_ms"].get<int>() <= 2000);
    check_page(*seen, {"sweep"}, 3);
    CHECK((*seen)["charts"]["sweep"]["marks"].get<int>() > 200);  // the points and a front
    return;
  }
}

TEST_CASE(
    "browser: nothing is cut off on a wide, a middling and a narrow window, and a run's page opens with a verdict") {
  for (const char* window : {"1400,3000", "1024,3000", "500,3000"}) {
    CAPTURE(window);
    setenv("WINDOW", window, 1);
    const auto seen = probe(testing::run_page(), "width");
    unsetenv("WINDOW");
    if (!seen) return;
    CHECK((*seen)["errors"].empty());
    CHECK((*seen)["cut_off"] == nlohmann::json::array());
    const auto verdict = (*seen)["verdict"].get<std::string>();
    CHECK(verdict.starts_with("TPOT is "));
    CHECK(verdict.find("Binding: ") != std::string::npos);
  }
}

TEST_CASE("browser: the page of a comparison stacks both results") {
  const auto seen = probe(testing::comparison_page(), "comparison");
  if (!seen) return;
  check_page(*seen, {"breakdown", "figure"}, 1);
}
