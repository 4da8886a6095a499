// Caches beside decode steps: what they take from one another, and who goes first.

#include <doctest/doctest.h>

#include "analysis/run/run.hpp"
#include "analysis/serving/contended_steps.hpp"
#include "analysis/serving/serving.hpp"

using namespace teapot;

namespace {

/// Two servers decode, one sends; nothing hides the exchange of tokens.
ServingScenario two_pools(const std::string& more = "") {
  return read_serving(
      parse_yaml("model: {from: qwen3-30b-a3b, layers: 4}\naccelerator: h100\nfabric: {from: h800-mpft, nodes: 3}\n"
                 "decode: {overlap: none, routing: {load: balanced}}\ndeployment: {gpus: 16, expert_parallel: 16}\n"
                 "requests: {arrivals: {poisson: 100 /s}, prompt_tokens: 4096, output_tokens: 200, duration: 2 s}\n"
                 "serving: {placement: disaggregated, prefill: {gpus: 8, expert_parallel: 8}}\n" +
                     more,
                 "s.yaml"),
      "pools");
}

Contention with_caches(const ServingScenario& s, int caches) {
  StepLoad load;
  load.requests = 128;
  load.context = 1000;
  const SimulatedSteps steps{s.decode, "", load};
  return contention(steps.step(load), *s.streams, 1000, caches);
}

}  // namespace

TEST_CASE("contended steps: without caches a step takes what it takes on the pool's own network") {
  const ServingScenario s = two_pools();
  StepLoad load;
  load.requests = 32;
  load.context = 1000;
  SimulatedSteps steps{s.decode, "", load};
  const Scenario step = steps.step(load);
  const double own = steps.simulated(load);
  CHECK(simulate(step_program(step), s.streams->network).step.value == doctest::Approx(own).epsilon(1e-9));
}

TEST_CASE("contended steps: neither takes longer than if all bytes of both passed one after the other") {
  const ServingScenario s = two_pools();
  StepLoad load;
  load.requests = 128;
  load.context = 1000;
  SimulatedSteps steps{s.decode, "", load};
  const double alone = s.move_cache(1000);
  const Contention one = with_caches(s, 1);
  CHECK(one.step > 1.001);
  CHECK(one.step <= 1 + alone / steps.simulated(load) + 1e-9);
  CHECK(one.cache > 1.001);
  const Contention many = with_caches(s, 8);
  CHECK(many.step >= one.step - 1e-9);
}

TEST_CASE("contended steps: on a link the traffic of the higher priority does not notice the other") {
  const Contention experts_first = with_caches(two_pools("traffic: {experts: {priority: high}}\n"), 1);
  CHECK(experts_first.step == doctest::Approx(1).epsilon(1e-9));
  const Contention equal = with_caches(two_pools(), 1);
  // Links are never idle while they have bytes: what comes last has all of both before it, whoever goes first.
  CHECK(experts_first.cache >= equal.cache - 1e-9);
  const Contention caches_first = with_caches(two_pools("traffic: {kv: {priority: high}}\n"), 1);
  CHECK(caches_first.cache == doctest::Approx(1).epsilon(1e-9));
  CHECK(caches_first.step > equal.step);
  const Contention less = with_caches(two_pools("traffic: {kv: {weight: 0.1}}\n"), 1);
  CHECK(less.step < equal.step);
  CHECK(less.cache >= equal.cache - 1e-9);
}

TEST_CASE("contended steps: a service says what caches add to the first token and take from the others") {
  const ServingScenario s = two_pools();
  const ServingResult result = serve(s, "");
  const TransferFacts& t = result.transfer;
  CHECK(t.slowdown() > 1);
  CHECK(t.shared_s >= t.alone_s);
  // Without parts sent ahead, all of the way is accounted for.
  CHECK(result.record.moved_s == doctest::Approx(t.shared_s + result.record.behind_s).epsilon(1e-9));
  const ServingResult first = serve(two_pools("traffic: {experts: {priority: high}}\n"), "");
  CHECK(first.transfer.slowdown() == doctest::Approx(1).epsilon(1e-9));
}
