// What a sweep costs beside the simulations themselves: planning, starting, recording and tabulating its points.
// Measures; asserts nothing.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "analysis/run/run.hpp"
#include "analysis/scenario/scenario.hpp"
#include "analysis/sweep/plan.hpp"
#include "analysis/sweep/sweep.hpp"
#include "tests/benchmarks/usage.hpp"

namespace {

using namespace teapot;

/// Points of EP 64 in a fresh folder, with one worker: batches of 16 to 128 requests, every `step`, each with so many
/// contexts, which share what its gates draw where routing is sampled.
/// `overhead_ms` is the processor time of a point less that of its program and simulation alone, planning and
/// tabulating included: below zero where points share more than that.
void sweep_point(benchmark::State& state, const char* load, int step, int contexts) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("teapot-benchmark-" + std::to_string(getpid()));
  fs::create_directories(folder);
  const std::string file = (folder / "points.yaml").string();
  std::ofstream{file} << "base: {from: " << TEAPOT_HOME << "/examples/deepseek-v3-h800.yaml, "
                      << "deployment: {gpus: 64, expert_parallel: 64}, decode: {routing: {load: " << load << "}}}\n"
                      << "axes:\n  deployment.requests_per_gpu: {from: 16, to: 128, step: " << step << "}\n"
                      << "  deployment.context_tokens: {from: " << 4096 / contexts
                      << ", to: 4096, step: " << 4096 / contexts << "}\n";
  const SweepPlan plan = read_sweep(file, {}, {});
  const auto points = static_cast<double>(plan.points.size());
  double overhead = 0;
  double point = 0;
  for (auto _ : state) {
    double bare = 0;
    for (const auto& task : plan.tasks) {
      const Scenario scenario = read_scenario(task.scenario, plan.name);
      const double begin = cpu_ms();
      benchmark::DoNotOptimize(run(scenario));
      bare += cpu_ms() - begin;
    }
    SweepOptions options;
    options.file = file;
    options.folder = (folder / "results").string();
    options.workers = 1;
    const double begin = cpu_ms();
    benchmark::DoNotOptimize(run_sweep(options));
    point = (cpu_ms() - begin) / points;
    overhead = point - bare / points;
    fs::remove_all(options.folder);
  }
  state.counters["points"] = points;
  state.counters["point_ms"] = point;
  state.counters["overhead_ms"] = overhead;
  fs::remove_all(folder);
}

/// 10,240 GPUs as 40 replicas of EP 256 on six fabrics: on two of them the replicas are not alike, and all are
/// simulated.
void six_fabrics(benchmark::State& state) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("teapot-benchmark-six-" + std::to_string(getpid()));
  fs::create_directories(folder);
  SweepOptions options;
  options.file = (folder / "fabrics.yaml").string();
  options.folder = (folder / "results").string();
  options.workers = 1;
  std::ofstream{options.file} << "base: {from: " << TEAPOT_HOME << "/examples/deepseek-v3-h800.yaml, "
                              << "deployment: {gpus: 10240, expert_parallel: 256}}\n"
                              << R"(axes:
  design:
    variants:
      mpft: {fabric: {from: h800-mpft, nodes: 2048}}
      mrft: {fabric: {from: h800-mrft, nodes: 2048}}
      ft3: {fabric: {from: h800-ft3, nodes: 8192}}
      dragonfly:
        fabric: {from: dragonfly, endpoints_per_switch: 16, switches_per_group: 32, global_links_per_switch: 16, groups: 65,
                 nodes: 4160}
      slim-fly: {fabric: {from: slim-fly, q: 27, endpoints_per_switch: 21, nodes: 3827, routing: valiant}}
      nvl72: {accelerator: gb200, fabric: {from: gb200-nvl72-scaleout, nodes: 143}}
)";
  const double begin = cpu_ms();
  for (auto _ : state) {
    benchmark::DoNotOptimize(run_sweep(options));
    fs::remove_all(options.folder);
  }
  state.counters["cpu_ms"] = (cpu_ms() - begin) / static_cast<double>(state.iterations());
  state.counters["peak_MB"] = peak_megabytes();
  fs::remove_all(folder);
}

}  // namespace

#define SWEEP(name, ...)                            \
  BENCHMARK_CAPTURE(sweep_point, name, __VA_ARGS__) \
      ->Iterations(1)                               \
      ->Repetitions(3)                              \
      ->Unit(benchmark::kMillisecond)               \
      ->UseRealTime()
SWEEP(balanced, "balanced", 16, 8);
SWEEP(sampled, "uniform", 16, 8);
SWEEP(sampled_many, "uniform", 16, 32);
SWEEP(sampled_each, "uniform", 2, 1);
BENCHMARK(six_fabrics)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();
