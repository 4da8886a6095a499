// Decode step: sizes, order and conservation of what a step computes and sends.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "tests/workloads/steps.hpp"

using namespace teapot;

namespace {

struct V3Step : BuiltStep {
  V3Step(const std::string& deployment, const std::string& decode, std::uint64_t seed = 1)
      : BuiltStep("deepseek-v3", deployment, decode, seed) {}
  std::vector<const Operator*> named(const std::string& name) const { return all(name); }
};

const Collective& collective(const Operator* op) { return std::get<Collective>(op->work); }
const Compute& compute(const Operator* op) { return std::get<Compute>(op->work); }

}  // namespace

TEST_CASE("decode step: DeepSeek-V3 has a gate, a dispatch and a combine for each of 58 layers and 2 micro-batches") {
  const V3Step step{"{gpus: 16, redundant_experts: 0}", "{}"};
  for (const char* name : {"gate", "dispatch", "experts", "shared-expert", "combine"}) {
    CHECK(step.named(name).size() == 58 * 2);
  }
  CHECK(step.named("dense-ffn").size() == 3 * 2);
  CHECK(step.named("attention").size() == 61 * 2);
  CHECK(step.named("head").size() == 1);
  CHECK(step.named("dispatch").front()->stream == 1);
}

TEST_CASE("decode step: dual micro-batches follow the published order of one layer") {
  const V3Step step{"{gpus: 16}", "{}"};
  std::vector<std::string> order;
  for (const Operator& op : step.built.operators) {
    if (op.layer == 10 || (op.layer == 11 && op.micro_batch == 0)) {
      order.push_back(op.name + "(" + std::to_string(op.micro_batch) + ")" + (op.layer == 11 ? "'" : ""));
    }
    if (order.size() == 17) break;
  }
  // Attention of micro-batch 0 in layer 10 was issued during layer 9.
  const std::vector<std::string> published = {"attention-projections(0)",
                                              "attention(0)",
                                              "gate(0)",
                                              "dispatch(0)",
                                              "shared-expert(0)",
                                              "attention-projections(1)",
                                              "experts(0)",
                                              "combine(0)",
                                              "attention(1)",
                                              "gate(1)",
                                              "dispatch(1)",
                                              "shared-expert(1)",
                                              "attention-projections(0)'",
                                              "experts(1)",
                                              "combine(1)",
                                              "attention(0)'",
                                              "gate(0)'"};
  CHECK(order == published);
}

TEST_CASE("decode step: each operator waits only for earlier ones, and each stage for what it needs") {
  for (const char* overlap : {"{overlap: none}", "{overlap: dual-micro-batch, draft_tokens: 1}"}) {
    const V3Step step{"{gpus: 16}", overlap};
    std::map<std::tuple<std::string, int, int>, int> index;
    for (int i = 0; i < static_cast<int>(step.built.operators.size()); ++i) {
      const Operator& op = step.built.operators[static_cast<std::size_t>(i)];
      for (const int before : op.after) CHECK(before < i);
      index[{op.name, op.layer, op.micro_batch}] = i;
    }
    const auto waits = [&](const char* name, const char* before) {
      const auto& after = step.built.operators[static_cast<std::size_t>(index.at({name, 20, 0}))].after;
      return std::count(after.begin(), after.end(), index.at({before, 20, 0})) == 1;
    };
    CHECK(waits("dispatch", "gate"));
    CHECK(waits("experts", "dispatch"));
    CHECK(waits("combine", "experts"));
    const auto& next = step.built.operators[static_cast<std::size_t>(index.at({"attention-projections", 21, 0}))];
    CHECK(std::count(next.after.begin(), next.after.end(), index.at({"combine", 20, 0})) == 1);
  }
}

TEST_CASE("decode step: without overlap each stage waits for the one before it, on whatever stream") {
  const V3Step step{"{gpus: 16}", "{overlap: none}"};
  for (int i = 1; i < static_cast<int>(step.built.operators.size()); ++i) {
    const auto& after = step.built.operators[static_cast<std::size_t>(i)].after;
    CHECK(std::count(after.begin(), after.end(), i - 1) == 1);
  }
}

