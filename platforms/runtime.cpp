// Reads serving stacks from YAML.
// Does not know what a step is made of.

#include "platforms/runtime.hpp"

namespace teapot {

RuntimeCost read_runtime(const Config& config) {
  RuntimeCost cost;
  cost.bound = config.get_or<bool>("lower_bound", false);
  if (config.has("fused")) {
    for (const auto& kernel : config.at("fused").items()) cost.fused.insert(kernel.as<std::string>());
  }
  if (config.has("fused_all_reduce")) {
    for (const auto& kernel : config.at("fused_all_reduce").items())
      cost.fused_all_reduce.insert(kernel.as<std::string>());
  }
  const Config experts = config.section("fused_experts");
  for (const auto& arithmetic : experts.keys()) {
    for (const auto& kernel : experts.at(arithmetic).items())
      cost.fused_experts[arithmetic].insert(kernel.as<std::string>());
  }
  const Config weight_only = config.section("weight_only");
  for (const auto& stored : weight_only.keys()) {
    const double part = cost.weight_only[stored] = weight_only.fraction(stored);
    if (!(part > 0)) weight_only.at(stored).fail("must be above zero (a part of what other kernels reach)");
  }
  const Config on_cpu = config.section("cpu_weight_only");
  for (const auto& stored : on_cpu.keys()) {
    const double part = cost.cpu_weight_only[stored] = on_cpu.fraction(stored);
    if (!(part > 0)) on_cpu.at(stored).fail("must be above zero (a part of what other kernels reach)");
  }
  const Config collectives = config.section("collectives");
  for (const auto& operation : collectives.keys())
    cost.collectives[operation] = collectives.get<std::string>(operation);
  cost.per_kernel = config.non_negative_or("per_kernel", Seconds{});
  cost.per_prompt_kernel = config.non_negative_or("per_prompt_kernel", Seconds{});
  cost.recorded_tokens = config.get_or<int>("recorded_tokens", 0);
  if (cost.recorded_tokens < 0) config.at("recorded_tokens").fail("must not be below zero");
  cost.per_operator = config.non_negative_or("per_operator", Seconds{});
  cost.per_layer = config.non_negative_or("per_layer", Seconds{});
  cost.per_step = config.non_negative_or("per_step", Seconds{});
  cost.per_copy = config.non_negative_or("per_copy", Seconds{});
  cost.per_cpu_kernel = config.non_negative_or("per_cpu_kernel", Seconds{});
  cost.per_request = config.non_negative_or("per_request", Seconds{});
  cost.per_agreement = config.non_negative_or("per_agreement", Seconds{});
  cost.error = config.fraction_or("error", 0.5);
  cost.steps_ahead = config.get_or<int>("steps_ahead", 0);
  if (cost.steps_ahead < 0 || cost.steps_ahead > 100) config.at("steps_ahead").fail("must be from 0 to 100");
  config.get_or<std::string>("source", "");
  config.reject_unread_keys();
  return cost;
}

}  // namespace teapot
