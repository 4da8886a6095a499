// Reads communication libraries from YAML.
// Does not know what is sent.

#include "platforms/communication.hpp"

#include <array>
#include <map>

namespace teapot {
namespace {

constexpr std::array operations{"dispatch",       "combine",   "all-reduce", "all-gather",
                                "reduce-scatter", "broadcast", "send"};

std::shared_ptr<const Wire> read_wire(const Config& config) {
  auto wire = std::make_shared<Wire>();
  for (const auto& tier : config.keys()) {
    const Config use = config.at(tier);
    Wire::Use& to = wire->tiers[tier];
    to.efficiency = use.fraction_or("efficiency", 1.0);
    if (!(to.efficiency > 0)) use.at("efficiency").fail("must be above zero (a part of the line rate)");
    to.per_message = use.non_negative_or("per_message", Seconds{});
    to.latency = use.non_negative_or("latency", Seconds{});
  }
  return wire;
}

CollectiveCost read_cost(const Config& config) {
  CollectiveCost cost;
  cost.overhead = config.non_negative_or("overhead", Seconds{});
  cost.sm_share = config.fraction_or("sm_share", 0.0);
  if (config.has("wire")) cost.wire = read_wire(config.at("wire"));
  cost.error = config.fraction_or("error", 0.0);
  config.get_or<std::string>("source", "");
  return cost;
}

}  // namespace

CollectiveCosts read_communication(const Config& config) {
  config.get_or<std::string>("source", "");
  std::map<std::string, CollectiveCost> costs;
  for (const char* operation : operations) {
    costs[operation] = read_cost(config.at(operation));
  }
  config.reject_unread_keys();
  return [costs](const std::string& operation) {
    const auto found = costs.find(operation);
    if (found != costs.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [name, cost] : costs) known.push_back(name);
    throw ConfigError(unknown_name("operation", operation, known));
  };
}

}  // namespace teapot
