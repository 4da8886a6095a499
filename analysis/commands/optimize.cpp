// ./teapot optimize: the cheapest deployment under limits.
// Does not know how the search goes.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "analysis/commands/choices.hpp"
#include "analysis/commands/command_line.hpp"
#include "analysis/commands/optimize_serving.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/scenario/tree_edit.hpp"
#include "analysis/sweep/amount.hpp"
#include "analysis/sweep/evaluate.hpp"
#include "analysis/sweep/optimizer.hpp"
#include "analysis/sweep/optimum_text.hpp"
#include "sim/engine.hpp"

namespace teapot::optimize_command {
namespace {

struct Options {
  std::string scenario;
  std::vector<std::string> sets;
  std::string limit, ttft;
  std::vector<int> batches, ep, tp, pp, gpus, replicas;
  std::vector<std::string> fabrics, accelerators, precisions, vary;
  bool json = false;
  PriceFiles prices;
  ServiceGoal goal;  ///< of a scenario with `requests:`
  std::string cache = default_cache_folder();
};

/// So many equal copies of one group of GPUs with all experts; what its keys become depends on the other choices.
constexpr const char* replicas_axis = "replicas";

std::vector<std::string> words(const std::vector<int>& numbers) {
  std::vector<std::string> words;
  for (const int n : numbers) words.push_back(std::to_string(n));
  return words;
}

std::vector<ChoiceAxis> axes_of(const Options& o) {
  std::vector<ChoiceAxis> axes;
  const auto add = [&](const char* name, std::vector<std::string> keys, std::vector<std::string> values) {
    if (!values.empty()) axes.push_back({name, std::move(keys), std::move(values)});
  };
  add("accelerator", {"accelerator"}, o.accelerators);
  add("fabric", {"fabric"}, o.fabrics);
  add("gpus", {"deployment.gpus"}, words(o.gpus));
  if (o.gpus.empty()) {
    add("expert_parallel", {"deployment.expert_parallel", "deployment.gpus"}, words(o.ep));
  } else {
    add("expert_parallel", {"deployment.expert_parallel"}, words(o.ep));
  }
  add("tensor_parallel", {"deployment.tensor_parallel"}, words(o.tp));
  add("pipeline_parallel", {"deployment.pipeline_parallel"}, words(o.pp));
  add("weights", {"decode.precision.weights"}, o.precisions);
  add(replicas_axis, {}, words(o.replicas));
  for (const auto& text : o.vary) axes.push_back(varied(text));
  return axes;
}

double limit_ms(const char* option, const std::string& text) {
  const auto amount = read_amount(text);
  if (!amount || amount->dimension != 1 || !(amount->base > 0)) {
    throw ConfigError(fmt::format("{} {}: expected a time, such as 50 ms", option, text));
  }
  return amount->base * 1e3;
}

class Evaluator {
 public:
  Evaluator(const Tree& base, const std::vector<ChoiceAxis>& axes, const CostLists& lists)
      : base_(base), axes_(axes), lists_(lists) {
    common_.drawn->keep_choices();
  }

  Visit operator()(const Candidate& candidate) {
    Visit v;
    v.candidate = candidate;
    Tree tree = base_;
    forget_load(tree);
    apply_set(tree, fmt::format("deployment.requests_per_gpu={}", candidate.batch), set_key);
    tree = chosen(tree, axes_, candidate.choices);
    try {
      for (std::size_t i = 0; i < axes_.size(); ++i) {
        if (axes_[i].name == replicas_axis) replicate(tree, std::stoi(candidate.choices[i]));
      }
      const auto result = evaluate(tree, "optimize", lists_, common_);
      if (!result.at("usd_per_million_tokens").is_number()) {
        throw ConfigError(
            fmt::format("no price of the accelerator \"{}\", or of the network: see analysis/cost/economics.yaml",
                        accelerator_name(tree)));
      }
      v.tpot_ms = result.at("tpot_ms").get<double>();
      v.tokens_per_s_per_gpu = result.at("tokens_per_s_per_gpu").get<double>();
      v.usd_per_million_tokens = result.at("usd_per_million_tokens").get<double>();
      if (result.contains("warnings")) v.warnings = result.at("warnings").get<std::vector<std::string>>();
    } catch (const ConfigError& e) {
      v.error = e.what();
    }
    return v;
  }

 private:
  /// The batch is chosen here, whichever way the scenario says it.
  static void forget_load(Tree& tree) {
    for (auto& entry : tree.entries) {
      if (entry.key == "deployment") erase(entry.value, "concurrency");
    }
  }

  void replicate(Tree& tree, int replicas) {
    const Scenario one = read_scenario(tree, "optimize", common_.parts);
    if (one.model.has_experts())
      apply_set(tree, fmt::format("deployment.expert_parallel={}", one.layout.expert_parallel), set_key);
    apply_set(tree, fmt::format("deployment.gpus={}", std::int64_t{one.layout.gpus} * replicas), set_key);
  }

