// Replicas: when one is simulated for all, and that its figures are theirs.

#include <doctest/doctest.h>

#include "tests/analysis/scenarios.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

const std::string base =
    "{model: deepseek-v2-lite, accelerator: h800, fabric: {from: h800-mpft, nodes: 8}, deployment: {gpus: 64, "
    "expert_parallel: 16, requests_per_gpu: 16}, decode: {overlap: none, routing: {load: balanced}}}";

Seconds step(const std::vector<std::string>& sets) { return run(scenario(base, sets)).timeline.step; }

/// When each replica is done, where all are simulated.
std::vector<double> ends_s(const Scenario& s) {
  const Timeline t = run(s).timeline;
  std::vector<double> ends(static_cast<std::size_t>(s.replicas.count));
  for (int op = 0; op < t.operators; ++op) {
    for (int rank = 0; rank < t.ranks; ++rank) {
      double& end = ends[static_cast<std::size_t>(rank / s.replicas.gpus)];
      if (t.ran(op, rank)) end = std::max(end, t.end(op, rank).value);
    }
  }
  return ends;
}

}  // namespace

TEST_CASE("replicas: one has the step of all to the last digit, where nothing is drawn") {
  for (const char* tp : {"1", "2"}) {
    const std::vector<std::string> sets{std::string{"deployment.tensor_parallel="} + tp};
    const Scenario one = scenario(base, sets);
    CHECK(one.replicas.count == 4);
    CHECK(one.replicas.simulated == 1);
    CHECK(one.layout.gpus == 16);
    CHECK(one.gpus() == 64);
    std::vector<std::string> all = sets;
    all.emplace_back("simulation.replicas=all");
    CHECK(scenario(base, all).replicas.simulated == 4);
    CHECK(run(one).timeline.step.value == doctest::Approx(step(all).value).epsilon(1e-12));
  }
}

TEST_CASE("replicas: attention groups that no expert group divides belong to one replica") {
  const auto gpus = [](const std::string& deployment) {
    return scenario("{model: deepseek-v2-lite, fabric: {from: h800-mpft, nodes: 8}, deployment: " + deployment + "}")
        .replicas.gpus;
  };
  CHECK(gpus("{gpus: 64, expert_parallel: 16, tensor_parallel: 4, expert_tensor_parallel: 1, requests_per_gpu: 4}") ==
        16);
  CHECK(gpus("{gpus: 64, expert_parallel: 2, tensor_parallel: 8, expert_tensor_parallel: 1, requests_per_gpu: 4}") ==
        8);
  CHECK(gpus("{gpus: 64, expert_parallel: 64}") == 64);
  CHECK(scenario("{model: llama-3.1-8b, fabric: {from: h800-mpft, nodes: 8}, deployment: {gpus: 64, tensor_parallel: "
                 "2, pipeline_parallel: 2}}")
            .replicas.gpus == 4);
}

TEST_CASE("replicas: all are simulated where links are shared, networks differ or requests do, and it is said") {
  const auto why = [](const std::vector<std::string>& sets) {
    const Scenario s = scenario(base, sets);
    CHECK(s.replicas.simulated == s.replicas.count);
    CHECK(s.layout.gpus == 64);
    return s.replicas.why;
  };
  // A node and a half under each leaf: replicas of two nodes climb to the spines from different places.
  CHECK(why({"fabric={kind: leaf-spine, nodes: 8, gpus_per_node: 8, down_ports: 12, up_ports: 4, nics_per_gpu: 1, "
             "gpus_per_nic: 1, nvlink_bandwidth: 200 GB/s, nic_bandwidth: 400 Gbps}"}) ==
        "their networks are not alike");
  CHECK(why({"fabric.degrade=[{nic: nic-5-0, bandwidth: 0.5}]"}) == "their networks are not alike");
  CHECK(why({"deployment.context_tokens={distribution: uniform, from: 100, to: 200}"}) == "their requests differ");
  CHECK(why({"deployment.requests_per_gpu=[1, 2, 3, 4, 5, 6, 7]"}) == "their requests differ");
}

TEST_CASE("replicas: that draw their own tokens are alike in the mean; one of them is as good as any") {
  double one = 0, mean = 0, slowest = 0;
  const int seeds = 6;
  for (int seed = 1; seed <= seeds; ++seed) {
    std::vector<std::string> sets{"decode.routing.load=power-law", "simulation.seed=" + std::to_string(seed)};
    one += step(sets).value;
    sets.emplace_back("simulation.replicas=all");
    const auto ends = ends_s(scenario(base, sets));
    for (const double end : ends) mean += end / static_cast<double>(ends.size());
    slowest += *std::max_element(ends.begin(), ends.end());
  }
  CHECK(one == doctest::Approx(mean).epsilon(0.01));
  CHECK(slowest >= mean);
  CHECK(slowest <= 1.1 * mean);
}
