// Multiplies counts by prices.
// Does not know where the prices come from.

#include "topologies/cost.hpp"

namespace teapot {

Prices read_prices(const Config& config) {
  Prices prices;
  prices.switch_usd = config.non_negative<double>("switch_usd");
  prices.cable_usd = config.non_negative<double>("cable_usd");
  prices.endpoint_cable_usd = config.non_negative<double>("endpoint_cable_usd");
  prices.switch_w = config.non_negative_or<double>("switch_W", 0);
  if (config.has("cable_usd_by_tier")) {
    const Config tiers = config.at("cable_usd_by_tier");
    for (const auto& tier : tiers.keys()) prices.cable_usd_by_tier[tier] = tiers.non_negative<double>(tier);
  }
  config.reject_unread_keys();
  return prices;
}

Cost cost_of(const Figures& figures, const Site& site, const Prices& prices) {
  const bool networked = site.ports > 0;
  Cost cost;
  if (!networked) return cost;  // a scale-up switch is part of its node or rack
  const auto endpoints = static_cast<double>(site.endpoints());
  cost.usd = static_cast<double>(figures.switches) * prices.switch_usd + endpoints * prices.endpoint_cable_usd;
  for (const auto& [tier, count] : figures.cables) {
    const auto own = prices.cable_usd_by_tier.find(tier);
    cost.usd += static_cast<double>(count) * (own == prices.cable_usd_by_tier.end() ? prices.cable_usd : own->second);
  }
  cost.usd_per_endpoint = cost.usd / endpoints;
  cost.power_kw = static_cast<double>(figures.switches) * prices.switch_w / 1000;
  return cost;
}

}  // namespace teapot
