// Skew: what the most loaded GPU's experts cost, against kernels measured at that many tokens.

#include <doctest/doctest.h>

#include <algorithm>

#include "platforms/kernels/kernels.hpp"
#include "tests/workloads/steps.hpp"
#include "workloads/model/layer_kernels.hpp"

using namespace teapot;

namespace {

Model deepseek_v3() { return read_model(Config{resolve_named("deepseek-v3", "workloads/models", "model")}); }

TimeKernel h100() {
  return modelled(read_accelerator(Config{resolve_named("h100", "platforms/accelerators", "accelerator")}));
}

double experts_us(const Model& model, double tokens, double active) {
  const TimeKernel time = h100();
  Seconds sum;
  const Precision precision = read_precision(Config::parse("{}"), model.weights);
  for (const Kernel& kernel : expert_kernels(model, precision, tokens, active, 1, false)) sum += time(kernel).time;
  return sum.value * 1e6;
}

}  // namespace

TEST_CASE("skew: experts take as long as kernels measured at their token count") {
  // aiconfigurator, h100_sxm, SGLang 0.5.6 deepepmoe fp8_block, uniform rows (github.com/ai-dynamo/aiconfigurator,
  // wideep_generation_moe_perf, commit 095f58a; EP 64 was not used in the fit): both products of the local experts and
  // what lies between them.
  struct Row {
    int ep;
    double tokens_per_gpu;
    double measured_us;
  };
  const Row rows[] = {
      {32, 32, 154.413}, {32, 64, 154.893},  {32, 128, 163.798}, {64, 32, 89.411},   {64, 64, 93.712},
      {128, 32, 59.43},  {64, 128, 110.909}, {128, 64, 67.76},   {128, 128, 96.534},
  };
  const Model model = deepseek_v3();
  for (const Row& row : rows) {
    CAPTURE(row.ep);
    CAPTURE(row.tokens_per_gpu);
    const double arrived = row.tokens_per_gpu * 8;
    CHECK(experts_us(model, arrived, 256.0 / row.ep) == doctest::Approx(row.measured_us).epsilon(0.15));
  }
}

TEST_CASE("skew: the slowest GPU's experts are those of the tokens that arrived there") {
  const Model model = deepseek_v3();
  const Step step{model, "{gpus: 64, requests_per_gpu: 64}", "{overlap: none, routing: {load: zipf, exponent: 0.6}}"};
  Machine machine = plain_machine(64);
  machine.devices = h100();
  const Program program = step.program(machine);
  const auto dispatch = std::find_if(program.operators.begin(), program.operators.end(),
                                     [](const Operator& op) { return op.name == "dispatch"; });
  const auto experts =
      std::find_if(dispatch, program.operators.end(), [](const Operator& op) { return op.name == "experts"; });
  const Traffic& traffic = *std::get<Collective>(dispatch->work).traffic;
  std::vector<double> sent(64);
  std::vector<double> arrived(64);
  for (int gpu = 0; gpu < 64; ++gpu) {
    traffic.for_each_receiver(gpu, [&](int to, double copies) {
      sent[static_cast<std::size_t>(gpu)] += copies;
      arrived[static_cast<std::size_t>(to)] += copies;
    });
  }
  // What a GPU does not send of its 64 x 8 copies stays on it.
  for (std::size_t gpu = 0; gpu < 64; ++gpu) arrived[gpu] += 64 * 8 - sent[gpu];
  const auto most = std::max_element(arrived.begin(), arrived.end());
  const auto& durations = std::get<Compute>(experts->work).duration;
  CHECK(*std::max_element(durations.begin(), durations.end()) ==
        durations[static_cast<std::size_t>(most - arrived.begin())]);
  CHECK(*most > 1.5 * 64 * 8);
  CHECK(durations[static_cast<std::size_t>(most - arrived.begin())].value * 1e6 ==
        doctest::Approx(experts_us(model, *most, 4)).epsilon(1e-9));
}
