// Several jobs on one fabric: read, placed, and simulated beside one another.

#include "analysis/run/jobs_run.hpp"

#include <doctest/doctest.h>

#include <numeric>

#include "tests/analysis/scenarios.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

/// Two small models on a leaf-spine whose leaves have four times more bandwidth down than up.
const char* two =
    "accelerator: h800\n"
    "fabric: {from: h800-mpft, nodes: 16, kind: leaf-spine, down_ports: 16, up_ports: 4, nvlink_bandwidth: 200 GB/s}\n"
    "decode: {draft_tokens: 0}\n"
    "jobs:\n"
    "  - {name: large, model: {from: deepseek-v2-lite, layers: 6}, deployment: {gpus: 32, requests_per_gpu: 64}}\n"
    "  - {name: small, model: {from: qwen3-30b-a3b, layers: 4}, deployment: {gpus: 16, requests_per_gpu: 8}}\n";

JobsScenario jobs(const std::string& yaml, const std::vector<std::string>& placements = {}) {
  Tree tree = parse_yaml(yaml, "jobs.yaml");
  for (auto& entry : tree.entries) {
    for (std::size_t j = 0; entry.key == "jobs" && j < placements.size(); ++j)
      set_path(entry.value.items[j], "deployment.placement", parse_yaml(placements[j], "jobs.yaml"));
  }
  return read_jobs(tree, "test");
}

std::string complaint(const std::string& yaml, const std::vector<std::string>& placements = {}) {
  try {
    jobs(yaml, placements);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

std::vector<int> numbers(int first, int count) {
  std::vector<int> list(static_cast<std::size_t>(count));
  std::iota(list.begin(), list.end(), first);
  return list;
}

}  // namespace

TEST_CASE("jobs: each gets whole nodes that the jobs before have left") {
  const JobsScenario packed = jobs(two);
  CHECK(packed.jobs[0].nodes == numbers(0, 4));
  CHECK(packed.jobs[1].nodes == numbers(4, 2));
  CHECK(packed.network.ranks() == 48);
  const JobsScenario apart = jobs(two, {"scattered", "packed"});
  CHECK(apart.jobs[0].nodes == std::vector<int>{0, 4, 8, 12});
  CHECK(apart.jobs[1].nodes == std::vector<int>{1, 2});
  CHECK(jobs(two, {"[3, 1, 7, 9]", "random"}).jobs[1].nodes.size() == 2);
}

TEST_CASE("jobs: alone is what `run` says of the same scenario, and no job is faster beside others") {
  for (const auto& placements : std::vector<std::vector<std::string>>{
           {}, {"scattered", "scattered"}, {"[0, 2, 4, 6]", "[1, 3]"}, {"random", "random"}}) {
    const JobsScenario scenario = jobs(two, placements);
    const JobsResult result = run_jobs(scenario);
    double bytes = 0;
    for (std::size_t j = 0; j < 2; ++j) {
      CHECK(result.jobs[j].tpot_alone().value == testing::result(scenario.jobs[j].scenario).tpot.value);
      CHECK(result.jobs[j].step_together.value >= result.jobs[j].step_alone.value * (1 - 1e-9));
      CHECK(result.jobs[j].steps >= 1);
      bytes += result.jobs[j].simulated * result.jobs[j].link_bytes.value;
    }
    CHECK(result.link_bytes.value == doctest::Approx(bytes).epsilon(1e-12));
  }
}

TEST_CASE("jobs: those that share a leaf's way up are slower than alone, those on links of their own are not") {
  const JobsResult apart = run_jobs(jobs(two, {"[0, 1, 2, 3]", "[8, 9]"}));
  CHECK(apart.shared_links == 0);
  for (const JobResult& job : apart.jobs)
    CHECK(job.step_together.value == doctest::Approx(job.step_alone.value).epsilon(1e-14));
  const JobsResult mixed = run_jobs(jobs(two, {"[0, 2, 4, 6]", "[1, 3]"}));
  CHECK(mixed.shared_links > 0);
  double slower = 0;
  for (const JobResult& job : mixed.jobs) slower = std::max(slower, job.step_together / job.step_alone);
  CHECK(slower > 1.001);
}

TEST_CASE("jobs: what cannot be is refused where it stands") {
  CHECK(complaint("jobs: []\n").find("jobs.yaml:1:7: jobs: no job") != std::string::npos);
  CHECK(complaint("jobs: 3\n").find("expected a list") != std::string::npos);
  CHECK(complaint("jobs: [3]\n").find("expected a mapping") != std::string::npos);
  CHECK(complaint("jobs: [{name: a}, {name: a}]\n").find("another job is called \"a\"") != std::string::npos);
  CHECK(complaint("jobs: [{fabric: h800-ft3}]\n").find("is one for all jobs") != std::string::npos);
  CHECK(complaint("jobs: [{nosuch: 3}]\n").find("unknown key \"nosuch\"") != std::string::npos);
  CHECK(complaint("jobs: [{phase: prefill}]\n").find("jobs decode") != std::string::npos);
  CHECK(complaint(two, {"packed", "[3, 4]"}).find("another job has node 3") != std::string::npos);
  CHECK(complaint(std::string{two} + "  - {model: llama-3.1-8b, deployment: {gpus: 96, requests_per_gpu: 4}}\n")
            .find("have left 10") != std::string::npos);
  CHECK_THROWS_WITH_AS(scenario(two), doctest::Contains("several jobs on one fabric are for `run`"), ConfigError);
}
