// Gathers what is known of a fabric.
// Does not print.

#include "analysis/facts/fabric_facts.hpp"

#include <nlohmann/json.hpp>

namespace teapot {
namespace {

using Json = nlohmann::ordered_json;
using namespace literals;

Json or_null(bool known, double value) { return known ? Json(value) : Json(nullptr); }

/// 64 bytes from end to end: wire, line rate, and what software adds.
double small_message_us(Seconds wire, Seconds overhead, BytesPerSecond bandwidth) {
  return (wire + overhead + 64.0_B / bandwidth).value * 1e6;
}

void add_metrics(Json& json, const FabricFacts& facts) {
  const bool known = facts.metrics.has_value();
  const Metrics metrics = facts.metrics.value_or(Metrics{});
  const bool networked = known && facts.site.ports > 0;
  const BytesPerSecond bisection = known ? metrics.bisection : facts.figures.bisection;
  json["diameter"] =
      known ? Json(metrics.diameter) : (facts.figures.diameter >= 0 ? Json(facts.figures.diameter) : Json(nullptr));
  json["mean_path"] = or_null(known, metrics.mean_path);
  json["mean_minimal_paths"] = or_null(known, metrics.minimal_paths);
  json["minimal_paths_sampled_from"] = metrics.sampled > 0 ? Json(metrics.sampled) : Json("all switches");
  json["bisection_Gbps"] = or_null(bisection > BytesPerSecond{}, bisection.value * 8 / 1e9);
  json["bisection_basis"] = known ? Json(metrics.bisection_basis) : Json(nullptr);
  json["wire_latency_same_switch_ns"] = or_null(networked, metrics.latency_near.value * 1e9);
  json["wire_latency_farthest_ns"] = or_null(networked, metrics.latency_far.value * 1e9);
  json["wire_latency_nvlink_ns"] = or_null(metrics.latency_nvlink > Seconds{}, metrics.latency_nvlink.value * 1e9);
  const auto small = [&](Seconds wire) { return small_message_us(wire, facts.nic_overhead, facts.site.nic_bandwidth); };
  const bool timed = networked && facts.nic_overhead > Seconds{};
  json["latency_64B_same_switch_us"] = timed ? Json(small(metrics.latency_near)) : Json(nullptr);
  json["latency_64B_farthest_us"] = timed ? Json(small(metrics.latency_far)) : Json(nullptr);
  const bool nvlink = metrics.latency_nvlink > Seconds{} && facts.nvlink_overhead > Seconds{};
  json["latency_64B_nvlink_us"] =
      nvlink ? Json(small_message_us(metrics.latency_nvlink, facts.nvlink_overhead, metrics.nvlink_bandwidth))
             : Json(nullptr);
}

void add_cost(Json& json, const FabricFacts& facts) {
  const Cost cost = facts.cost.value_or(Cost{});
  const bool priced = facts.cost.has_value() && cost.missing.empty();
  json["cost_usd"] = or_null(priced, cost.usd);
  json["cost_per_endpoint_usd"] = or_null(priced, cost.usd_per_endpoint);
  json["power_kW"] = or_null(priced, cost.power_kw);
  double switches_kw = 0;
  for (const CostItem& item : cost.items) {
    if (item.name.ends_with("switch")) switches_kw += static_cast<double>(item.count) * item.each_w / 1000;
  }
  json["switch_power_kW"] = or_null(priced, switches_kw);
  json["not_priced"] = cost.missing.empty() ? Json(nullptr) : Json(cost.missing);
  json["items"] = Json::array();
  for (const CostItem& item : cost.items) {
    json["items"].push_back({{"name", item.name},
                             {"count", item.count},
                             {"each_usd", item.each_usd},
                             {"each_W", item.each_w},
                             {"estimate", item.estimate}});
  }
}

Json to_json(const FabricFacts& facts) {
  Json json;
  json["name"] = facts.name;
  json["kind"] = facts.kind;
  json["routing"] = facts.routing;
  json["gpus"] = static_cast<std::int64_t>(facts.site.nodes) * facts.site.gpus;
  json["nodes"] = facts.site.nodes;
  json["endpoints"] = facts.endpoints();
  json["switches"] = facts.figures.switches;
  json["links"] = facts.figures.links();
  json["links_by_tier"] = Json::object();
  for (const auto& [tier, count] : facts.figures.cables) json["links_by_tier"][tier] = count;
  json["can_be_simulated"] = facts.figures.no_graph.empty();
  if (!facts.figures.no_graph.empty()) json["why_not"] = facts.figures.no_graph;
  add_metrics(json, facts);
  add_cost(json, facts);
  return json;
}

}  // namespace

FabricFacts count_fabric(const Config& config, const Prices& prices) {
  FabricFacts facts;
  facts.figures = figures_of(config, facts.site);
  facts.kind = config.get<std::string>("kind");
  facts.name = config.get_or<std::string>("name", facts.kind);
  facts.routing = to_text(read_routing_policy(config).paths);
  facts.cost = cost_of(facts.figures, facts.site, prices);
  if (facts.cost->items.empty() && facts.cost->missing.empty()) facts.cost.reset();
  return facts;
}

FabricFacts measure_fabric(const Config& config, const Prices& prices, const std::function<void(double)>& progress) {
  FabricFacts facts = count_fabric(config, prices);
  if (!facts.figures.no_graph.empty()) return facts;
  const Fabric fabric = build_fabric(config);
  facts.metrics = metrics_of(fabric, facts.figures, progress);
  facts.nic_overhead = fabric.nic_message_overhead;
  facts.nvlink_overhead = fabric.nvlink_message_overhead;
  return facts;
}

std::string fabric_json(const std::vector<FabricFacts>& facts) {
  if (facts.size() == 1) return to_json(facts.front()).dump(2) + "\n";
  Json all = Json::array();
  for (const auto& one : facts) all.push_back(to_json(one));
  return Json{{"fabrics", all}}.dump(2) + "\n";
}

}  // namespace teapot
