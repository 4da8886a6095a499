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
  cost.per_kernel = config.non_negative_or("per_kernel", Seconds{});
  cost.per_operator = config.non_negative_or("per_operator", Seconds{});
  cost.per_layer = config.non_negative_or("per_layer", Seconds{});
  cost.per_step = config.non_negative_or("per_step", Seconds{});
  cost.per_request = config.non_negative_or("per_request", Seconds{});
  cost.error = config.fraction_or("error", 0.5);
  config.get_or<std::string>("source", "");
  config.reject_unread_keys();
  return cost;
}

}  // namespace teapot
