// GPUs of several kinds in one step: each is timed as what it is.

#include <doctest/doctest.h>

#include "tests/workloads/steps.hpp"

using namespace teapot;

namespace {

KernelTime slowed(const Kernel& kernel, double factor) {
  KernelTime time = plain_machine(1).devices.time(kernel);
  time.time = time.time * factor;
  return time;
}

/// Every other GPU takes `factor` times as long.
Machine mixed(int gpus, double factor) {
  Machine machine = plain_machine(gpus);
  machine.devices.kinds.push_back([factor](const Kernel& kernel) { return slowed(kernel, factor); });
  for (int gpu = 0; gpu < gpus; ++gpu) machine.devices.kind_of_rank.push_back(gpu % 2);
  return machine;
}

}  // namespace

TEST_CASE("devices: of GPUs that serve alike, those of a slower kind take longer by its factor, in every operator") {
  for (const char* model : {"llama-3.1-8b", "deepseek-v2-lite"}) {
    const Step step{model, "{gpus: 8}", "{}"};
    const Program plain = step.program(plain_machine(8));
    const Program two = step.program(mixed(8, 3));
    REQUIRE(two.operators.size() == plain.operators.size());
    for (std::size_t op = 0; op < plain.operators.size(); ++op) {
      const auto* before = std::get_if<Compute>(&plain.operators[op].work);
      if (before == nullptr) continue;
      const auto& after = std::get<Compute>(two.operators[op].work);
      for (int gpu = 0; gpu < 8; ++gpu) {
        CHECK(after.on(gpu).value == doctest::Approx(before->on(gpu).value * (gpu % 2 == 0 ? 1 : 3)).epsilon(1e-12));
      }
      CHECK(after.flops.value == doctest::Approx(before->flops.value).epsilon(1e-12));
    }
  }
}

TEST_CASE("devices: where kinds are named and none differs, every duration is as if there were but one") {
  const Step step{"deepseek-v2-lite", "{gpus: 8, tensor_parallel: 2}", "{routing: {load: zipf}}"};
  const Program plain = step.program(plain_machine(8));
  const Program two = step.program(mixed(8, 1));
  for (std::size_t op = 0; op < plain.operators.size(); ++op) {
    const auto* before = std::get_if<Compute>(&plain.operators[op].work);
    if (before == nullptr) continue;
    for (int gpu = 0; gpu < 8; ++gpu) CHECK(std::get<Compute>(two.operators[op].work).on(gpu) == before->on(gpu));
  }
}
