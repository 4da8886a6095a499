#pragma once
// What a fabric's network costs and draws, from counts and a price list.
// Knows no graph and no vendor.

#include <map>
#include <string>

#include "sim/config.hpp"
#include "topologies/topology.hpp"

namespace teapot {

struct Prices {
  double switch_usd = 0;
  double cable_usd = 0;  ///< between switches, where the tier has no price of its own
  std::map<std::string, double> cable_usd_by_tier;
  double endpoint_cable_usd = 0;
  double switch_w = 0;  ///< power of a switch in W; 0: the list has none
};

/// topologies/prices.yaml, or a file of the same keys.
Prices read_prices(const Config& config);

struct Cost {
  double usd = 0;
  double usd_per_endpoint = 0;
  double power_kw = 0;
};

/// Switches, cables between them and cables to endpoints; neither NICs nor what stands inside the nodes.
Cost cost_of(const Figures& figures, const Site& site, const Prices& prices);

}  // namespace teapot
