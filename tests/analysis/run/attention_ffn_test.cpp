// Attention and feed-forwards on GPUs of their own: what a step takes, what is reported, what is refused.

#include <doctest/doctest.h>

#include <algorithm>

#include "analysis/explain/explanation.hpp"
#include "analysis/run/summary.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

/// 16 GPUs attend, 16 hold experts, on nodes of 8.
Scenario apart(const std::vector<std::string>& sets = {}) {
  return scenario(
      "model: {from: deepseek-v3, layers: 8}\naccelerator: h800\nfabric: h800-mpft\n"
      "deployment: {gpus: 32, attention_gpus: 16, requests_per_gpu: 96, context_tokens: 4096}\n"
      "decode: {overlap: ping-pong-3, routing: {load: balanced}}\n",
      sets);
}

std::string refusal(const std::vector<std::string>& sets) {
  try {
    apart(sets);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return {};
}

bool says(const std::string& text, const char* words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("attention-ffn: a step takes as long as the busier side at least, and its parts make it up on both") {
  for (const char* overlap : {"none", "ping-pong-2", "ping-pong-3", "ping-pong-4"}) {
    CAPTURE(overlap);
    const Report r = result(apart({std::string{"decode.overlap="} + overlap}));
    REQUIRE(r.sides.size() == 2);
    for (const SideTime& side : r.sides) {
      CHECK(side.gpus == 16);
      CHECK(r.step >= side.compute);
      CHECK((side.compute + side.exposed + side.idle).value == doctest::Approx(r.step.value).epsilon(1e-9));
    }
    const Seconds mean = (r.sides[0].compute + r.sides[1].compute) / 2;
    CHECK(mean.value == doctest::Approx(r.compute.value).epsilon(1e-9));
  }
}

TEST_CASE(
    "attention-ffn: one micro-batch goes through attention, over, through experts and back, and nothing else runs") {
  const Scenario s = apart({"decode.overlap=none"});
  const Run r = run(s);
  Seconds sum;
  for (int op = 0; op < r.timeline.operators; ++op) {
    const Operator& o = r.program.operators[static_cast<std::size_t>(op)];
    Seconds from{1e9}, until;
    for (int gpu = 0; gpu < 32; ++gpu) {
      if (!r.timeline.ran(op, gpu)) continue;
      from = std::min(from, r.timeline.start(op, gpu));
      until = std::max(until, r.timeline.end(op, gpu));
    }
    if (o.name != "runtime") sum += until - from;
  }
  CHECK(sum.value == doctest::Approx(r.timeline.step.value).epsilon(1e-9));
}

TEST_CASE("attention-ffn: micro-batches keep both sides at work") {
  const double one = result(apart({"decode.overlap=none"})).step.value;
  const double two = result(apart({"decode.overlap=ping-pong-2"})).step.value;
  CHECK(two < one);
  // A third hides two hops where the batch is large; a small one reads its experts' weights once more for it.
  const double large = result(apart({"deployment.requests_per_gpu=384"})).step.value;
  CHECK(large < result(apart({"deployment.requests_per_gpu=384", "decode.overlap=ping-pong-2"})).step.value);
}

TEST_CASE("attention-ffn: throughput counts all GPUs, and requests are those of GPUs that attend") {
  const Report r = result(apart());
  CHECK(r.tokens_per_s_per_gpu == doctest::Approx(96 * 16 / 32.0 / r.tpot.value));
  const Scenario all = scenario("deployment: {gpus: 32, attention_gpus: 16, concurrency: 1537}");
  CHECK(all.load.requests_per_gpu() == 1537 / 16.0);
}

TEST_CASE("attention-ffn: who waits for the other side to compute is idle, and communicates from when it sends") {
  const Scenario s = apart();
  const Run r = run(s);
  for (int op = 0; op < r.timeline.operators; ++op) {
    const Operator& o = r.program.operators[static_cast<std::size_t>(op)];
    if (o.name != "dispatch" && o.name != "combine") continue;
    const bool there = o.name == "dispatch";
    double first = 1e9;
    for (int gpu = there ? 0 : 16; gpu < (there ? 16 : 32); ++gpu)
      first = std::min(first, r.timeline.start(op, gpu).value);
    for (int gpu = there ? 16 : 0; gpu < (there ? 32 : 16); ++gpu) CHECK(r.timeline.start(op, gpu).value >= first);
  }
}

TEST_CASE("attention-ffn: an explanation accounts for the whole step, and its path crosses from side to side") {
  const Scenario s = apart({"decode.routing.load=uniform"});
  const Run r = run(s, {}, true);
  const Report sums = report(s, r.program, r.timeline);
  const Explanation e = explain(s, r, {false, {}});
  double total = 0;
  for (const auto& part : e.waterfall) total += part.time.value;
  CHECK(total == doctest::Approx(sums.step.value).epsilon(1e-9));
  bool attends = false, others = false;
  double until = 0;
  for (const PathStep& step : e.path) {
    CHECK(step.begin.value == doctest::Approx(until));
    until = step.end.value;
    if (std::holds_alternative<Compute>(r.program.operators[static_cast<std::size_t>(step.op)].work)) {
      (step.rank < 16 ? attends : others) = true;
      // A path that waits nowhere: each computing step is as long as what it computes.
      CHECK(r.timeline.start(step.op, step.rank).value == doctest::Approx(step.begin.value));
    }
  }
  CHECK(attends);
  CHECK(others);
}

TEST_CASE("attention-ffn: pair by pair a step takes about as long") {
  const std::vector<std::string> small{"deployment.gpus=16", "deployment.attention_gpus=8",
                                       "decode.routing.load=uniform"};
  std::vector<std::string> pairs = small;
  pairs.emplace_back("simulation.network=pair");
  CHECK(result(apart(pairs)).step.value == doctest::Approx(result(apart(small)).step.value).epsilon(0.05));
}

TEST_CASE("attention-ffn: the report names both sides, what they do and what they hold") {
  const Scenario s = apart();
  const Run r = run(s);
  const Report sums = report(s, r.program, r.timeline);
  const std::string text = summary_text(s, r, sums);
  CHECK(says(text, "16 GPUs that attend, 16 for feed-forwards"));
  CHECK(says(text, "96 requests a GPU that attends"));
  const auto json = summary_json(s, r, sums);
  REQUIRE(json.at("sides").size() == 2);
  CHECK(json["sides"][0]["runs"] == "attention");
  CHECK(json["sides"][1]["kv_bytes"] == 0);
}

TEST_CASE("attention-ffn: what cannot be joined with it is refused") {
  CHECK(says(refusal({"phase=prefill"}), "deployment.attention_gpus is for decoding"));
  CHECK(says(refusal({"simulation.compute=as-communication"}), "cannot be as-communication"));
  CHECK(says(refusal({"memory.kv.host=0.5"}), "nothing may lie on hosts"));
  CHECK(says(refusal({"decode.routing.copies=routed+shared"}), "see feed_forwards"));
  CHECK(says(refusal({"decode.routing.remote=all"}), "see feed_forwards"));
  CHECK(
      says(refusal({"model.layers=61", "deployment.attention_gpus=31", "decode.overlap=none"}), "feed-forwards need"));
}
