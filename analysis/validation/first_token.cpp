// Replays whole servers that nothing queues before: the steps that pass until a request's first token is seen.
// Knows no case by name; how servers were launched is the case's file to say.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "analysis/serving/serving.hpp"
#include "analysis/validation/serving.hpp"
#include "analysis/validation/validation.hpp"

namespace teapot {
namespace {

Tree text_of(const std::string& text) { return parse_yaml(text, "first token"); }

/// A rule says of which points it speaks, by the columns it names.
bool speaks_of(const Config& rule, const ServingPoint& p) {
  const auto is = [&](const char* key, const std::string& value) {
    return rule.get_or<std::string>(key, value) == value;
  };
  return is("engine", p.engine) && is("version", p.version) && is("model", p.model) && is("gpu", p.gpu) &&
         is("precision", p.precision) && is("lengths", fmt::format("{}/{}", p.prompt, p.output)) &&
         p.concurrency < rule.get_or<int>("concurrency_below", 1 << 30) &&
         p.tensor_parallel < rule.get_or<int>("tensor_parallel_below", 1 << 30);
}

/// The first rule that speaks of the point.
const Config& rule_of(const std::vector<Config>& rules, const ServingPoint& p) {
  for (const Config& rule : rules) {
    if (speaks_of(rule, p)) return rule;
  }
  rules.back().fail("no rule speaks of " + p.label());
}

/// The deployment, launched as the rule says.
Tree service(const ServingPoint& p, const Config& words, const Config& rule) {
  Tree tree = server_scenario(p, words);
  set_path(tree, "requests.arrivals", text_of(fmt::format("{{concurrency: {}}}", p.concurrency)));
  set_path(tree, "requests.prompt_tokens", text_of(std::to_string(p.mean_prompt())));
  set_path(tree, "requests.output_tokens", text_of(std::to_string(p.output)));
  const int chunk = std::max(1, words.get<int>("chunk_tokens") / p.tensor_parallel);
  set_path(tree, "serving.scheduler", rule.at("scheduler").tree());
  set_path(tree, "serving.scheduler.chunk_tokens", text_of(std::to_string(chunk)));
  return tree;
}

/// Of one group of GPUs: its places, a step in which all of them decode, and one of a prompt beside them or, of an
/// engine that lets decoding wait, alone.
struct GroupSteps {
  double places = 1;
  double decode_s = 0;
  double prompt_s = 0;
};

GroupSteps group_steps(const ServingPoint& p, const ServingScenario& s, SimulatedSteps& steps) {
  const int groups = s.shape.decode.groups;
  GroupSteps g;
  g.places = std::max(1.0, static_cast<double>(p.concurrency) / groups);
  g.decode_s = steps.simulated({static_cast<int>(std::lround(g.places)), p.context(), 0, 0, 1});
  g.prompt_s = steps.simulated({0, 0, p.mean_prompt(), p.mean_prompt() / 2.0, 1.0 / groups});
  return g;
}

/// Steps of deployments that points share.
using KnownSteps = std::map<std::string, std::unique_ptr<SimulatedSteps>>;

SimulatedSteps& steps_of(const ServingPoint& p, const Config& words, const ServingScenario& s, KnownSteps& known) {
  auto& steps = known[to_yaml(server_scenario(p, words))];
  // No step both decodes and computes prompts: there is none to take apart.
  if (!steps) steps = std::make_unique<SimulatedSteps>(s.decode, "", StepLoad{});
  return *steps;
}

void replay_one(const ServingPoint& p, const Config& words, const Config& rule, KnownSteps& known, Validation& v) {
  const ServingScenario s = read_serving(service(p, words, rule), p.label());
  const GroupSteps g = group_steps(p, s, steps_of(p, words, s, known));
  const double prompts = g.places * g.prompt_s;
  const double part = prompts / (prompts + g.decode_s * p.output * p.lengths);
  if (part > words.fraction("part_of_prompts")) {
    ++v.aside["queues"];
    return;
  }
  // Prompts of others make steps longer in the mean.
  const double step_s = g.decode_s / (1 - part);
  const double each = words.get<int>("requests_per_place");
  Comparison row{p.label(), p.ttft_ms, 1e3 * first_token_s(s.shape.admission, g.prompt_s, step_s, g.places, each),
                 Use::check};
  row.tags = tags_of(p);
  v.rows.push_back(std::move(row));
}

}  // namespace

void replay_first_tokens(const Config& config, Validation& validation) {
  const Config words = config.at("words");
  words.tree();
  const auto rules = words.at("launched").items();
  KnownSteps known;
  for (const auto& point : serving_points_of(config)) {
    if (point.mode != "agg" || point.concurrency == 0 || (!point.aside.empty() && point.aside != "prefill")) continue;
    const Config& rule = rule_of(rules, point);
    if (rule.has("aside")) {
      ++validation.aside[rule.get<std::string>("aside")];
      continue;
    }
    replay_one(point, words, rule, known, validation);
  }
}

}  // namespace teapot
