#include <doctest/doctest.h>

#include <set>

#include "tests/workloads/steps.hpp"
#include "workloads/model/kernels.hpp"

using namespace teapot;

namespace {

using Key = std::string;

/// 16 GPUs attend, 8 run feed-forwards, in nodes of 8.
const Key deployed = "{gpus: 24, attention_gpus: 16, requests_per_gpu: 96, context_tokens: 1000";
BuiltStep apart(const Key& more = "", const Key& decode = "{overlap: ping-pong-3}", const Key& model = "deepseek-v3") {
  return {model, deployed + more + "}", decode};
}

double sent(const Collective& work, int from, int beyond) {
  double copies = 0;
  for (int rank = from; rank < beyond; ++rank)
    work.traffic->for_each_receiver(rank, [&](int, double count) { copies += count; });
  return copies;
}

std::string error_of(const Key& deployment, const Key& model = "deepseek-v3") {
  try {
    read_layout(Config::parse(deployment, "d.yaml"), named_model(model));
  } catch (const ConfigError& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("attention-ffn: the GPUs beside those that attend hold all experts, and each stage runs on its side") {
  const BuiltStep step = apart();
  CHECK(step.layout.apart());
  CHECK(step.layout.expert_parallel == 8);
  CHECK(step.layout.expert_groups() == 1);
  CHECK(step.layout.experts_per_rank(step.model) == 256 / 8);
  const std::set<std::string> of_attention{"embedding", "attention-projections", "attention", "gate", "head"};
  const std::set<std::string> of_others{"experts", "shared-expert", "dense-ffn"};
  for (const Operator& op : step.built.operators) {
    CAPTURE(op.name);
    for (int gpu = 0; gpu < 24; ++gpu) {
      if (of_attention.contains(op.name)) CHECK(op.runs_on(gpu) == (gpu < 16));
      if (of_others.contains(op.name)) CHECK(op.runs_on(gpu) == (gpu >= 16));
      if (op.name == "dispatch" || op.name == "combine") CHECK(op.runs_on(gpu));
    }
  }
  CHECK(step.all("experts").size() == 58 * 3);
}

TEST_CASE("attention-ffn: who attends sends each token to its experts, and the same number of states comes back") {
  // 32 requests of a micro-batch on each of 16 GPUs, 8 chosen experts and a shared one: 9 copies of each token.
  for (const Key load : {"balanced", "uniform", "zipf"}) {
    CAPTURE(load);
    const BuiltStep step = apart("", "{overlap: ping-pong-3, routing: {load: " + load + "}}");
    for (const Operator* op : step.all("dispatch")) {
      const auto& work = std::get<Collective>(op->work);
      const bool dense = op->layer < 3;
      CHECK(sent(work, 0, 16) == doctest::Approx(32.0 * 16 * (dense ? 1 : 9)));
      CHECK(sent(work, 16, 24) == 0);
      CHECK(work.traffic->tokens == doctest::Approx(32));
    }
    const Collective& there = step.collective("dispatch");
    const Collective& back = step.collective("combine");
    CHECK(back.traffic == there.traffic);
    CHECK(back.reversed);
    // FP8 with a scale for each 128 values there and 16 bytes that say where from, BF16 back.
    CHECK(there.bytes_per_copy.value == 7168 + 4 * 7168 / 128 + 16);
    CHECK(back.bytes_per_copy.value == 2 * 7168);
    there.traffic->for_each_receiver(0, [&](int to, double) { CHECK(to >= 16); });
  }
}

TEST_CASE("attention-ffn: work on both sides is that of all tokens, whatever the ratio") {
  for (const int attending : {8, 16, 32}) {
    CAPTURE(attending);
    const BuiltStep step{"deepseek-v3",
                         "{gpus: " + std::to_string(attending + 8) + ", attention_gpus: " + std::to_string(attending) +
                             ", requests_per_gpu: 96, context_tokens: 1000}",
                         "{overlap: ping-pong-3}"};
    const double tokens = 32.0 * attending;  // of a micro-batch
    const double routed = 2.0 * 3 * 7168 * 2048 * tokens * 8 / 8;
    const double shared = 2.0 * 3 * 7168 * 2048 * tokens / 8;
    const double dense = 2.0 * 3 * 7168 * 18432 * tokens / 8;
    CHECK(step.compute("experts").flops.value == doctest::Approx(routed).epsilon(0.01));
    CHECK(step.compute("shared-expert").flops.value == doctest::Approx(shared).epsilon(0.01));
    CHECK(step.compute("dense-ffn").flops.value == doctest::Approx(dense).epsilon(0.01));
    const BuiltStep alone{"deepseek-v3", "{gpus: 8, requests_per_gpu: 96, context_tokens: 1000}",
                          "{overlap: ping-pong-3}"};
    CHECK(step.compute("attention").flops.value == alone.compute("attention").flops.value);
  }
}

TEST_CASE("attention-ffn: sampled tokens arrive where experts are, each as often as it chose") {
  const BuiltStep step = apart("", "{overlap: ping-pong-3, routing: {load: uniform}}");
  const BuiltStep balanced = apart();
  for (const Operator* op : step.all("experts")) {
    const auto& work = std::get<Compute>(op->work);
    REQUIRE(work.duration.size() == 24);
    for (int gpu = 0; gpu < 16; ++gpu) CHECK(work.on(gpu) == Seconds{});
    for (int gpu = 16; gpu < 24; ++gpu) CHECK(work.on(gpu) > Seconds{});
  }
  CHECK(step.compute("experts").flops.value == doctest::Approx(balanced.compute("experts").flops.value).epsilon(1e-9));
}

TEST_CASE("attention-ffn: shared experts and dense layers may stay with attention") {
  const BuiltStep step = apart(", feed_forwards: routed");
  CHECK(step.all("dispatch").size() == 58 * 3);
  CHECK(sent(step.collective("dispatch"), 0, 16) == doctest::Approx(32.0 * 16 * 8));
  CHECK(step.all("shared-expert")[0]->runs_on(0));
  CHECK(!step.all("shared-expert")[0]->runs_on(16));
  CHECK(!step.all("dense-ffn")[0]->runs_on(16));
}

TEST_CASE("attention-ffn: copies by node go to one GPU of it first, and are forwarded when they are there") {
  const Key by_node = "{overlap: ping-pong-3, routing: {per: node}}";
  const BuiltStep step{"step-3",
                       "{gpus: 32, attention_gpus: 16, expert_parallel: 2, expert_tensor_parallel: 8, "
                       "requests_per_gpu: 96, context_tokens: 1000, feed_forwards: routed}",
                       by_node};
  // A node has none of a token's 3 experts with the chance C(24, 3) / C(48, 3) = 2024 / 17296.
  const double reached = 1 - 2024.0 / 17296;
  const Collective& there = step.collective("dispatch");
  CHECK(sent(there, 0, 16) == doctest::Approx(32.0 * 16 * 2 * reached));
  CHECK(sent(there, 16, 32) == 0);
  CHECK(there.traffic->copies(3, 16 + 3) == doctest::Approx(32 * reached));
  CHECK(there.traffic->copies(3, 16 + 4) == 0);
  // Each of the 8 GPUs of a node has a part of each of its experts.
  const Collective& within = step.collective("all-gather");
  CHECK(sent(within, 0, 16) == 0);
  CHECK(sent(within, 16, 32) == doctest::Approx(32.0 * 16 * 2 * reached * 7));
  CHECK(within.traffic->copies(16, 24) == 0);
  const Operator& gather = *step.all("all-gather")[0];
  CHECK(!gather.runs_on(15));
  CHECK(gather.runs_on(16));
  CHECK(step.collective("reduce-scatter").reversed);
  // In order: to the node, within it, experts, back within it, back.
  const auto& ops = step.built.operators;
  const auto waits = [&](const Operator& op, const Key& name) {
    return std::any_of(op.after.begin(), op.after.end(),
                       [&](int before) { return ops[static_cast<std::size_t>(before)].name == name; });
  };
  CHECK(waits(gather, "dispatch"));
  CHECK(waits(*step.all("experts")[0], "all-gather"));
  CHECK(waits(*step.all("reduce-scatter")[0], "experts"));
  CHECK(waits(*step.all("combine")[0], "reduce-scatter"));
}

TEST_CASE("attention-ffn: sampled copies by node are as many as by formula, in the mean") {
  const Key place =
      "{gpus: 32, attention_gpus: 16, expert_parallel: 16, requests_per_gpu: 1536, context_tokens: 10, "
      "feed_forwards: routed}";
  const BuiltStep by_formula{"step-3", place, "{overlap: ping-pong-3, routing: {per: node}}"};
  const BuiltStep drawn{"step-3", place, "{overlap: ping-pong-3, routing: {per: node, load: uniform}}"};
  for (const Key name : {"dispatch", "all-gather"}) {
    CAPTURE(name);
    CHECK(sent(drawn.collective(name), 0, 32) ==
          doctest::Approx(sent(by_formula.collective(name), 0, 32)).epsilon(0.03));
  }
}

TEST_CASE("attention-ffn: GPUs that share attention exchange among themselves alone, and send their own tokens on") {
  const BuiltStep step = apart(", tensor_parallel: 4");
  for (const Key name : {"reduce-scatter", "all-gather"}) {
    CAPTURE(name);
    const Operator& op = *step.all(name).at(0);
    CHECK(op.runs_on(15));
    CHECK(!op.runs_on(16));
    const auto& work = std::get<Collective>(op.work);
    CHECK(sent(work, 16, 24) == 0);
    CHECK(work.traffic->copies(0, 3) == doctest::Approx(32));
    CHECK(work.traffic->copies(0, 4) == 0);
  }
  CHECK(sent(step.collective("dispatch"), 0, 1) == doctest::Approx(32));
}

TEST_CASE("attention-ffn: each side holds its own weights, and caches lie where attention is") {
  const BuiltStep step = apart();
  const Bytes here = step.memory().weights;
  const Bytes there = feed_forward_weights(step.model, step.layout, step.execution.precision, false);
  const Bytes expert = matrices(step.execution.precision.weights, 3.0 * 7168 * 2048);
  const Bytes dense = matrices(step.execution.precision.weights, 3.0 * 7168 * 18432);
  CHECK(there.value == doctest::Approx((58 * (32 + 1) * expert + 3 * dense).value));
  const BuiltStep together{"deepseek-v3", "{gpus: 8, requests_per_gpu: 96, context_tokens: 1000}", ""};
  CHECK((here + there).value == doctest::Approx(together.memory().weights.value));
  CHECK(step.memory().kv.value == together.memory().kv.value);
  const BuiltStep routed = apart(", feed_forwards: routed");
  CHECK(feed_forward_weights(routed.model, routed.layout, routed.execution.precision, false).value ==
        doctest::Approx((58 * 32 * expert).value));
  CHECK((routed.memory().weights - here).value == doctest::Approx((58 * expert + 3 * dense).value));
}

TEST_CASE("attention-ffn: a model without experts has its feed-forwards apart too") {
  const BuiltStep step{"llama-3.1-8b", "{gpus: 6, attention_gpus: 4, requests_per_gpu: 12, context_tokens: 100}",
                       "{overlap: ping-pong-2}"};
  CHECK(step.all("dense-ffn").size() == 32 * 2);
  CHECK(sent(step.collective("dispatch"), 0, 4) == doctest::Approx(4 * 6));
  CHECK(step.collective("dispatch").traffic->copies(0, 5) == doctest::Approx(3));
  CHECK(!step.all("dense-ffn")[0]->runs_on(3));
  CHECK(step.all("dense-ffn")[0]->runs_on(5));
}

TEST_CASE("attention-ffn: what does not divide or cannot be is said") {
  CHECK(error_of("{gpus: 24, attention_gpus: 24}").find("must leave some of the 24 GPUs") != Key::npos);
  CHECK(error_of("{gpus: 24, attention_gpus: 16, expert_parallel: 4}").find("must make up the 8 GPUs") != Key::npos);
  CHECK(error_of("{gpus: 24, attention_gpus: 18}").find("do not divide over 6 ranks") != Key::npos);
  CHECK(error_of("{gpus: 24, attention_gpus: 16, tensor_parallel: 3}").find("must divide the 16 GPUs that attend") !=
        Key::npos);
  CHECK(error_of("{gpus: 24, feed_forwards: all}").find("without attention_gpus") != Key::npos);
  CHECK(error_of("{gpus: 6, attention_gpus: 4, feed_forwards: routed}", "llama-3.1-8b").find("no routed experts") !=
        Key::npos);
  CHECK(error_of("{gpus: 6, attention_gpus: 4, pipeline_parallel: 2}", "llama-3.1-8b").find("has no meaning") !=
        Key::npos);
}
