// Reads serving stacks from YAML.
// Does not know what a step is made of.

#include "platforms/runtime.hpp"

namespace teapot {
namespace {

struct Toll {
  Seconds RuntimeCost::*to;
  const char* key;
  About about;
};

/// What a stack adds to one of each.
const Toll tolls[] = {
    {&RuntimeCost::per_kernel,
     "per_kernel",
     {"To each kernel launched, beside what the accelerator needs between two of them", "1 us"}},
    {&RuntimeCost::per_prompt_kernel,
     "per_prompt_kernel",
     {"To each kernel of a step of prompts with more tokens than graphs were recorded for", "4 us"}},
    {&RuntimeCost::per_launch,
     "per_launch",
     {"At least, from one launch to the next in such a step of prompts, by a host that is no quicker", "20 us"}},
    {&RuntimeCost::per_operator, "per_operator", {"To each compute operator", "2 us"}},
    {&RuntimeCost::per_layer, "per_layer", {"To each layer and micro-batch", "10 us"}},
    {&RuntimeCost::per_step, "per_step", {"Once a step: scheduler, sampling, host", "1 ms"}},
    {&RuntimeCost::per_copy, "per_copy", {"To each hand-over of activations between a GPU and its host", "20 us"}},
    {&RuntimeCost::per_cpu_kernel,
     "per_cpu_kernel",
     {"To each kernel on a CPU: threads that wait for one another", "10 us"}},
    {&RuntimeCost::per_request,
     "per_request",
     {"Once a step for each request of an attention group: sampling, detokenising, scheduling", "5 us"}},
    {&RuntimeCost::per_agreement,
     "per_agreement",
     {"Once a step for each doubling of attention groups: schedulers gather what each will compute", "100 us"}},
};

std::set<std::string> names(const Config& list) {
  std::set<std::string> names;
  for (const auto& name : list.items()) names.insert(name.as<std::string>());
  return names;
}

/// Parts of what other kernels reach, by stored format.
std::map<std::string, double> reached(const Config& formats) {
  std::map<std::string, double> parts;
  for (const auto& stored : formats.keys()) {
    const double part = parts[stored] = formats.fraction(stored);
    if (!(part > 0)) formats.at(stored).fail("must be above zero (a part of what other kernels reach)");
  }
  return parts;
}

void read_kernels(const Config& config, RuntimeCost& cost) {
  if (config.has("fused", {"Kernels that it computes within their neighbours: not launched, nothing written",
                           "[activation, quantise]"}))
    cost.fused = names(config.at("fused"));
  if (config.has("fused_all_reduce",
                 {"Kernels that its all-reduces do on the way, where there are some", "[norm, residual]"}))
    cost.fused_all_reduce = names(config.at("fused_all_reduce"));
  const Config unfused = config.section(
      "unfused",
      {"How many kernels it takes where one would do, by name, or by name and columns", "{top-k-biased: 10}"});
  for (const auto& kernel : unfused.keys()) cost.unfused[kernel] = unfused.at(kernel).as_positive<int>();
  const Config experts = config.section("fused_experts", {"Kernels fused beside experts, by the arithmetic that these "
                                                          "run in; weight-only where their weights are narrower",
                                                          "{fp8: [permute]}"});
  for (const auto& arithmetic : experts.keys()) cost.fused_experts[arithmetic] = names(experts.at(arithmetic));
  cost.weight_only = reached(config.section(
      "weight_only", {"What its weight-only kernels reach of the memory bandwidth that others reach, by stored format",
                      "{int4: 0.7}"}));
  cost.cpu_weight_only =
      reached(config.section("cpu_weight_only", {"The same of its kernels on a CPU", "{q4_k: 0.6}"}));
}

}  // namespace

RuntimeCost read_runtime(const Config& config) {
  RuntimeCost cost;
  cost.bound = config.get_or<bool>("lower_bound", false,
                                   {"No stack at all: not even the time between two kernels is counted", "true"});
  read_kernels(config, cost);
  const Config collectives = config.section(
      "collectives", {"Its own libraries within a scale-up domain, by operation", "{all-reduce: trtllm}"});
  for (const auto& operation : collectives.keys())
    cost.collectives[operation] = collectives.get<std::string>(operation);
  for (const Toll& toll : tolls) cost.*toll.to = config.non_negative_or(toll.key, Seconds{}, toll.about);
  cost.recorded_tokens = config.get_or<int>(
      "recorded_tokens", 0, {"Of an attention group, the most tokens that graphs were recorded for", "512"});
  if (cost.recorded_tokens < 0) config.at("recorded_tokens").fail("must not be below zero");
  cost.error = config.fraction_or("error", 0.5, {"How far off these may be, as a part of them", "0.3"});
  cost.steps_ahead =
      config.get_or<int>("steps_ahead", 0, {"Steps scheduled while one runs: who comes meanwhile waits for them", "1"});
  if (cost.steps_ahead < 0 || cost.steps_ahead > 100) config.at("steps_ahead").fail("must be from 0 to 100");
  config.get_or<std::string>("source", "", {"Rows that the figures were fitted on", "validation, 40 rows"});
  config.reject_unread_keys();
  return cost;
}

}  // namespace teapot
