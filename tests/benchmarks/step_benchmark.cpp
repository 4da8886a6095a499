// How long one decode step takes to predict, from the scenario to the report. Run with `./teapot benchmark`.
// Measures; asserts nothing.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/scenario/scenario.hpp"
#include "tests/benchmarks/usage.hpp"

namespace {

using namespace teapot;

/// The main example with one expert-parallel group of `gpus`, routing sampled per layer.
Scenario step(int gpus) {
  const std::string count = std::to_string(gpus);
  return load_scenario(
      std::string{TEAPOT_HOME} + "/examples/deepseek-v3-h800.yaml",
      {"deployment.gpus=" + count, "deployment.expert_parallel=" + count,
       "deployment.redundant_experts=" + std::to_string(std::max(0, gpus - 256)), "decode.routing.load=uniform",
       "fabric={from: h800-mpft, nodes: " + std::to_string(std::max(256, gpus / 8)) + "}"});
}

/// EP 256 over and over: replicas that are alike, of which one is simulated.
Scenario replicas(int gpus) {
  return load_scenario(std::string{TEAPOT_HOME} + "/examples/deepseek-v3-h800.yaml",
                       {"deployment.gpus=" + std::to_string(gpus), "deployment.expert_parallel=256",
                        "fabric={from: h800-mpft, nodes: " + std::to_string(gpus / 8) + "}"});
}

/// The same of 64 requests a GPU (more do not fit into 32 GPUs) with every pair of ranks by itself.
Scenario step_by_pairs(int gpus, bool sampled) {
  const std::string count = std::to_string(gpus);
  return load_scenario(
      std::string{TEAPOT_HOME} + "/examples/deepseek-v3-h800.yaml",
      {"deployment.gpus=" + count, "deployment.expert_parallel=" + count, "deployment.requests_per_gpu=64",
       std::string{"decode.routing.load="} + (sampled ? "uniform" : "balanced"), "simulation.network=pair"});
}

void whole_step(benchmark::State& state) {
  std::int64_t collectives = 0;
  const double begin_ms = cpu_ms();
  for (auto _ : state) {
    const Scenario scenario = step(static_cast<int>(state.range(0)));
    const Run r = run(scenario);
    benchmark::DoNotOptimize(report(scenario, r.program, r.timeline));
    collectives = r.timeline.collectives;
  }
  state.counters["cpu_ms"] = (cpu_ms() - begin_ms) / static_cast<double>(state.iterations());
  state.counters["collectives"] = static_cast<double>(collectives);
  state.counters["peak_MB"] = peak_megabytes();
}

void whole_step_of_replicas(benchmark::State& state) {
  int alike = 0;
  const double begin_ms = cpu_ms();
  for (auto _ : state) {
    const Scenario scenario = replicas(static_cast<int>(state.range(0)));
    const Run r = run(scenario);
    benchmark::DoNotOptimize(report(scenario, r.program, r.timeline));
    alike = scenario.replicas.count / scenario.replicas.simulated;
  }
  state.counters["cpu_ms"] = (cpu_ms() - begin_ms) / static_cast<double>(state.iterations());
  state.counters["replicas_alike"] = alike;
  state.counters["peak_MB"] = peak_megabytes();
}

void pair_step(benchmark::State& state) {
  const double begin_ms = cpu_ms();
  for (auto _ : state) {
    const Scenario scenario = step_by_pairs(static_cast<int>(state.range(0)), state.range(1) != 0);
    const Run r = run(scenario);
    benchmark::DoNotOptimize(report(scenario, r.program, r.timeline));
  }
  state.counters["cpu_ms"] = (cpu_ms() - begin_ms) / static_cast<double>(state.iterations());
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
BENCHMARK(pair_step)
    ->ArgNames({"", "sampled"})
    ->Args({32, 0})
    ->Args({64, 0})
    ->Args({128, 0})
    ->Args({32, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(whole_step)->Arg(64)->Arg(128)->Arg(320)->Arg(2048)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(whole_step_of_replicas)->Arg(2048)->Arg(10240)->Arg(16384)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(scenario_only)->Arg(320)->Arg(2048)->Unit(benchmark::kMillisecond);
BENCHMARK(program_only)->Arg(320)->Arg(2048)->Unit(benchmark::kMillisecond);

// One group of 16,384 GPUs is a stress test: a minute and gigabytes, so only where `TEAPOT_STRESS` is set. So are pairs
// of 128 GPUs whose routing is sampled: minutes.
const bool stress = [] {
  if (std::getenv("TEAPOT_STRESS") == nullptr) return false;
  benchmark::RegisterBenchmark("pair_step", pair_step)
      ->ArgNames({"", "sampled"})
      ->Args({64, 1})
      ->Args({128, 1})
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
  benchmark::RegisterBenchmark("whole_step", whole_step)
      ->Arg(16384)
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
  return true;
}();

BENCHMARK_MAIN();
