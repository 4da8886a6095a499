// Serving with simulated steps: at low load a service is its step, and what is interpolated is near what is simulated.

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "analysis/run/run.hpp"
#include "analysis/serving/serving_report.hpp"
#include "analysis/serving/surface.hpp"

using namespace teapot;

namespace {

const char* const scenario_text = R"(
model: qwen3-30b-a3b
accelerator: h100
fabric: h800-mpft
deployment: {gpus: 8, expert_parallel: 8}
decode: {overlap: none}
requests:
  arrivals: {concurrency: 16}
  prompt_tokens: 1000
  output_tokens: 200
  duration: 20 s
)";

ServingScenario serving(const std::string& more = "") {
  return read_serving(parse_yaml(scenario_text + more, "s.yaml"), "test");
}

}  // namespace

TEST_CASE("surface: what is linear in each number is met with the corners and the middle of a cell") {
  Surface surface{{{1, 2, true}, {256, 4, false}}, [](const std::vector<double>& x) { return 2 + x[0] + x[0] * x[1]; }};
  CHECK(surface.at({3, 700}) == doctest::Approx(2 + 3 + 3 * 700.0).epsilon(1e-12));
  CHECK(surface.points() == 5);
  CHECK(surface.errors().size() == 1);
}

TEST_CASE("surface: where it bends there are more points, and it errs little") {
  const auto bent = [](const std::vector<double>& x) {
    return std::max(1.0, std::sqrt(x[0])) + std::max(5.0, x[1] / 100);
  };
  Surface surface{{{1, 2, true}, {1, 4, false}}, bent};
  for (double x = 1; x < 100; x += 3) {
    for (double y = 1; y < 2000; y *= 1.7) CHECK(surface.at({x, y}) == doctest::Approx(bent({x, y})).epsilon(0.03));
  }
  for (const double error : surface.errors()) CHECK(error < 0.02);
}

TEST_CASE("serving: in a closed loop of few requests TPOT is the step that `run` gives for as many in flight") {
  ServingScenario s = serving("serving: {placement: disaggregated, prefill: {gpus: 8, units: 1}}\n");
  const ServingResult result = serve(s, "");
  const ServingReport report = serving_report(s, result);
  Tree tree = parse_yaml(scenario_text, "s.yaml");
  set_path(tree, "deployment.requests_per_gpu", parse_yaml("2", "set"));
  set_path(tree, "deployment.context_tokens", parse_yaml("1100", "set"));
  const Seconds step = run(read_scenario(tree, "run")).timeline.step;
  // Now and then one has ended and the next is not there yet: its step is a little shorter.
  CHECK(report.tpot_ms.p50 == doctest::Approx(step.value * 1e3).epsilon(0.02));
  CHECK(report.finished == static_cast<int>(result.record.requests.size()));
}

TEST_CASE("serving: chunks of prompts beside decoding make tokens wait longer than in a pool of their own") {
  // Not at the 99th percentile: requests of a closed loop keep in step, so that few steps hold chunks, but long ones.
  const auto itl = [](const ServingScenario& s) { return serving_report(s, serve(s, "")).itl_ms.mean; };
  CHECK(itl(serving()) > itl(serving("serving: {placement: disaggregated, prefill: {gpus: 8}}\n")));
}

TEST_CASE("serving: answers of one token have no time per token, and none is printed") {
  ServingScenario s = read_serving(
      parse_yaml("model: {from: llama-3.1-8b, layers: 2}\naccelerator: h100\nfabric: hgx-h100\ndeployment: {gpus: 1}\n"
                 "requests: {arrivals: {constant: 2 /s}, prompt_tokens: 128, output_tokens: 1, duration: 2 s}\n",
                 "s.yaml"),
      "one");
  const ServingResult result = serve(s, "");
  const ServingReport report = serving_report(s, result);
  const auto json = serving_json(s, result, report);
  CHECK(json.at("tpot_ms").is_null());
  CHECK(json.at("itl_ms").is_null());
  CHECK(json.at("ttft_ms").at("p50").get<double>() > 0);
  CHECK(json.dump().find("nan") == std::string::npos);
  const std::string text = serving_text(s, result, report);
  CHECK(text.find("TPOT            none") != std::string::npos);
  CHECK(text.find("nan") == std::string::npos);
}

TEST_CASE("serving: points from the disk give the same figures") {
  const std::string folder = "serving_test_cache";
  std::filesystem::remove_all(folder);
  const ServingScenario s = serving();
  const auto json = [&] {
    const ServingResult result = serve(s, folder);
    return serving_json(s, result, serving_report(s, result)).dump();
  };
  const std::string first = json();
  CHECK(std::filesystem::exists(folder));
  CHECK(json() == first);
  std::filesystem::remove_all(folder);
}

TEST_CASE("serving: what cannot be is said in one line at its place") {
  const auto error = [](const std::string& more) -> std::string {
    try {
      serving(more);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "none";
  };
  CHECK(error("serving: {placement: disaggregated, prefill: {units: 400}}\n").find("its pools have") !=
        std::string::npos);
  CHECK(error("serving: {prefill: {gpus: 8}}\n").find("is a pool of placement: disaggregated") != std::string::npos);
  CHECK(error("serving: {placement: apart}\n").find("serving.placement") != std::string::npos);
  CHECK(error("serving: {unit: 3}\n").find("unit") != std::string::npos);
  CHECK(error("") == "none");
}
