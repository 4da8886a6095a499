// Reads serving stacks from YAML.
// Does not know what a step is made of.

#include "platforms/runtime.hpp"

namespace teapot {

RuntimeCost read_runtime(const Config& config) {
  RuntimeCost cost;
  cost.bound = config.get_or<bool>("lower_bound", false,
                                   {"No stack at all: not even the time between two kernels is counted", "true"});
  if (config.has("fused", {"Kernels that it computes within their neighbours: not launched, nothing written",
                           "[activation, quantise]"})) {
    for (const auto& kernel : config.at("fused").items()) cost.fused.insert(kernel.as<std::string>());
  }
  if (config.has("fused_all_reduce",
                 {"Kernels that its all-reduces do on the way, where there are some", "[norm, residual]"})) {
    for (const auto& kernel : config.at("fused_all_reduce").items())
      cost.fused_all_reduce.insert(kernel.as<std::string>());
  }
  const Config experts = config.section("fused_experts", {"Kernels fused beside experts, by the arithmetic that these "
                                                          "run in; weight-only where their weights are narrower",
                                                          "{fp8: [permute]}"});
  for (const auto& arithmetic : experts.keys()) {
    for (const auto& kernel : experts.at(arithmetic).items())
      cost.fused_experts[arithmetic].insert(kernel.as<std::string>());
  }
  const Config weight_only = config.section(
      "weight_only", {"What its weight-only kernels reach of the memory bandwidth that others reach, by stored format",
                      "{int4: 0.7}"});
  for (const auto& stored : weight_only.keys()) {
    const double part = cost.weight_only[stored] = weight_only.fraction(stored);
    if (!(part > 0)) weight_only.at(stored).fail("must be above zero (a part of what other kernels reach)");
  }
  const Config on_cpu = config.section("cpu_weight_only", {"The same of its kernels on a CPU", "{q4_k: 0.6}"});
  for (const auto& stored : on_cpu.keys()) {
    const double part = cost.cpu_weight_only[stored] = on_cpu.fraction(stored);
    if (!(part > 0)) on_cpu.at(stored).fail("must be above zero (a part of what other kernels reach)");
  }
  const Config collectives = config.section(
      "collectives", {"Its own libraries within a scale-up domain, by operation", "{all-reduce: trtllm}"});
  for (const auto& operation : collectives.keys())
    cost.collectives[operation] = collectives.get<std::string>(operation);
  cost.per_kernel = config.non_negative_or(
      "per_kernel", Seconds{},
      {"To each kernel launched, beside what the accelerator needs between two of them", "1 us"});
  cost.per_prompt_kernel = config.non_negative_or(
      "per_prompt_kernel", Seconds{},
      {"To each kernel of a step of prompts with more tokens than graphs were recorded for", "4 us"});
  cost.recorded_tokens = config.get_or<int>(
      "recorded_tokens", 0, {"Of an attention group, the most tokens that graphs were recorded for", "512"});
  if (cost.recorded_tokens < 0) config.at("recorded_tokens").fail("must not be below zero");
  cost.per_operator = config.non_negative_or("per_operator", Seconds{}, {"To each compute operator", "2 us"});
  cost.per_layer = config.non_negative_or("per_layer", Seconds{}, {"To each layer and micro-batch", "10 us"});
  cost.per_step = config.non_negative_or("per_step", Seconds{}, {"Once a step: scheduler, sampling, host", "1 ms"});
  cost.per_copy = config.non_negative_or("per_copy", Seconds{},
                                         {"To each hand-over of activations between a GPU and its host", "20 us"});
  cost.per_cpu_kernel = config.non_negative_or("per_cpu_kernel", Seconds{},
                                               {"To each kernel on a CPU: threads that wait for one another", "10 us"});
  cost.per_request = config.non_negative_or(
      "per_request", Seconds{},
      {"Once a step for each request of an attention group: sampling, detokenising, scheduling", "5 us"});
  cost.per_agreement = config.non_negative_or(
      "per_agreement", Seconds{},
      {"Once a step for each doubling of attention groups: schedulers gather what each will compute", "100 us"});
  cost.error = config.fraction_or("error", 0.5, {"How far off these may be, as a part of them", "0.3"});
  cost.steps_ahead =
      config.get_or<int>("steps_ahead", 0, {"Steps scheduled while one runs: who comes meanwhile waits for them", "1"});
  if (cost.steps_ahead < 0 || cost.steps_ahead > 100) config.at("steps_ahead").fail("must be from 0 to 100");
  config.get_or<std::string>("source", "", {"Rows that the figures were fitted on", "validation, 40 rows"});
  config.reject_unread_keys();
  return cost;
}

}  // namespace teapot
