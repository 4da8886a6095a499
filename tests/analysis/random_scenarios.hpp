#pragma once
// Random scenarios of every kind of fabric, family of models and overlap, small enough to be simulated in a moment.
// Drawn by rapidcheck: one seed gives one scenario.

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace teapot::testing {

struct RandomFabric {
  std::string from;     ///< a named one, of which `nodes` are built
  std::string routing;  ///< a policy
  std::string failures;
  int nodes = 2;
  bool inside = false;  ///< one scale-up domain: the nodes have no network
  double nic_gbps = 400, nvlink_gBps = 200;
  double nic_ns = 350, switch_ns = 300, nvlink_ns = 250;

  /// The same network in other units, and with rates and latencies times factors.
  std::string yaml(bool other_units = false, double faster = 1, double later = 1) const {
    const auto rate = [&](double gbps) {
      return other_units ? fmt::format("{:.17g} GB/s", gbps * faster / 8) : fmt::format("{:.17g} Gbps", gbps * faster);
    };
    const auto time = [&](double ns) {
      return other_units ? fmt::format("{:.17g} us", ns * later / 1000) : fmt::format("{:.17g} ns", ns * later);
    };
    std::string text = fmt::format("{{from: {}, nvlink_bandwidth: {}, nvlink_latency: {}", from, rate(8 * nvlink_gBps),
                                   time(nvlink_ns));
    if (!inside) {
      text += fmt::format(", nodes: {}, nic_bandwidth: {}, nic_latency: {}, switch_latency: {}, routing: {}", nodes,
                          rate(nic_gbps), time(nic_ns), time(switch_ns), routing);
    }
    if (!failures.empty()) text += ", failures: " + failures;
    return text + '}';
  }
};

struct RandomScenario {
  RandomFabric fabric;
  std::string model, overlap, load, runtime, accelerator, depth = "collective";
  int gpus = 16, attention_gpus = 0, tensor_parallel = 1, expert_parallel = 0, requests = 8, context = 1024, drafts = 0,
      seed = 1;

  std::string yaml() const { return yaml_on(fabric.yaml()); }
  std::string yaml_on(const std::string& network) const {
    std::string experts = expert_parallel > 0 ? fmt::format(", expert_parallel: {}", expert_parallel) : "";
    if (attention_gpus > 0) experts += fmt::format(", attention_gpus: {}", attention_gpus);
    const std::string routing = expert_parallel > 0 ? fmt::format(", routing: {{load: {}}}", load) : "";
    return fmt::format(
        "model: {}\naccelerator: {{from: {}, memory: 100 TB}}\nfabric: {}\n"
        "deployment: {{gpus: {}, tensor_parallel: {}{}, requests_per_gpu: {}, context_tokens: {}}}\n"
        "decode: {{overlap: {}, draft_tokens: {}, runtime: {}{}}}\nsimulation: {{network: {}, seed: {}}}\n",
        model, accelerator, network, gpus, tensor_parallel, experts, requests, context, overlap, drafts, runtime,
        routing, depth, seed);
  }
};

inline std::ostream& operator<<(std::ostream& out, const RandomScenario& s) { return out << s.yaml(); }

inline RandomFabric draw_fabric(bool one_path) {
  using rc::gen::element;
  RandomFabric f;
  f.from =
      *element<std::string>("h800-mpft", "h800-mrft", "h800-ft3", "h800-roce", "rail-only", "dragonfly", "slim-fly",
                            "torus-2d", "torus-3d", "hyperx", "h100-leaf-spine", "multiport-mpft", "gb200-nvl72");
  if (one_path && f.from == "multiport-mpft") f.from = "h800-mpft";  // it spreads over its ports whatever the policy
  f.inside = f.from == "gb200-nvl72";
  f.nodes = *element(2, 3, 4);
  f.routing = one_path ? "static" : *element<std::string>("static", "ecmp", "adaptive", "valiant", "ugal");
  f.nic_gbps = *element(100.0, 200.0, 400.0, 800.0);
  f.nvlink_gBps = *element(100.0, 200.0, 450.0, 900.0);
  f.nic_ns = *element(0.0, 350.0, 2000.0);
  f.switch_ns = *element(0.0, 300.0, 1000.0);
  f.nvlink_ns = *element(0.0, 250.0);
  return f;
}

/// Of as many experts as can be spread over the GPUs.
inline int spread(int experts, int ranks) {
  int parallel = std::min(experts, ranks);
  while (experts % parallel != 0 || ranks % parallel != 0) --parallel;
  return parallel;
}

inline RandomScenario draw_scenario(bool one_path = false) {
  using rc::gen::element;
  struct Family {
    const char* yaml;
    int experts;
  };
  const auto family = *element<int>(0, 1, 2, 3, 4, 5, 6, 7);
  constexpr Family families[] = {
      {"{from: deepseek-v3, layers: 4}", 256},        {"{from: deepseek-v3.2, layers: 4}", 256},
      {"{from: mixtral-8x7b, layers: 2}", 8},         {"{from: llama-3.1-8b, layers: 3}", 0},
      {"{from: qwen3-next-80b-a3b, layers: 4}", 512}, {"{from: gpt-oss-120b, layers: 4}", 128},
      {"{from: qwen3-30b-a3b, layers: 2}", 128},      {"{from: mistral-7b, layers: 2}", 0}};
  RandomScenario s;
  s.fabric = draw_fabric(one_path);
  s.model = families[family].yaml;
  s.gpus = *element(4, 8, 16);
  s.tensor_parallel = *element(1, 1, 2, 4);
  const int experts = families[family].experts;
  if (experts > 0) s.expert_parallel = spread(experts, s.gpus / s.tensor_parallel);
  s.requests = 2 * *rc::gen::inRange(1, 17);
  s.context = 128 * *rc::gen::inRange(1, 33);
  s.overlap = *element<std::string>("none", "dual-micro-batch", "ping-pong-2", "auto");
  s.load = *element<std::string>("balanced", "uniform", "zipf");
  s.runtime = *element<std::string>("ideal", "deepseek", "sglang-0.5", "vllm");
  s.accelerator = *element<std::string>("h800", "h100", "b200", "mi300x");
  s.seed = *rc::gen::inRange(1, 1000);
  const bool apart = *element(false, false, false, true);
  if (apart && experts > 0 && s.gpus / 2 % s.tensor_parallel == 0) {
    s.attention_gpus = s.gpus / 2;
    s.expert_parallel = spread(experts, s.gpus / 2);
  }
  return s;
}

}  // namespace teapot::testing
