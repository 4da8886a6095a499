// Looks prices up.
// Does not know how they are shown.

#include "analysis/sweep/costs.hpp"

#include <filesystem>

#include "sim/catalogue.hpp"

namespace teapot {

std::string economics_file(const PriceFiles& files) {
  return files.economics.empty() ? home() + "/analysis/cost/economics.yaml" : files.economics;
}

CostLists read_cost_lists(const PriceFiles& files) {
  return {read_economics(Config{load_yaml(economics_file(files))}), load_prices(files.prices)};
}

std::optional<NetworkPrice> network_price(const Tree& scenario, const Prices& prices, PartReader& parts) {
  if (scenario.find("platform") != nullptr) return {};
  const Config config{scenario};
  // One GPU that no fabric was written for has nothing to be joined to.
  if (!config.has("fabric") && config.section("deployment").get_or<int>("gpus", 0) == 1) return NetworkPrice{};
  const auto& [figures, site] = parts.figures(parts.named(config, "fabric", "topologies", "fabric", "h800-mpft"));
  const Cost cost = cost_of(figures, site, prices);
  if (!cost.missing.empty()) return {};
  const double gpus = static_cast<double>(site.nodes) * site.gpus;
  return NetworkPrice{cost.usd / gpus, cost.power_kw * 1000 / gpus};
}

std::string accelerator_name(const Tree& scenario) {
  const Tree* at = scenario.find("accelerator");
  if (at == nullptr) return "h800";
  while (at != nullptr && at->kind == Tree::Kind::mapping) at = at->find("from");
  return at != nullptr ? std::filesystem::path{at->text}.stem().string() : std::string{};
}

std::optional<TokenCost> token_cost(const Tree& scenario, const CostLists& lists, double tokens_per_s_per_gpu,
                                    PartReader& parts) {
  const auto network = network_price(scenario, lists.prices, parts);
  if (!network) return {};
  return token_cost(lists.economics, accelerator_name(scenario), *network, tokens_per_s_per_gpu);
}

}  // namespace teapot
