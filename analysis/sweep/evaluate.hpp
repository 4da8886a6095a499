#pragma once
// One scenario simulated and priced, as the JSON object a sweep keeps of it.
// Knows neither folders nor processes; two equal scenarios give the same bytes.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/scenario/scenario.hpp"
#include "analysis/sweep/costs.hpp"
#include "workloads/step/known_exchanges.hpp"

namespace teapot {

/// What scenarios that are evaluated one after another have in common: read and drawn once.
struct InCommon {
  PartReader parts;
  std::shared_ptr<KnownExchanges> drawn = std::make_shared<KnownExchanges>();
};

/// What `run --json` prints, without the time the simulation took, and with what tokens cost: network_usd_per_gpu,
/// usd_per_gpu, usd_per_gpu_hour, usd_per_million_tokens and tokens_per_s_per_kusd, null where a price is missing.
/// With `binding`, the resource whose raise lowers TPOT most, which takes a few simulations more; a service has none.
/// Throws ConfigError and SimulationError.
nlohmann::ordered_json evaluate(const Tree& scenario, const std::string& name, const CostLists& lists, InCommon& common,
                                bool binding = false);
/// One scenario by itself, of which every misspelt key is said.
nlohmann::ordered_json evaluate(const Tree& scenario, const std::string& name, const CostLists& lists);

/// The fields that are about cost, added to an object.
void add_cost(nlohmann::ordered_json& json, const std::optional<TokenCost>& cost);

}  // namespace teapot