  const Tree& base_;
  const std::vector<ChoiceAxis>& axes_;
  const CostLists& lists_;
  InCommon common_;
};

/// The load of a service comes from its requests, its layout from its pools.
void serve_all(const Options& o, Tree base) {
  for (const auto& [name, numbers] :
       {std::pair{"--batch", &o.batches}, std::pair{"--ep", &o.ep}, std::pair{"--tp", &o.tp}, std::pair{"--pp", &o.pp},
        std::pair{"--gpus", &o.gpus}, std::pair{"--replicas", &o.replicas}}) {
    if (!numbers->empty())
      throw ConfigError(
          fmt::format("{}: a scenario with `requests:` has pools; write --vary serving.decode.gpus=..., or "
                      "another of their keys",
                      name));
  }
  if (!o.limit.empty())
    apply_set(base, fmt::format("requests.limits.tpot={} ms", limit_ms("--tpot", o.limit)), set_key);
  if (!o.ttft.empty()) apply_set(base, fmt::format("requests.limits.ttft={} ms", limit_ms("--ttft", o.ttft)), set_key);
  optimize_serving(base, {axes_of(o), o.goal, o.prices, o.cache, o.json});
}

void execute(const Options& options) {
  const Tree base = load_scenario_tree(options.scenario, options.sets);
  if (is_service(base)) return serve_all(options, base);
  if (!options.ttft.empty() || options.goal.most_load)
    throw ConfigError("--ttft and --most-load are of a service: the scenario has no `requests:`");
  if (options.limit.empty()) throw ConfigError("--tpot is required, such as --tpot 50ms");
  const double limit = limit_ms("--tpot", options.limit);
  const CostLists lists = read_cost_lists(options.prices);
  const auto axes = axes_of(options);
  std::vector<std::string> names;
  for (const auto& axis : axes) names.push_back(axis.name);
  SearchSpace space;
  for (const auto& axis : axes) space.axes.push_back(axis.values);
  space.batches = options.batches;
  for (int batch = 1; options.batches.empty() && batch <= 1024; ++batch) space.batches.push_back(batch);
  Evaluator evaluate_one{base, axes, lists};
  const Optimum optimum = optimize(space, limit, [&](const Candidate& c) { return evaluate_one(c); });
  if (options.json) {
    fmt::print("{}\n", optimum_json(optimum, names, limit).dump(2));
  } else {
    fmt::print("{}", highlighted(optimum_text(optimum, names, limit)));
  }
  const bool any =
      std::any_of(optimum.visited.begin(), optimum.visited.end(), [](const Visit& v) { return v.error.empty(); });
  if (!any && !optimum.visited.empty()) throw ConfigError(optimum.visited.back().error);
  if (!optimum.best) throw SimulationError(fmt::format("no deployment keeps a TPOT of {:g} ms", limit));
}

void declare(Command command) {
  auto options = std::make_shared<Options>();
  command.option("scenario", options->scenario, "Scenario (YAML)").required().type_name("SCENARIO.yaml");
  command.option("--tpot", options->limit, "The limit, such as 50ms; of a service, of requests.limits")
      .type_name("TIME");
  command.option("--ttft", options->ttft, "Of a service: the limit of the first token, such as 2s").type_name("TIME");
  const auto numbers = [&](const char* name, std::vector<int>& into, const char* what) {
    command.option(name, into, what).comma_separated().range(1, 1 << 20).repeatable();
  };
  const auto names = [&](const char* name, std::vector<std::string>& into, const char* what) {
    command.option(name, into, what).comma_separated().repeatable();
  };
  numbers("--batch", options->batches, "Requests a GPU to choose from (default: 1 to 1024, bisected)");
  numbers("--ep", options->ep, "Expert parallelism to choose from, each on as many GPUs where --gpus is not given");
  numbers("--tp", options->tp, "Tensor parallelism to choose from");
  numbers("--pp", options->pp, "Pipeline parallelism to choose from");
  numbers("--gpus", options->gpus, "Sizes of the deployment to choose from");
  numbers("--replicas", options->replicas,
          "Replicas to choose from: equal copies of one group of experts side by side on the fabric");
  names("--fabric", options->fabrics, "Fabrics to choose from");
  names("--accelerator", options->accelerators, "Accelerators to choose from");
  names("--precision", options->precisions, "Formats of the weights to choose from");
  command.option("--vary", options->vary, "Values of any other key: KEY=VALUE,VALUE (may be repeated)")
      .type_name("KEY=VALUES")
      .repeatable();
  command.sets(options->sets, "Change a key (may be repeated)");
  command.assumptions(options->sets);
  command.flag("--most-load", options->goal.most_load,
               "Of a service: the most load within the limits, in place of the cheapest that serves the scenario's");
  command.option("--keep", options->goal.part, "Of a service: part of the requests that must keep the limits (0.99)")
      .range(0.0, 1.0);
  command.option("--cache", options->cache, "Of a service: folder in which simulated steps are kept (~/.cache/teapot)")
      .type_name("DIR");
  command.flag("--json", options->json, "Print one JSON object");
  command.option("--economics", options->prices.economics, "Prices of accelerators and power").type_name("FILE");
  command.option("--prices", options->prices.prices, "Prices of parts: a name in platforms/parts/, or a file (2025)")
      .type_name("LIST");
  command.footer(
      "Examples:\n"
      "  ./teapot optimize examples/deepseek-v3-h800.yaml --tpot 40ms --ep 64,128,256 --fabric h800-mpft,h800-mrft\n"
      "  ./teapot optimize examples/llama-70b-tp8.yaml --tpot 30ms --tp 2,4,8 --precision bf16,fp8\n"
      "  ./teapot optimize examples/deepseek-v3-h800.yaml --tpot 60ms --vary decode.overlap=none,dual-micro-batch\n"
      "  ./teapot optimize examples/serve-deepseek-v3-h800.yaml --ttft 2s --tpot 50ms --fabric h800-mpft,h800-ft3\n"
      "  ./teapot optimize examples/serve-deepseek-v3-h800.yaml --most-load --vary serving.prefill.units=4,6,8\n");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{110, "optimize", "Find the cheapest deployment under limits of TPOT and TTFT",
                                       declare};

}  // namespace
}  // namespace teapot::optimize_command
