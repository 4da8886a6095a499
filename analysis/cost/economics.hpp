#pragma once
// What tokens cost: accelerators, their network and their power, written off over years. Prices are data.
// Knows no fabric and no simulation.

#include <map>
#include <optional>
#include <string>

#include "sim/config.hpp"

namespace teapot {

struct AcceleratorPrice {
  double usd = 0;      ///< one accelerator with its share of server, NIC and scale-up network
  double power_w = 0;  ///< the same, at full load
};

/// analysis/cost/economics.yaml, or a file of the same keys.
struct Economics {
  double amortisation_years = 4;
  double utilisation = 1;  ///< part of the time in which tokens are decoded as in the simulation
  double electricity_usd_per_kwh = 0;
  double power_overhead = 1;        ///< of the data centre: power drawn over power of the machines (PUE)
  double maintenance_per_year = 0;  ///< part of the price
  std::map<std::string, AcceleratorPrice> accelerators;  ///< by name of the accelerator's file
};

Economics read_economics(const Config& config);

/// The network's share of one accelerator.
struct NetworkPrice {
  double usd = 0;
  double power_w = 0;
};

struct TokenCost {
  double accelerator_usd = 0;
  double network_usd = 0;
  double usd_per_gpu = 0;             ///< both
  double usd_per_gpu_hour = 0;        ///< write-off, maintenance and electricity
  double usd_per_million_tokens = 0;  ///< of output
  double tokens_per_s_per_kusd = 0;   ///< output tokens a second for each 1,000 USD of price
};

/// Nothing where the price list lacks the accelerator.
///   usd_per_gpu_hour = usd_per_gpu x (1 / years + maintenance) / 8,766 h + kW x overhead x electricity
///   usd_per_million_tokens = usd_per_gpu_hour / (tokens/s/GPU x 3,600 s x utilisation) x 10^6
std::optional<TokenCost> token_cost(const Economics& economics, const std::string& accelerator,
                                    const NetworkPrice& network, double tokens_per_s_per_gpu);
/// tokens/s/GPU / ((W of the accelerator + W of the network) x overhead); nothing where the list lacks the accelerator.
std::optional<double> tokens_per_joule(const Economics& economics, const std::string& accelerator,
                                       const NetworkPrice& network, double tokens_per_s_per_gpu);

}  // namespace teapot
