// Chunks, state and memory of a training step, against counts by hand.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/workloads/steps.hpp"
#include "workloads/training/backward.hpp"
#include "workloads/training/state.hpp"

namespace teapot {
namespace {

Training training_of(const Model& model, const std::string& yaml, int gpus) {
  return read_training(Config::parse(yaml, "t.yaml"), model, gpus);
}

/// Flops of products with weights, and of the core of attention as model show counts it, on all GPUs.
double flops_of_step(const Model& model, const Training& t) {
  const Machine machine = plain_machine(t.layout.gpus);
  const TrainerCost cost;
  ChunkPrograms programs{model, t, machine, cost, t.layout.gpus, 1};
  double sum = 0;
  for (int stage = 0; stage < schedule(t.schedule).stages(t.pipeline); ++stage) {
    const auto parts = chunk_parts(model, t, stage);
    for (const auto kind : {Task::Kind::forward, Task::Kind::input, Task::Kind::weights}) {
      for (const Kernel& k : programs.kernels(parts, kind)) {
        if (has_weights(k)) sum += k.flops.value;
        // Scores computed once more on the way back are no work of the model: five products count as four. A token sees
        // itself, half a token more than the half of a sequence that is counted.
        const double seen = t.sequence_tokens / (t.sequence_tokens + 1.0);
        if (k.kind == "attention-prefill") sum += k.flops.value * seen;
        if (k.kind == "attention-backward") sum += k.flops.value * seen * 4 / 5;
      }
    }
  }
  return sum * t.layout.tensor_parallel;
}

void check_flops(const std::string& name, const std::string& yaml, int gpus) {
  CAPTURE(name);
  const Model model = named_model(name);
  const Training t = training_of(model, yaml, gpus);
  CHECK(flops_of_step(model, t) / t.tokens() ==
        doctest::Approx(training_flops_per_token(model, t.sequence_tokens).value).epsilon(1e-9));
}

}  // namespace

TEST_CASE("training: kernels of all stages, forward and back, have the FLOPs that model show prints") {
  check_flops("llama-3.1-405b", "{pipeline_parallel: 4, tensor_parallel: 8, global_batch: 32, recompute: [full]}", 64);
  check_flops("qwen3-235b-a22b", "{pipeline_parallel: 2, expert_parallel: 8, global_batch: 64}", 16);
  check_flops("mixtral-8x22b", "{pipeline_parallel: 2, expert_parallel: 8, global_batch: 64}", 16);
  check_flops("deepseek-v3", "{pipeline_parallel: 4, expert_parallel: 16, global_batch: 256, prediction: false}", 64);
}

TEST_CASE("training: a product's gradients have its flops each, and sums of weights' gradients are read and written") {
  const Precision plain{format("bf16"), format("bf16"), format("bf16"), format("bf16"), 0, {}, {}};
  Kernel product{"q", "gemm", "bf16", {2.0 * 100 * 30 * 20}, {}, 1, {}};
  product.shape.m = 100;
  product.shape.n = 30;
  product.shape.k = 20;
  const Training t;
  const Kernel input = input_gradients({product}, plain, t).at(0);
  CHECK(input.flops == product.flops);
  CHECK(input.bytes.value == 2.0 * (100 * 30 + 30 * 20 + 100 * 20));
  const Kernel weights = weight_gradients({product}, plain).at(0);
  CHECK(weights.flops == product.flops);
  CHECK(weights.bytes.value == 2.0 * (100 * 30 + 100 * 20) + 8.0 * 30 * 20);
}

TEST_CASE("training: parameters of all ranks are those of the model, once for each that holds them") {
  const Model model = named_model("deepseek-v3");
  for (const std::string schedule_name : {"1f1b", "dualpipe"}) {
    CAPTURE(schedule_name);
    const Training t = training_of(model,
                                   "{pipeline_parallel: 4, expert_parallel: 16, global_batch: 256, prediction: "
                                   "false, pipeline: " +
                                       schedule_name + "}",
                                   64);
    double sum = 0;
    for (int rank = 0; rank < 4; ++rank) {
      const HeldParameters held = held_parameters(model, t, rank);
      sum += held.dense + held.experts * t.layout.expert_parallel;
    }
    CHECK(sum == doctest::Approx(parameters(model) * schedule(t.schedule).directions).epsilon(1e-12));
  }
}

TEST_CASE("training: a ring's reduce-scatter and all-gather send (n - 1) / n of the gradients and weights each") {
  const Model model = named_model("llama-3.1-8b");
  const Training t = training_of(model, "{gradients: bf16, global_batch: 64}", 8);
  const Machine machine = plain_machine(8);
  const Program program = optimizer_program(model, t, machine);
  REQUIRE(program.operators.size() == 3);
  const double expected = 2 * parameters(model) * 7 / 8;
  for (const std::size_t op : {0U, 2U}) {
    const auto& work = std::get<Collective>(program.operators[op].work);
    CHECK(work.traffic->total() / 8 * work.bytes_per_copy.value == doctest::Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("training: a pair has the work of its two chunks, and both ways of both exchanges") {
  const Model model = named_model("deepseek-v3");
  const Training t =
      training_of(model, "{pipeline_parallel: 4, expert_parallel: 16, global_batch: 256, pipeline: dualpipe}", 64);
  const Machine machine = plain_machine(64);
  const TrainerCost cost;
  ChunkPrograms programs{model, t, machine, cost, 16, 1};
  const auto parts = chunk_parts(model, t, 1);
  const auto flops = [](const Program& program) {
    double sum = 0;
    for (const Operator& op : program.operators) {
      if (const auto* work = std::get_if<Compute>(&op.work)) sum += work->flops.value;
    }
    return sum;
  };
  const auto count = [](const Program& program, const std::string& name) {
    return std::count_if(program.operators.begin(), program.operators.end(),
                         [&](const Operator& op) { return op.name == name; });
  };
  const Program pair = programs.pair(parts, parts);
  const Program forward = programs.alone(parts, Task::Kind::forward);
  const Program back = programs.alone(parts, Task::Kind::backward);
  CHECK(flops(pair) == doctest::Approx(flops(forward) + flops(back)).epsilon(1e-12));
  CHECK(flops(back) == doctest::Approx(flops(programs.alone(parts, Task::Kind::input)) +
                                       flops(programs.alone(parts, Task::Kind::weights)))
                           .epsilon(1e-12));
  CHECK(count(pair, "dispatch") == 2 * t.layers[1]);
  CHECK(count(pair, "combine") == 2 * t.layers[1]);
}

TEST_CASE("training: layers that do not divide are split with embedding and head as layers of the ends") {
  CHECK(split_layers(126, 16, 0) == std::vector<int>{7, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 7});  // as Llama 3
  CHECK(split_layers(61, 16, 1) == std::vector<int>{3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 2});
  CHECK(split_layers(32, 8, 0) == std::vector<int>(8, 4));
  for (int layers = 16; layers < 100; ++layers) {
    const auto split = split_layers(layers, 16, layers % 2);
    int sum = 0;
    for (const int each : split) sum += each;
    CHECK(sum == layers);
  }
}

TEST_CASE("training: a GPU of a pipeline of one rank keeps two bytes a weight, four of gradients and eight of states") {
  const Model model = named_model("llama-3.1-8b");
  const Machine machine = plain_machine(8);
  const Training t = training_of(model, "{global_batch: 8, zero: 0, precision: {weights: bf16}}", 8);
  const TrainerCost cost;
  ChunkPrograms programs{model, t, machine, cost, 8, 1};
  const TrainingMemory m = training_memory(model, t, programs);
  const HeldParameters held = held_parameters(model, t, 0);
  CHECK(m.weights.value == doctest::Approx(2 * (held.dense + held.experts)).epsilon(1e-12));
  CHECK(m.gradients.value == doctest::Approx(4 * (held.dense + held.experts)).epsilon(1e-12));
  CHECK(m.optimizer.value == doctest::Approx(8 * (held.dense + held.experts)).epsilon(1e-12));
}

TEST_CASE("training: more recomputed is less kept, and optimizer states divided are less") {
  const Model model = named_model("deepseek-v3");
  const Machine machine = plain_machine(64);
  const auto memory = [&](const std::string& more) {
    const Training t = training_of(
        model, "{pipeline_parallel: 4, expert_parallel: 16, global_batch: 256, pipeline: dualpipe" + more + "}", 64);
    const TrainerCost cost;
    ChunkPrograms programs{model, t, machine, cost, 16, 1};
    return training_memory(model, t, programs);
  };
  const Bytes all = memory("").activations;
  const Bytes norms = memory(", recompute: [rmsnorm]").activations;
  const Bytes more = memory(", recompute: [rmsnorm, mla-up, swiglu]").activations;
  CHECK(norms < all);
  CHECK(more < norms);
  CHECK(memory(", recompute: [full]").activations < more);
  CHECK(memory("").optimizer < memory(", zero: 0").optimizer);
}

}  // namespace teapot
