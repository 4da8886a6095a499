// Clusters to choose from for one service: what is an answer, in which order, and why the others are none.
// Serves a small dense model for a few seconds.

#include "analysis/sweep/service_choice.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "analysis/scenario/scenario.hpp"
#include "tests/analysis/scenarios.hpp"

namespace teapot {
namespace {

const std::string base =
    "model: {from: llama-3.1-8b, layers: 8}\naccelerator: h100\nfabric: hgx-h100\n"
    "requests: {arrivals: {constant: 20 /s}, prompt_tokens: 512, output_tokens: 32, duration: 3 s,\n"
    "           limits: {ttft: 200 ms, tpot: 20 ms}}\nserving: {placement: co-located, decode: {gpus: 1}}\n";

ServiceChoice choice(const std::vector<std::string>& sets, const ServiceGoal& goal = {}) {
  static const CostLists lists = read_cost_lists({});
  PartReader parts;
  Tree tree = parse_yaml(base, "s.yaml");
  for (const auto& set : sets) apply_set(tree, set, set_key);
  return served_choice(tree, sets, goal, lists, parts, "");
}

}  // namespace

TEST_CASE("optimize a service: the cheapest that keeps the limits comes first, the others with what rules them out") {
  const ServiceGoal goal;
  std::vector<ServiceChoice> all;
  for (const char* set : {"serving.decode.units=4", "serving.decode.units=1", "requests.limits.ttft=1 us",
                          "accelerator.memory=1 GB", "serving.decode.units=2"})
    all.push_back(choice({set}));
  rank(all, goal);
  CHECK(all[0].choices[0] == "serving.decode.units=1");
  CHECK(all[1].choices[0] == "serving.decode.units=2");
  CHECK(all[2].choices[0] == "serving.decode.units=4");
  CHECK(all[2].usd == doctest::Approx(4 * all[0].usd).epsilon(1e-12));
  CHECK(all[0].gpus == 1);
  CHECK(all[0].asked.kept() == 1);
  CHECK(all[3].ruled_out.find("0.0% of the requests keep the limits") != std::string::npos);
  CHECK(all[4].ruled_out.find("does not fit") != std::string::npos);
  const std::string text = service_choices_text(all, {"changed"}, goal);
  CHECK(text.find("cheapest that serves the load within the limits: changed serving.decode.units=1") !=
        std::string::npos);
  CHECK(text.find("\nruled out:\n  changed requests.limits.ttft=1 us: ") != std::string::npos);
  const auto json = service_choices_json(all, {"changed"}, goal);
  CHECK(json.at("ranking").size() == 3);
  CHECK(json.at("ruled_out").size() == 2);
  CHECK(json.at("ranking")[0].at("asked").at("kept") == 1);
}

TEST_CASE("optimize a service: twice the units take about twice the load within the limits, and come first") {
  ServiceGoal goal;
  goal.most_load = true;
  std::vector<ServiceChoice> all{choice({"serving.decode.units=1"}, goal), choice({"serving.decode.units=2"}, goal)};
  rank(all, goal);
  CHECK(all[0].choices[0] == "serving.decode.units=2");
  REQUIRE((all[0].most && all[0].most->best && all[1].most && all[1].most->best));
  const double ratio = all[0].most->best->offered / all[1].most->best->offered;
  CHECK(ratio > 1.6);
  CHECK(ratio < 2.4);
  for (const LoadPoint& p : all[1].most->visited) CHECK((p.load > all[1].most->best->load || p.kept() >= 0.99));
  CHECK(service_choices_text(all, {"changed"}, goal).find("most load within the limits") != std::string::npos);
}

TEST_CASE("optimize a service: as many may be late as leave the part that must not be, whatever binary makes of it") {
  CHECK(may_be_late(0.9, 10) == 1);
  CHECK(may_be_late(0.99, 100) == 1);
  CHECK(may_be_late(0.99, 99) == 0);
  CHECK(may_be_late(1, 1000) == 0);
  CHECK(may_be_late(0.5, 1) == 0);
}

TEST_CASE(
    "optimize a service: a cluster too small for the scenario's load has the cost of a token at the load it takes") {
  ServiceGoal goal;
  goal.most_load = true;
  goal.part = 0.9;
  const ServiceChoice c = choice({"serving={placement: disaggregated, prefill: {gpus: 1}, decode: {gpus: 1}}",
                                  "requests.arrivals={constant: 1600 /s}", "requests.duration=1 s"},
                                 goal);
  REQUIRE((c.most && c.most->best));
  CHECK(c.most->best->load < 1);
  CHECK_FALSE(c.asked.gave_up);
  CHECK(std::isfinite(c.usd_per_million_tokens));
  CHECK(c.asked.report.output_tokens_per_s > 0);
}

TEST_CASE("optimize a service: what is late too often is given up, and without limits there is nothing to choose by") {
  const ServiceChoice late = choice(
      {"serving={placement: disaggregated, prefill: {gpus: 1}, decode: {gpus: 1}}", "requests.limits.ttft=1 us"});
  CHECK(late.ruled_out.find("more than 1% of the requests have their first token after 0.001 ms") != std::string::npos);
  CHECK(late.asked.gave_up);
  CHECK(late.asked.report.finished < 60);
  CHECK(choice({"requests.limits={}"}).ruled_out.find("no limits: give --ttft") != std::string::npos);
  Tree tree = parse_yaml(base, "s.yaml");
  CHECK(is_service(tree));
  CHECK_FALSE(is_service(parse_yaml("{requests: {prompt_tokens: 4}}", "s.yaml")));
}

}  // namespace teapot
