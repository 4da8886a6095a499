// Fuzz targets: YAML, scenarios and their parts, sweeps and what lies in their folders.
// Nothing is simulated.

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "analysis/cost/economics.hpp"
#include "analysis/cost/network_cost.hpp"
#include "analysis/scenario/known_keys.hpp"
#include "analysis/scenario/scenario.hpp"
#include "analysis/sweep/condition.hpp"
#include "analysis/sweep/damage.hpp"
#include "analysis/sweep/plan.hpp"
#include "sim/catalogue.hpp"
#include "target.hpp"
#include "topologies/topology.hpp"

namespace teapot::fuzz {
namespace {

/// A document that was read is written as one that reads the same. Not asked of a single word, which is no document of
/// anybody's.
void yaml(const std::string& text) {
  const Tree tree = parse_yaml(text, "fuzz.yaml");
  if (tree.kind == Tree::Kind::scalar) return;
  const std::string once = to_yaml(tree);
  require(to_yaml(parse_yaml(once, "again.yaml")) == once, "YAML written and read again is the same");
}

bool is_sane(double figure) { return std::isfinite(figure) && figure > 0; }

/// What is accepted has finite figures. Files that are named are read once for some thousand inputs.
void scenario(const std::string& text) {
  static std::unique_ptr<PartReader> parts;
  static int inputs = 0;
  if (inputs++ % 4096 == 0) parts = std::make_unique<PartReader>();
  const Tree tree = parse_yaml(text, "fuzz.yaml");
  try {
    const Scenario s = read_scenario(tree, "fuzz", *parts);
    require(s.network.ranks() >= s.layout.gpus, "the network has a place for each GPU");
    for (const Link& link : s.network.links)
      require(is_sane(link.bandwidth.value) && link.latency.value >= 0, "links are sane");
  } catch (const ConfigError&) {
    misspelt(tree, known_keys());
    throw;
  }
}

void set(const std::string& text) {
  Tree tree = parse_yaml("model: {from: deepseek-v3, layers: 4}\ndeployment: {gpus: 8}\n", "set.yaml");
  apply_set(tree, text, set_key);
  to_yaml(tree);
}

/// Small ones are built; of the others figures are counted.
void fabric(const std::string& text) {
  const Config config{parse_yaml(text, "fuzz.yaml")};
  Site site;
  const Figures figures = figures_of(config, site);
  require(figures.switches >= 0 && figures.links() >= 0, "counts are no less than none");
  if (figures.switches + figures.links() + std::int64_t{site.nodes} * site.gpus > 2000) return;
  const Fabric built = build_fabric(config);
  const Network network = to_network(built, std::min(built.gpus(), 4));
  for (int s = 0; s < network.ranks(); ++s) {
    for (int d = 0; d < network.ranks(); ++d) require(s == d || !network.route(s, d).empty(), "every pair has a way");
  }
}

void sweep(const std::string& text) { read_sweep(as_file(text, "sweep.yaml"), {}, {}); }

void condition(const std::string& text) {
  static const Tree base = parse_yaml(
      "model: {from: deepseek-v3, layers: 4}\nfabric: h800-mpft\ndeployment: {gpus: 8, context_tokens: 4096}\n"
      "decode: {overlap: none, runtime: {per_layer: 40 us}}\n",
      "scenario.yaml");
  Tree said;
  said.kind = Tree::Kind::scalar;
  said.text = text;
  holds(Config{said}, base, {{"design", "slim-fly"}, {"speed", "400 Gbps"}});
}

void prices(const std::string& text) {
  const Prices read = read_prices(Config::parse(text, "prices.yaml"));
  static const Config fabric_of_32{resolve_named("{from: h800-mpft, nodes: 4}", "topologies", "fabric")};
  static Site site;
  static const Figures figures = figures_of(fabric_of_32, site);
  const Cost cost = cost_of(figures, site, read);
  require(std::isfinite(cost.usd) && cost.usd >= 0 && std::isfinite(cost.power_kw), "costs are finite");
}

void economics(const std::string& text) {
  const Economics read = read_economics(Config::parse(text, "economics.yaml"));
  for (const auto& [name, price] : read.accelerators) {
    const auto cost = token_cost(read, name, {1000, 100}, 500);
    require(cost && std::isfinite(cost->usd_per_million_tokens) && std::isfinite(cost->tokens_per_s_per_kusd),
            "costs of tokens are finite");
  }
}

/// {"plan": what plan.json holds, "results": [what the files of points hold]}
void results(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("plan") || !is_plan(json.at("plan"))) return;
  const auto find = [&](const std::string& key) -> std::optional<Json> {
    if (!json.contains("results") || !json.at("results").is_array()) return {};
    for (const Json& result : json.at("results")) {
      if (is_sound(result, key)) return result;
    }
    return {};
  };
  const ResultTable table = result_table(json.at("plan"), find);
  to_csv(table);
  to_json(table);
}

void ask_for_keys() { known_keys(); }

const Target targets[] = {{"yaml", yaml},
                          {"scenario", scenario, ask_for_keys},
                          {"set", set},
                          {"fabric", fabric},
                          {"sweep", sweep, ask_for_keys},
                          {"condition", condition},
                          {"prices", prices},
                          {"economics", economics},
                          {"results", results}};

}  // namespace
}  // namespace teapot::fuzz
