#pragma once
// What `./teapot fabric` says about fabrics: counts, metrics and cost, as tables and as JSON.
// Knows no kind of fabric.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/cost/network_cost.hpp"
#include "topologies/metrics.hpp"

namespace teapot {

struct FabricFacts {
  std::string name;
  std::string kind;
  std::string about;  ///< the first sentence of its file, for lists
  std::string routing;
  Site site;
  Figures figures;
  std::optional<Metrics> metrics;  ///< none where there is no graph
  std::optional<Cost> cost;        ///< none where nothing of it has a price
  Seconds nic_overhead, nvlink_overhead;

  std::int64_t endpoints() const { return site.ports > 0 ? site.endpoints() : site.gpus; }
};

/// Counts and cost by formula, without building the graph.
FabricFacts count_fabric(const Config& config, const Prices& prices);
/// The same with the graph's metrics, where the fabric can be built.
FabricFacts measure_fabric(const Config& config, const Prices& prices, const std::function<void(double)>& progress);

std::string fabric_list_table(const std::vector<FabricFacts>& facts);
std::string fabric_metrics_table(const std::vector<FabricFacts>& facts);
std::string fabric_cost_table(const std::vector<FabricFacts>& facts);
/// One object for one fabric, `{"fabrics": [...]}` for several; what is not known is null.
std::string fabric_json(const std::vector<FabricFacts>& facts);
/// One fabric in words: its parts, its links by tier, and some of its routes.
std::string fabric_description(const FabricFacts& facts, const Fabric& fabric);

}  // namespace teapot
