// What a stack's launches cost: kernels it takes several for, and a host that launches steps of prompts one by one.

#include <doctest/doctest.h>

#include "tests/workloads/steps.hpp"
#include "workloads/model/layer_kernels.hpp"
#include "workloads/step/step_work.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

/// Each launch takes a microsecond.
Machine of_launches() {
  Machine machine = plain_machine(8);
  machine.devices = TimeKernel{[](const Kernel& k) { return KernelTime{1.0_us * k.launches, Provenance::modelled}; }};
  return machine;
}

std::vector<Kernel> gate(const std::string& model) {
  return gate_kernels(named_model(model), {format("bf16"), format("bf16"), format("bf16"), format("bf16"), 0, {}, {}},
                      16);
}

double gate_us(const std::string& model, const Machine& machine) {
  return timed(machine, gate(model), 0).duration.front().value * 1e6;
}

/// The longest operator of a step of prompts or of decode alone.
Seconds whole(const Program& program) {
  Seconds sum;
  for (const Operator& op : program.operators) {
    if (const auto* work = std::get_if<Compute>(&op.work)) sum += work->on(0);
  }
  return sum;
}

}  // namespace

TEST_CASE("launches: a gate of biased scores and more than 32 experts a group is another kernel than one of 32") {
  const auto last = [](const std::string& model) { return gate(model).back().name; };
  CHECK(last("deepseek-v3") == "top-k");  // 256 experts in 8 groups
  CHECK(last("qwen3-235b-a22b") == "top-k");
  CHECK(last("glm-4.6") == "top-k-biased");
  CHECK(last("minimax-m2.5") == "top-k-biased");
}

TEST_CASE(
    "launches: gates of shared experts and of linear layers' heads are products of their own, where a model has them") {
  const auto has = [](const std::string& model, const std::string& kernel) {
    const Program program =
        Step{model, "{gpus: 8, tensor_parallel: 8, requests_per_gpu: 2}", "{overlap: none}"}.program();
    for (const Operator& op : program.operators) {
      const auto* work = std::get_if<Compute>(&op.work);
      if (work == nullptr) continue;
      for (const KernelPart& part : work->parts) {
        if (part.name == kernel) return true;
      }
    }
    return false;
  };
  CHECK(has("qwen3-next-80b-a3b", "shared-gate"));
  CHECK(has("qwen3-next-80b-a3b", "linear-gates"));
  CHECK_FALSE(has("glm-4.6", "shared-gate"));
  CHECK_FALSE(has("kimi-linear-48b-a3b", "linear-gates"));
}

TEST_CASE("launches: a stack takes several kernels where its list says so, by name or by name and columns") {
  Machine machine = of_launches();
  CHECK(gate_us("glm-4.6", machine) == doctest::Approx(4));
  machine.runtime.unfused = {{"top-k-biased", 11}, {"top-k-biased-384", 1}};
  CHECK(gate_us("glm-4.6", machine) == doctest::Approx(14));
  CHECK(gate_us("kimi-k2", machine) == doctest::Approx(4));
  CHECK(gate_us("deepseek-v3", machine) == doctest::Approx(4));
}

TEST_CASE("launches: a step of prompts is no quicker than its host, and a step of decode is a graph") {
  Machine machine = of_launches();
  Step step{"llama-3.1-8b", "{gpus: 1, requests_per_gpu: 4, context_tokens: 512}", "{}"};
  const Seconds decode = whole(step.program(machine));
  machine.runtime.per_launch = 20.0_us;
  CHECK(whole(step.program(machine)) == decode);
  step.load.requests[0].prompt = true;
  step.load.requests[0].new_tokens = 512;
  const Seconds paced = whole(step.program(machine));
  machine.runtime.per_launch = 0.5_us;
  const Seconds quick = whole(step.program(machine));
  CHECK(paced / quick == doctest::Approx(20).epsilon(1e-9));
}
