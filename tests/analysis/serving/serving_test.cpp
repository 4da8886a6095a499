// Serving with simulated steps: at low load a service is its step, and what is interpolated is near what is simulated.

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "analysis/run/run.hpp"
#include "analysis/serving/fabric_epochs.hpp"
#include "analysis/serving/serving_page.hpp"
#include "analysis/serving/serving_report.hpp"
#include "analysis/serving/surface.hpp"

using namespace teapot;

namespace {

const char* const scenario_text = R"(
model: {from: qwen3-30b-a3b, layers: 8}
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

TEST_CASE("serving: attention and feed-forwards apart, TPOT is the step that `run` gives for as many in flight") {
  const std::string unit = "attention_gpus: 4, expert_parallel: 4";
  ServingScenario s = serving("serving: {placement: attention-ffn, prefill: {gpus: 8}, decode: {" + unit + "}}\n");
  CHECK(s.shape.decode.groups == 4);
  CHECK(s.decode_gpus == 8);
  const ServingResult result = serve(s, "");
  const ServingReport report = serving_report(s, result);
  Tree tree = parse_yaml(scenario_text, "s.yaml");
  const auto put = [&](const char* key, const char* value) { set_path(tree, key, parse_yaml(value, "set")); };
  put("deployment.attention_gpus", "4");
  put("deployment.expert_parallel", "4");
  put("deployment.requests_per_gpu", "4");  // 16 in flight on 4 GPUs that attend
  put("deployment.context_tokens", "1100");
  const Seconds step = run(read_scenario(tree, "run")).timeline.step;
  CHECK(report.tpot_ms.p50 == doctest::Approx(step.value * 1e3).epsilon(0.02));
  CHECK(report.finished == static_cast<int>(result.record.requests.size()));
  // Caches lie on GPUs that attend: these have room beside attention's weights alone.
  CHECK(s.shape.decode.cache_tokens >
        serving("serving: {placement: disaggregated, prefill: {gpus: 8}}\n").shape.decode.cache_tokens);
}

TEST_CASE("serving: without a word on overlap, a step is what `run` chooses for as many requests") {
  const ServingScenario s = read_serving(
      parse_yaml("model: {from: deepseek-v3, layers: 5}\naccelerator: h800\nfabric: {from: h800-mpft, nodes: 4}\n"
                 "deployment: {gpus: 16}\ndecode: {routing: {load: balanced}}\n"
                 "requests: {arrivals: {concurrency: 1024}, prompt_tokens: 100, output_tokens: 100, duration: 1 s}\n"
                 "serving: {placement: disaggregated, prefill: {gpus: 16}}\n",
                 "s.yaml"),
      "auto");
  const SimulatedSteps steps{s.decode, "", {}};
  const auto overlap_of = [](const SimulatedSteps& unit, int requests) {
    StepLoad load;
    load.requests = requests;
    load.context = 150;
    return unit.step(load).execution.overlap;
  };
  CHECK(overlap_of(steps, 31) == "none");
  CHECK(overlap_of(steps, 64) == "dual-micro-batch");
  Tree apart = s.decode.source;
  set_path(apart, "deployment.attention_gpus", parse_yaml("8", "set"));
  const SimulatedSteps sides{read_scenario(apart, "apart"), "", {}};
  CHECK(overlap_of(sides, 31) == "none");
  CHECK(overlap_of(sides, 64) == "ping-pong-3");
  StepLoad mixed;
  mixed.requests = 64;
  mixed.new_tokens = 100;
  mixed.looked_at = 50;
  CHECK(steps.step(mixed).execution.overlap == "none");
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
  CHECK(error("serving: {kv_transfer: by-layer}\n").find("kv_transfer: is of placement: disaggregated") !=
        std::string::npos);
  CHECK(
      error("serving: {placement: attention-ffn, prefill: {gpus: 8}}\n").find("needs serving.decode.attention_gpus") !=
      std::string::npos);
  CHECK(error("serving: {decode: {attention_gpus: 4, expert_parallel: 4}}\n")
            .find("attention_gpus: GPUs for feed-forwards alone are of `placement: attention-ffn`") !=
        std::string::npos);
  CHECK(error("serving: {placement: apart}\n").find("serving.placement") != std::string::npos);
  CHECK(error("serving: {unit: 3}\n").find("unit") != std::string::npos);
  CHECK(error("") == "none");
}

namespace {

/// Two servers whose exchange of tokens nothing hides.
ServingScenario exposed(const std::string& failures) {
  return read_serving(
      parse_yaml("model: {from: qwen3-30b-a3b, layers: 4}\naccelerator: h100\n"
                 "fabric: {from: h800-mpft, nodes: 4}\ndecode: {overlap: none, routing: {load: balanced}}\n"
                 "deployment: {gpus: 16, expert_parallel: 16}\n"
                 "requests: {arrivals: {concurrency: 1024}, prompt_tokens: 200, "
                 "output_tokens: {distribution: uniform, from: 100, to: 700}, "
                 "duration: 12 s, limits: {ttft: 1 s, tpot: 20 ms}}\n"
                 "serving: {placement: disaggregated, prefill: {gpus: 8, expert_parallel: 8}" +
                     failures + "}\n",
                 "s.yaml"),
      "exposed");
}

/// Mean of the decode steps between two times.
double step_ms(const ServingResult& result, double from_s, double to_s) {
  double sum = 0;
  int count = 0;
  for (const ServiceSample& s : result.record.samples) {
    if (s.at_s <= from_s || s.at_s >= to_s || s.decode_step_s == 0) continue;
    sum += s.decode_step_s * 1e3;
    ++count;
  }
  return sum / count;
}

}  // namespace

TEST_CASE("serving: a plane that fails makes decode steps longer until it is mended, and no others") {
  const ServingScenario s = exposed(", failures: [{plane: 3, at: 4 s, until: 8 s}]");
  const ServingResult result = serve(s, "");
  CHECK(step_ms(result, 4.2, 8) > 1.03 * step_ms(result, 2, 4));
  CHECK(step_ms(result, 8.2, 12) == doctest::Approx(step_ms(result, 2, 4)).epsilon(0.01));
  REQUIRE(result.epoch_steps_s.size() == 3);
  CHECK(result.epoch_steps_s[1] > 1.03 * result.epoch_steps_s[0]);
  CHECK(result.epoch_steps_s[2] == result.epoch_steps_s[0]);
  const auto json = serving_json(s, result, serving_report(s, result));
  CHECK(json.at("epochs").at(1).at("failed") == "plane 3");
  CHECK(json.at("epochs").at(1).at("from_s") == 4);
  const auto page = serving_page(s, result, serving_report(s, result), nullptr, nullptr, "");
  CHECK(page.at("failures").at(0).at("until_s") == 8);
  CHECK(page.at("verdict").get<std::string>().find("Failed from 4 s on: plane 3") != std::string::npos);
}

TEST_CASE("serving: a failure after the last step changes nothing that was served") {
  const auto csv = [](const std::string& failures) {
    const ServingResult result = serve(exposed(failures), "");
    return requests_csv(result) + series_csv(result);
  };
  CHECK(csv(", failures: [{plane: 3, at: 2 h}]") == csv(""));
}

TEST_CASE("serving: failures that cut GPUs off are one line that says from when on") {
  std::string error;
  try {
    exposed(
        ", failures: [{plane: 0, at: 1 s}, {plane: 1, at: 2 s}, {plane: 2, at: 2 s}, {plane: 3, at: 2 s}, "
        "{plane: 4, at: 2 s}, {plane: 5, at: 2 s}, {plane: 6, at: 2 s}, {plane: 7, at: 3 s}]");
  } catch (const ConfigError& e) {
    error = e.what();
  }
  CHECK(error.find("serving.failures: from 3 s on nothing can be served: ") != std::string::npos);
  CHECK(error.find("off from") != std::string::npos);
}

TEST_CASE("epochs: failures that overlap add up, and what is mended and breaks at one time changes nothing") {
  const auto epochs = fabric_epochs(read_failures(
      Config::parse("failures: [{plane: 3, at: 1 min, until: 2 min}, {switch: s, at: 90 s}, {plane: 3, at: 2 min, "
                    "until: 3 min}]",
                    "s.yaml")));
  REQUIRE(epochs.size() == 4);
  CHECK(epochs[0].words() == "nothing");
  CHECK(epochs[1].words() == "plane 3");
  CHECK(epochs[1].from_s == 60);
  CHECK(epochs[2].from_s == 90);
  CHECK(epochs[3].words() == "switch s");
  CHECK(epochs[3].from_s == 180);
}
