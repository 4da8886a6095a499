#pragma once
// Joins what a fabric's network costs with what tokens cost.
// Knows no sweep and no output format.

#include <optional>
#include <string>

#include "analysis/cost/economics.hpp"
#include "analysis/cost/network_cost.hpp"
#include "analysis/scenario/part_reader.hpp"
#include "analysis/sweep/plan.hpp"

namespace teapot {

std::string economics_file(const PriceFiles& files);

struct CostLists {
  Economics economics;
  Prices prices;
};
CostLists read_cost_lists(const PriceFiles& files);

/// The network's price and power over the GPUs it is built for: a deployment that fills a part of the fabric pays that
/// part. Nothing for a platform file, which does not say what it costs.
std::optional<NetworkPrice> network_price(const Tree& scenario, const Prices& prices, PartReader& parts);
/// As price lists name it: the file's name, also where the scenario changes it in place. Empty where it has none.
std::string accelerator_name(const Tree& scenario);
/// Nothing where a price is missing.
std::optional<TokenCost> token_cost(const Tree& scenario, const CostLists& lists, double tokens_per_s_per_gpu,
                                    PartReader& parts);

}  // namespace teapot
