// ./teapot optimize: the cheapest deployment under a limit of TPOT.
// Does not know how the search goes.

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "analysis/commands/command_line.hpp"
#include "analysis/output/text_table.hpp"
#include "analysis/sweep/amount.hpp"
#include "analysis/sweep/evaluate.hpp"
#include "analysis/sweep/optimizer.hpp"
#include "analysis/version.hpp"
#include "sim/engine.hpp"

namespace teapot {
namespace {

struct Options {
  std::string scenario;
  std::vector<std::string> sets;
  std::string limit;
  SearchSpace space;
  bool json = false;
  PriceFiles prices;
};

double limit_ms(const std::string& text) {
  const auto amount = read_amount(text);
  if (!amount || amount->dimension != 1 || !(amount->base > 0)) {
    throw ConfigError("--tpot " + text + ": expected a time, such as 50 ms");
  }
  return amount->base * 1e3;
}

Visit visit(const Candidate& candidate, const Tree& base, bool keep_fabric, bool keep_parallel, const CostLists& lists,
            PartReader& parts) {
  Visit v;
  v.candidate = candidate;
  Tree tree = base;
  apply_set(tree, fmt::format("deployment.requests_per_gpu={}", candidate.batch));
  if (!keep_parallel) {
    apply_set(tree, fmt::format("deployment.expert_parallel={}", candidate.expert_parallel));
    apply_set(tree, fmt::format("deployment.gpus={}", candidate.expert_parallel));
  }
  if (!keep_fabric) apply_set(tree, "fabric=" + candidate.fabric);
  try {
    const auto result = evaluate(tree, "optimize", lists, parts);
    if (!result.at("usd_per_million_tokens").is_number()) {
      throw ConfigError(
          fmt::format("no price of the accelerator \"{}\", or of the network: see analysis/cost/economics.yaml",
                      accelerator_name(tree)));
    }
    v.tpot_ms = result.at("tpot_ms").get<double>();
    v.tokens_per_s_per_gpu = result.at("tokens_per_s_per_gpu").get<double>();
    v.usd_per_million_tokens = result.at("usd_per_million_tokens").get<double>();
  } catch (const ConfigError& e) {
    v.error = e.what();
  }
  return v;
}

std::string text_of(const Optimum& optimum, double limit) {
  using Align = TextTable::Align;
  TextTable table{{{"EP", Align::right},
                   {"fabric"},
                   {"batch", Align::right},
                   {"TPOT ms", Align::right},
                   {"tokens/s/GPU", Align::right},
                   {"$/Mtoken", Align::right},
                   {""}}};
  for (const auto& v : optimum.visited) {
    const bool best = optimum.best && v.candidate.batch == optimum.best->candidate.batch &&
                      v.candidate.fabric == optimum.best->candidate.fabric &&
                      v.candidate.expert_parallel == optimum.best->candidate.expert_parallel;
    const bool good = v.error.empty();
    table.add({fmt::format("{}", v.candidate.expert_parallel), v.candidate.fabric, fmt::format("{}", v.candidate.batch),
               good ? fmt::format("{:.3f}", v.tpot_ms) : "", good ? fmt::format("{:.1f}", v.tokens_per_s_per_gpu) : "",
               good ? fmt::format("{:.4f}", v.usd_per_million_tokens) : "",
               best                ? "cheapest"
               : !good             ? v.error
               : v.tpot_ms > limit ? "too slow"
                                   : ""});
  }
  std::string text = table.to_text();
  if (optimum.best) {
    const Visit& b = *optimum.best;
    text += fmt::format(
        "\ncheapest within {:g} ms: EP {}, {}, {} requests a GPU: {:.4f} $ a million tokens, TPOT {:.3f} ms\n", limit,
        b.candidate.expert_parallel, b.candidate.fabric, b.candidate.batch, b.usd_per_million_tokens, b.tpot_ms);
  } else {
    text += fmt::format("\nno deployment keeps {:g} ms\n", limit);
  }
  return text + fmt::format("visited {} of {} deployments{}\n", optimum.visited.size(), optimum.grid,
                            optimum.as_expected ? "; TPOT and tokens/s/GPU grow with the batch wherever it looked"
                                                : "; where TPOT or tokens/s/GPU fell with the batch, every batch");
}

nlohmann::ordered_json json_of(const Visit& v) {
  nlohmann::ordered_json json{{"expert_parallel", v.candidate.expert_parallel},
                              {"fabric", v.candidate.fabric},
                              {"requests_per_gpu", v.candidate.batch}};
  if (!v.error.empty()) {
    json["error"] = v.error;
    return json;
  }
  json["tpot_ms"] = v.tpot_ms;
  json["tokens_per_s_per_gpu"] = v.tokens_per_s_per_gpu;
  json["usd_per_million_tokens"] = v.usd_per_million_tokens;
  return json;
}

void execute(Options& options) {
  const double limit = limit_ms(options.limit);
  const Tree base = load_scenario_tree(options.scenario, options.sets);
  const CostLists lists = read_cost_lists(options.prices);
  const bool keep_fabric = options.space.fabrics.empty();
  const bool keep_parallel = options.space.expert_parallel.empty();
  PartReader parts;
  if (keep_fabric || keep_parallel) {  // what is not varied stays as the scenario says
    const Scenario scenario = read_scenario(base, "optimize", parts);
    if (keep_parallel) options.space.expert_parallel = {scenario.layout.expert_parallel};
    if (keep_fabric) options.space.fabrics = {scenario.fabric};
  }
  if (options.space.batches.empty()) options.space.batches = {8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512};
  const Optimum optimum = optimize(options.space, limit, [&](const Candidate& candidate) {
    return visit(candidate, base, keep_fabric, keep_parallel, lists, parts);
  });
  if (options.json) {
    nlohmann::ordered_json json;
    json["limit_ms"] = limit;
    json["best"] = optimum.best ? json_of(*optimum.best) : nlohmann::ordered_json(nullptr);
    json["visited"] = optimum.visited.size();
    json["grid"] = optimum.grid;
    json["as_expected"] = optimum.as_expected;
    auto& visits = json["visits"] = nlohmann::ordered_json::array();
    for (const auto& v : optimum.visited) visits.push_back(json_of(v));
    json["version"] = version;
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("{}", text_of(optimum, limit));
  }
  const bool any =
      std::any_of(optimum.visited.begin(), optimum.visited.end(), [](const Visit& v) { return v.error.empty(); });
  if (!any && !optimum.visited.empty()) throw ConfigError(optimum.visited.back().error);
  if (!optimum.best) throw SimulationError(fmt::format("no deployment keeps a TPOT of {:g} ms", limit));
}

void declare(Command command) {
  auto options = std::make_shared<Options>();
  command.option("scenario", options->scenario, "Scenario (YAML)").required().type_name("SCENARIO.yaml");
  command.option("--tpot", options->limit, "The limit, such as 50ms").required().type_name("TIME");
  command.option("--batch", options->space.batches, "Requests a GPU to choose from (default: 8 to 512)")
      .comma_separated()
      .range(1, 1 << 20)
      .repeatable();
  command.option("--ep", options->space.expert_parallel, "Expert parallelism to choose from, each on as many GPUs")
      .comma_separated()
      .range(1, 1 << 20)
      .repeatable();
  command.option("--fabric", options->space.fabrics, "Fabrics to choose from").comma_separated().repeatable();
  command.sets(options->sets, "Change a key (may be repeated)");
  command.flag("--json", options->json, "Print one JSON object");
  command.option("--economics", options->prices.economics, "Prices of accelerators and power").type_name("FILE");
  command.option("--prices", options->prices.prices, "Prices of parts: a name in platforms/parts/, or a file (2025)")
      .type_name("LIST");
  command.footer(
      "Example:\n"
      "  ./teapot optimize examples/deepseek-v3-h800.yaml --tpot 40ms --ep 64,128,256 --fabric h800-mpft,h800-mrft");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{110, "optimize", "Find the cheapest deployment under a limit of TPOT", declare};

}  // namespace
}  // namespace teapot