TEST_CASE(
    "decode step: with a single batch tokens travel beside the shared expert, and results beside their last product") {
  const V3Step step{"{gpus: 16}", "{overlap: single-batch}"};
  const V3Step serial{"{gpus: 16}", "{overlap: none}"};
  const auto at = [&](const char* name, int layer) {
    const auto& ops = step.built.operators;
    const auto found =
        std::find_if(ops.begin(), ops.end(), [&](const Operator& op) { return op.name == name && op.layer == layer; });
    REQUIRE(found != ops.end());
    return static_cast<int>(found - ops.begin());
  };
  const auto after = [&](const char* name, int layer) {
    return step.built.operators[static_cast<std::size_t>(at(name, layer))].after;
  };
  const std::vector<int> experts{at("experts", 20)};
  CHECK(after("shared-expert", 20) == std::vector<int>{at("gate", 20)});
  CHECK(after("combine", 20) == experts);
  CHECK(after("experts-down", 20) == experts);
  const std::vector<int> next = after("attention-projections", 21);
  for (const char* name : {"shared-expert", "combine", "experts-down"})
    CHECK(std::count(next.begin(), next.end(), at(name, 20)) == 1);
  // Both halves together are the work of the whole.
  const auto work = [](const V3Step& of, const char* name) { return compute(of.named(name)[0]); };
  const Compute whole = work(serial, "experts");
  const Compute up = work(step, "experts");
  const Compute down = work(step, "experts-down");
  CHECK(up.flops.value + down.flops.value == doctest::Approx(whole.flops.value));
  CHECK(up.bytes.value + down.bytes.value == doctest::Approx(whole.bytes.value));
  CHECK(up.on(0).value + down.on(0).value == doctest::Approx(whole.on(0).value));
  CHECK(down.flops.value == doctest::Approx(whole.flops.value / 3).epsilon(0.001));  // of gate, up and down
}

TEST_CASE("decode step: experts that the host computes send their results when all is computed") {
  V3Step step{"{gpus: 16}", "{overlap: single-batch}"};
  step.execution.offload.experts = 0.5;
  step.execution.offload.experts_missed = 0.5;
  step.execution.offload.experts_run = Offload::Run::streamed;
  Machine machine = plain_machine(16);
  machine.host.passive = {0, 1};
  for (int rank = 0; rank < 16; ++rank) machine.host.of_rank.push_back(rank / 8);
  for (const Operator& op : step.program(machine).operators) CHECK(op.name != "experts-down");
}

TEST_CASE("decode step: a combine sends back exactly the copies of its dispatch") {
  for (const char* load : {"balanced", "uniform"}) {
    const V3Step step{"{gpus: 64, requests_per_gpu: 32}", (std::string{"{routing: {load: "} + load + "}}").c_str()};
    const auto dispatches = step.named("dispatch");
    const auto combines = step.named("combine");
    REQUIRE(dispatches.size() == combines.size());
    for (std::size_t i = 0; i < dispatches.size(); ++i) {
      CHECK(collective(dispatches[i]).traffic == collective(combines[i]).traffic);
      CHECK_FALSE(collective(dispatches[i]).reversed);
      CHECK(collective(combines[i]).reversed);
    }
  }
}

TEST_CASE("decode step: balanced dispatch sends top-k copies of each token, less those that stay, in DeepEP's bytes") {
  const V3Step step{"{gpus: 128, requests_per_gpu: 256}", "{}"};
  const Collective& dispatch = collective(step.named("dispatch").front());
  // 128 tokens, 8 copies each, 127 of 128 GPUs are others.
  CHECK(dispatch.traffic->total() == doctest::Approx(128.0 * 128 * 8 * 127 / 128).epsilon(1e-12));
  CHECK(dispatch.bytes_per_copy.value == 7168 + 56 * 4 + 16);
  CHECK(collective(step.named("combine").front()).bytes_per_copy.value == 7168 * 2);
}

TEST_CASE("decode step: experts that get no token cost no weights, and each active one is read once") {
  const V3Step step{"{gpus: 64, requests_per_gpu: 2}", "{overlap: none}"};
  // 64 GPUs x 2 tokens x 8 choices over 64 GPUs with 4 experts each: 16 tokens, 4 active experts.
  const double width = 2048;
  const double h = 7168;
  const auto tile = [](double values) { return values + std::ceil(values / 128) * 4; };
  const auto weights = [](double n, double k) { return n * k + n / 128 * k / 128 * 4; };
  const double up = 16 * tile(h) + 4 * weights(2 * width, h) + 16 * 2 * width * 2;
  const double activation = 16 * (2 * width + width) * 2;
  const double down = 16 * tile(width) + 4 * weights(h, width) + 16 * h * 2;
  CHECK(compute(step.named("experts").front()).bytes.value == doctest::Approx(up + activation + down).epsilon(1e-12));
}

