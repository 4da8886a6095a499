// How long one decode step takes to predict, from the scenario to the report. Run with `./teapot benchmark`.
// Measures; asserts nothing.

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/scenario/scenario.hpp"

namespace {

using namespace teapot;

/// The main example with one expert-parallel group of `gpus`, routing sampled per layer.
Scenario step(int gpus) {
  const std::string count = std::to_string(gpus);
  return load_scenario(
      std::string{TEAPOT_HOME} + "/examples/deepseek-v3-h800.yaml",
      {"deployment.gpus=" + count, "deployment.expert_parallel=" + count,
       "deployment.redundant_experts=" + std::to_string(std::max(0, gpus - 256)), "decode.routing.load=uniform"});
}

double peak_megabytes() {
  rusage own{}, children{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  return static_cast<double>(std::max(own.ru_maxrss, children.ru_maxrss)) / 1000;
}

void whole_step(benchmark::State& state) {
  std::int64_t collectives = 0;
  for (auto _ : state) {
    const Scenario scenario = step(static_cast<int>(state.range(0)));
    const Run r = run(scenario);
    benchmark::DoNotOptimize(report(scenario, r.program, r.timeline));
    collectives = r.timeline.collectives;
  }
  state.counters["collectives"] = static_cast<double>(collectives);
  state.counters["peak_MB"] = peak_megabytes();
}

void scenario_only(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(step(static_cast<int>(state.range(0))));
}

void program_only(benchmark::State& state) {
  const Scenario scenario = step(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(step_program(scenario));
}

}  // namespace

// Children's memory only grows: small ones first.
BENCHMARK(whole_step)->Arg(64)->Arg(128)->Arg(320)->Arg(2048)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(scenario_only)->Arg(320)->Arg(2048)->Unit(benchmark::kMillisecond);
BENCHMARK(program_only)->Arg(320)->Arg(2048)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
