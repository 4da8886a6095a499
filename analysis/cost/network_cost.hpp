#pragma once
// What a fabric's network costs and draws: counted parts, each with the price of its speed and reach.
// Knows no graph and no vendor: prices are data (platforms/parts/).

#include <map>
#include <string>
#include <vector>

#include "sim/config.hpp"
#include "topologies/topology.hpp"

namespace teapot {

/// A part as it is bought.
struct Part {
  std::string name;
  BytesPerSecond speed;  ///< of a port, a cable, or of a GPU into its scale-up switch
  int ports = 0;         ///< of a switch
  double reach_m = 0;    ///< of a cable
  int most_gpus = 0;     ///< of a scale-up domain
  double usd = 0;
  double w = 0;
  bool estimate = false;  ///< the price is nobody's, but scaled from a neighbour's
};

/// A file of platforms/parts/. One price for every speed (`flat`), or parts by speed.
struct Prices {
  bool flat = false;
  BytesPerSecond only_speed;  ///< a flat list is of this speed alone, where it says so
  double switch_usd = 0;
  double cable_usd = 0;  ///< between switches, where the tier has no price of its own
  std::map<std::string, double> cable_usd_by_tier;
  double endpoint_cable_usd = 0;
  double switch_w = 0;
  std::vector<Part> switches, nics, cables, scale_up;
};

Prices read_prices(const Config& config);
/// What `load_prices` reads, as it stands.
Tree price_list(const std::string& name);
/// A name in platforms/parts/, or a path; the newest list where it is empty.
Prices load_prices(const std::string& name);

struct CostItem {
  std::string name;
  std::int64_t count = 0;
  double each_usd = 0;
  double each_w = 0;
  bool estimate = false;  ///< as the part's
};

struct Cost {
  std::vector<CostItem> items;
  double usd = 0;
  double usd_per_endpoint = 0;
  double estimated_usd = 0;  ///< of `usd`, what estimates make up
  double power_kw = 0;
  std::string missing;  ///< what the list has no part for; such a design is not priced
};

/// Switches, cables between them and to endpoints, and, where the list has them, NICs and scale-up switches.
Cost cost_of(const Figures& figures, const Site& site, const Prices& prices);

}  // namespace teapot
