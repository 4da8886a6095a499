// What an explanation claims is true when it is tried.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "analysis/explain/explanation.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;

namespace {

std::vector<std::string> examples() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{testing::project_file("examples")}) {
    if (entry.path().extension() != ".yaml") continue;
    const Tree tree = load_yaml(entry.path().string());
    if (tree.find("deployment") != nullptr && tree.find("sweep") == nullptr && tree.find("requests") == nullptr &&
        tree.find("training") == nullptr)
      names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Seconds step_of(const Scenario& s) { return run(s).timeline.step; }

}  // namespace

TEST_CASE("what-if: more of the binding resource lowers TPOT, 10% more of a slack one changes it by less than 1%") {
  for (const auto& name : examples()) {
    Scenario s = testing::example(name);
    if (s.layout.gpus > 512) continue;  // minutes
    // More layers of the same kinds bind by the same resource.
    if (s.layout.pipeline_parallel == 1 && s.model.layers.size() > 20) s.model.layers.resize(20);
    CAPTURE(name);
    const Run r = run(s);
    const Explanation e = explain(s, r);
    const WhatIf* first = binding(e.what_if);
    REQUIRE(first != nullptr);
    CAPTURE(first->resource.name);
    CHECK(step_of(faster(s, first->resource.name, 1.1)) < r.timeline.step);
    CHECK(!e.what_if.empty());
    for (const auto& answer : e.what_if) {
      CAPTURE(answer.resource.name);
      CHECK(answer.infinite <= r.timeline.step * (1 + 1e-9));
      CHECK(first->gain >= answer.gain);
      // What was not simulated, because even an infinite one changes less, is simulated here.
      if (!answer.slack || answer.raised != answer.infinite) continue;
      const Seconds raised = step_of(faster(s, answer.resource.name, 1.1));
      CHECK(std::abs(raised / r.timeline.step - 1) < 0.01);
    }
  }
}

TEST_CASE("what-if: a faster resource is what a user gets who writes it into the scenario") {
  const std::vector<std::string> sets{"deployment.gpus=32", "deployment.expert_parallel=32",
                                      "accelerator={from: h800, memory: 200 GiB}"};
  const Scenario s = testing::example("deepseek-v3-h800", sets);
  const auto written = [&](const std::string& change) {
    auto more = sets;
    more.push_back(change);
    return step_of(testing::example("deepseek-v3-h800", more)).value;
  };
  const double bandwidth = s.accelerator.memory_bandwidth.value * 1.1 / 1e9;
  CHECK(step_of(faster(s, "memory", 1.1)).value ==
        doctest::Approx(written("accelerator.memory_bandwidth=" + std::to_string(bandwidth) + " GB/s")).epsilon(1e-9));
  const double launch = s.accelerator.launch.value * 1e9 / 2;
  const Scenario twice = faster(s, "launches", 2);
  CHECK(twice.accelerator.launch.value * 1e9 == doctest::Approx(launch).epsilon(1e-12));
  const Scenario nic = faster(s, "nic", 2);
  for (std::size_t l = 0; l < s.network.links.size(); ++l) {
    const double factor = s.network.links[l].tier == "nic" ? 2 : 1;
    CHECK(nic.network.links[l].bandwidth.value == s.network.links[l].bandwidth.value * factor);
  }
}

TEST_CASE("what-if: a factor of one changes nothing, for every resource") {
  const Scenario s = testing::example("deepseek-v3-h800", {"deployment.gpus=16", "deployment.expert_parallel=16",
                                                           "accelerator={from: h800, memory: 400 GiB}"});
  const Seconds step = step_of(s);
  std::vector<std::string> names{"communication SMs"};  // which this scenario does not have
  for (const auto& resource : resources(s, step_program(s), {"nic", "nvlink", "pcie"})) names.push_back(resource.name);
  CHECK(names.size() > 10);
  for (const auto& name : names) {
    CAPTURE(name);
    CHECK(step_of(faster(s, name, 1)).value == doctest::Approx(step.value).epsilon(1e-12));
  }
}

TEST_CASE("explanation: the JSON's waterfall is the step, and the text names the binding resource") {
  const Scenario s = testing::example("deepseek-v3-h800", {"deployment.gpus=16", "deployment.expert_parallel=16",
                                                           "accelerator={from: h800, memory: 400 GiB}"});
  const Run r = run(s);
  const Explanation e = explain(s, r);
  const auto json = explanation_json(e, s, r);
  double sum = 0;
  for (const auto& part : json["waterfall"]) sum += part["time_ms"].get<double>();
  CHECK(sum == doctest::Approx(json["step_ms"].get<double>()).epsilon(1e-9));
  const std::string text = explanation_text(e, s, r);
  CHECK(text.find("binding: " + json["binding"].get<std::string>()) != std::string::npos);
  for (const auto& part : explanation_parts()) CHECK(!explanation_text(e, s, r, part).empty());
}