TEST_CASE("decode step: MLA in its absorbed form does (576 + 512) x 2 flops for each head, cached token and query") {
  const V3Step step{"{gpus: 128, requests_per_gpu: 64, context_tokens: 4096}", "{overlap: none, draft_tokens: 1}"};
  const Compute& attention = compute(step.named("attention").front());
  const double core = 128.0 * (576 + 512) * 2 * 4096 * 64 * 2;
  const double absorb_v = 2.0 * 128 * 128 * 512 * 128;
  const double o_proj = 2.0 * 128 * 7168 * 16384;
  const double elementwise = 128.0 * 16384;
  CHECK(attention.flops.value == doctest::Approx(core + absorb_v + o_proj + elementwise).epsilon(1e-12));
}

TEST_CASE("decode step: what the serving stack costs is added where it arises") {
  const Step step{"deepseek-v3", "{gpus: 16}", "{}"};
  Machine with = plain_machine(16);
  with.runtime.per_operator = Seconds{1e-6};
  with.runtime.per_layer = Seconds{4e-6};
  with.runtime.per_step = Seconds{8e-6};
  with.runtime.per_request = Seconds{1e-6};
  with.collective = [](const CollectiveCall&) {
    CollectiveCost cost;
    cost.sm_time = Seconds{2e-6};
    return cost;
  };
  const auto total = [](const Program& program) {
    double sum = 0;
    for (const Operator& op : program.operators) {
      if (const auto* work = std::get_if<Compute>(&op.work)) sum += work->on(0).value;
    }
    return sum;
  };
  const Program plain = step.program();
  // 61 layers: three operators more than attention and projections in an expert layer, one in a dense layer.
  const double operators = 2 * (61 * 2 + 58 * 3 + 3) + 2;
  const double added = operators * 1e-6 + 2 * 58 * 2 * 2e-6 + 2 * 61 * 4e-6 + 8e-6 + 128 * 1e-6;
  CHECK(total(step.program(with)) - total(plain) == doctest::Approx(added).epsilon(1e-9));
}

TEST_CASE("decode step: memory is that of weights, scales and caches") {
  const auto memory = [](const char* deployment, const char* decode) {
    return Step{"deepseek-v3", deployment, decode}.memory();
  };
  const Memory plain = memory("{gpus: 128}", "{}");
  CHECK(plain.kv.value == doctest::Approx(128.0 * 4096 * 70272).epsilon(1e-12));
  CHECK(memory("{gpus: 128}", "{draft_tokens: 1}").kv.value ==
        doctest::Approx(128.0 * 4096 * 70272 * 62 / 61).epsilon(1e-12));
  // Two routed experts of 44.04M parameters in each of 58 layers, one byte each and a scale for each 128 x 128.
  CHECK((plain.weights - memory("{gpus: 256}", "{}").weights).value ==
        doctest::Approx(58 * 3.0 * 7168 * 2048 * (1 + 4 / 16384.0)).epsilon(1e-12));
}

TEST_CASE("decode step: tokens of a step are one and the drafts expected to be accepted") {
  const auto tokens = [](const char* decode) { return Step{"deepseek-v3", "{}", decode}.speculation.tokens_per_step; };
  CHECK(tokens("{}") == 1);
  CHECK(tokens("{draft_tokens: 1, acceptance: 0.8}") == doctest::Approx(1.8).epsilon(1e-12));
  CHECK(tokens("{draft_tokens: 2, acceptance: [0.8, 0.5]}") == doctest::Approx(1 + 0.8 + 0.4).epsilon(1e-12));
}

TEST_CASE("decode step: the same seed gives the same traffic, another seed another") {
  const auto pairs = [](std::uint64_t seed) {
    const V3Step step{"{gpus: 32}", "{routing: {load: uniform}}", seed};
    return *collective(step.named("dispatch")[5]).traffic;
  };
  CHECK(pairs(1) == pairs(1));
  CHECK(pairs(1) != pairs(2));
}
