// Divides prices by tokens.
// Does not know where either comes from.

#include "analysis/cost/economics.hpp"

namespace teapot {

Economics read_economics(const Config& config) {
  Economics e;
  e.amortisation_years = config.positive<double>("amortisation_years");
  e.utilisation = config.fraction("utilisation");
  if (!(e.utilisation > 0)) config.at("utilisation").fail("must be above zero");
  e.electricity_usd_per_kwh = config.non_negative<double>("electricity_usd_per_kWh");
  e.power_overhead = config.positive<double>("power_overhead");
  e.maintenance_per_year = config.non_negative<double>("maintenance_per_year");
  const Config accelerators = config.at("accelerators");
  for (const auto& name : accelerators.keys()) {
    const Config price = accelerators.at(name);
    e.accelerators[name] = {price.positive<double>("usd"), price.non_negative<double>("power_W")};
    price.get_or<std::string>("source", "");
  }
  config.reject_unread_keys();
  return e;
}

std::optional<TokenCost> token_cost(const Economics& economics, const std::string& accelerator,
                                    const NetworkPrice& network, double tokens_per_s_per_gpu) {
  const auto price = economics.accelerators.find(accelerator);
  if (price == economics.accelerators.end()) return {};
  constexpr double hours_per_year = 8766;
  TokenCost cost;
  cost.accelerator_usd = price->second.usd;
  cost.network_usd = network.usd;
  cost.usd_per_gpu = cost.accelerator_usd + cost.network_usd;
  const double kw = (price->second.power_w + network.power_w) / 1000 * economics.power_overhead;
  cost.usd_per_gpu_hour =
      cost.usd_per_gpu * (1 / economics.amortisation_years + economics.maintenance_per_year) / hours_per_year +
      kw * economics.electricity_usd_per_kwh;
  const double tokens_per_hour = tokens_per_s_per_gpu * 3600 * economics.utilisation;
  cost.usd_per_million_tokens = cost.usd_per_gpu_hour / tokens_per_hour * 1e6;
  cost.tokens_per_s_per_kusd = tokens_per_s_per_gpu / (cost.usd_per_gpu / 1000);
  return cost;
}

std::optional<double> tokens_per_joule(const Economics& economics, const std::string& accelerator,
                                       const NetworkPrice& network, double tokens_per_s_per_gpu) {
  const auto price = economics.accelerators.find(accelerator);
  if (price == economics.accelerators.end()) return {};
  return tokens_per_s_per_gpu / ((price->second.power_w + network.power_w) * economics.power_overhead);
}

}  // namespace teapot
