// HTML pages: one file, nothing fetched, everything in it.

#include <doctest/doctest.h>

#include "analysis/output/html/html_report.hpp"
#include "analysis/output/html/topology_drawing.hpp"
#include "sim/engine.hpp"
#include "tests/analysis/output/html_pages.hpp"

using namespace teapot;

namespace {

nlohmann::json data_of(const std::string& page) {
  const std::string open = "id=\"data\">";
  const std::size_t from = page.find(open) + open.size();
  return nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
}

}  // namespace

TEST_CASE("html: a run's page holds the figures, the explanation and the inputs, and fetches nothing") {
  const std::string page = testing::run_page();
  CHECK(page.size() < 5'000'000);
  for (const char* fetched : {"src=\"http", "href=\"http", "@import", "url(http"}) {
    CHECK(page.find(fetched) == std::string::npos);
  }
  CHECK(page.find("Permission is hereby granted") != std::string::npos);  // Chart.js' licence
  const auto data = data_of(page);
  CHECK(data["kind"] == "run");
  double sum = 0;
  for (const auto& part : data["explanation"]["waterfall"]) sum += part["time_ms"].get<double>();
  CHECK(sum == doctest::Approx(data["summary"]["step_ms"].get<double>()).epsilon(1e-9));
  CHECK(data["gantt"]["gpus"][0]["operators"].size() > 100);
  CHECK(data["inputs"].get<std::string>().find("expert_parallel: 16") != std::string::npos);
}

TEST_CASE("html: the heat map's bytes are those of the traffic matrices") {
  const Scenario s = testing::small_scenario();
  const Program program = step_program(s);
  double bytes = 0;
  for (const auto& op : program.operators) {
    if (const auto* c = std::get_if<Collective>(&op.work)) bytes += c->traffic->total() * c->bytes_per_copy.value;
  }
  double drawn = 0;
  const auto data = data_of(testing::run_page());
  for (const auto& cell : data["heat"]["bytes"]) drawn += cell.get<double>();
  CHECK(drawn == doctest::Approx(bytes).epsilon(1e-5));  // cells have six digits
}

TEST_CASE("html: what each GPU does adds up to the step, and what all send is what all receive") {
  const auto data = data_of(testing::run_page());
  const auto& gpus = data["gpus"];
  REQUIRE(gpus["computing_ms"].size() == 16);
  double sent = 0;
  double received = 0;
  double computing = 0;
  for (std::size_t r = 0; r < 16; ++r) {
    const double sum =
        gpus["computing_ms"][r].get<double>() + gpus["exposed_ms"][r].get<double>() + gpus["idle_ms"][r].get<double>();
    CHECK(sum == doctest::Approx(data["summary"]["step_ms"].get<double>()).epsilon(1e-5));  // six digits
    sent += gpus["sent_bytes"][r].get<double>();
    received += gpus["received_bytes"][r].get<double>();
    computing += gpus["computing_ms"][r].get<double>() / 16;
  }
  CHECK(sent > 0);
  CHECK(sent == doctest::Approx(received).epsilon(1e-5));
  CHECK(computing == doctest::Approx(data["summary"]["compute_ms"].get<double>()).epsilon(1e-5));
}

TEST_CASE("html: a drawn line carries what its links carry") {
  const Scenario s = testing::small_scenario();
  const Timeline timeline = simulate(step_program(s), s.network);
  double carried = 0;
  for (const auto& link : timeline.links) carried += link.bytes.value;
  double drawn = 0;
  for (const auto& edge : draw(s.network, timeline).edges) drawn += edge.bytes.value;
  CHECK(drawn == doctest::Approx(carried).epsilon(1e-12));  // 16 GPUs are drawn node by node
}

TEST_CASE("html: a page of a comparison holds the inputs that differ") {
  const nlohmann::ordered_json compared{{"differences", {{{"key", "fabric.nodes"}, {"values", {"8", "16"}}}}}};
  const nlohmann::ordered_json result{{"scenario", "a"}, {"tpot_ms", 1.0}};
  CHECK(data_of(html_comparison({result, result}, compared))["compared"]["differences"][0]["key"] == "fabric.nodes");
}

TEST_CASE("html: text of the user cannot end the page's script or become markup") {
  nlohmann::ordered_json result{{"scenario", "</script><b>x"}, {"tpot_ms", 1.0}};
  const std::string page = html_comparison({result, result});
  CHECK(page.find("</script><b>x") == std::string::npos);
  CHECK(data_of(page)["results"][0]["scenario"] == "</script><b>x");
}

TEST_CASE("html: a sweep of 200 points is at most 5 MB, nested figures are columns and arrays are left out") {
  const std::string page = testing::sweep_page(200);
  CHECK(page.size() < 5'000'000);
  const auto data = data_of(page);
  REQUIRE(data["points"].size() == 200);
  CHECK(data["points"][7].contains("breakdown_ms.attention"));
  CHECK(!data["points"][7].contains("resources"));
}

TEST_CASE("html: a small network is drawn node by node, in layers from the GPUs up") {
  const Scenario s = testing::small_scenario();
  const Timeline timeline = simulate(step_program(s), s.network);
  const Drawing drawing = draw(s.network, timeline);
  REQUIRE(!drawing.nodes.empty());
  for (const auto& node : drawing.nodes) {
    if (node.role == "gpu" || node.role == "domain") CHECK(node.level == 0);
    CHECK(node.x > 0);
    CHECK(node.x < 1);
  }
  for (const auto& edge : drawing.edges) {
    CHECK(edge.a != edge.b);
    CHECK(std::abs(drawing.nodes[static_cast<std::size_t>(edge.a)].level -
                   drawing.nodes[static_cast<std::size_t>(edge.b)].level) <= 1);
  }
}
