#pragma once
// What each wish is worth: the step with and without it, what the network costs and draws, what tokens cost.
// Knows no file of wishes and no page.

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/sweep/costs.hpp"
#include "analysis/wishes/wishes.hpp"

namespace teapot {

/// A design as simulated and priced. What is not priced is nothing.
struct Figured {
  double tpot_ms = 0;
  double tokens_per_s_per_gpu = 0;
  double exposed_ms = 0;
  std::optional<double> network_usd;  ///< of the whole deployment
  std::optional<double> network_W;
  std::optional<double> usd_per_million_tokens;
  std::optional<double> tokens_per_joule;  ///< of accelerators and network, with the data centre's overhead
};

struct Worth {
  std::string name, says, section;
  bool design = false;
  std::optional<Figured> after;  ///< nothing where the wish means nothing in this scenario
  std::string why_not;
};

struct WorthTable {
  std::string scenario;
  Figured before;
  std::vector<Worth> wishes;   ///< lowest TPOT first; then those that mean nothing here
  std::vector<Worth> designs;  ///< likewise
  Worth together;              ///< of each choice the wish that lowers TPOT most, where one does
};

WorthTable worth_of(const Tree& scenario, const std::string& name, const std::vector<Wish>& wishes,
                    const CostLists& lists, const std::function<void(double fraction)>& progress = {});

std::string worth_text(const WorthTable& table);
/// An array: the wishes, what all bring together, the designs.
nlohmann::ordered_json worth_json(const WorthTable& table);

}  // namespace teapot
