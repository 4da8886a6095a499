// Replays whole servers: each measured point becomes a scenario of its decode, and is run.
// Knows no case by name.

#include "analysis/validation/serving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/run/uncertainty.hpp"
#include "analysis/validation/validation.hpp"

namespace teapot {
namespace {

Tree scalar(const std::string& text) { return parse_yaml(text, "serving point"); }

/// The formats of a model's weights and cache at a precision: what the case says of this model, or of all.
Tree formats_of(const ServingPoint& point, const Config& words) {
  const Config formats = words.at("formats");
  const Config of_model = formats.section(point.model);
  const Config& from = of_model.has(point.precision) ? of_model : formats.at("any");
  return from.at(point.precision).tree();
}

/// An engine's launch: of a model, on a GPU, or any.
Config engine_of(const ServingPoint& point, const Config& engines) {
  for (const auto& special : {point.engine + " for " + point.model, point.engine + " on " + point.gpu}) {
    if (engines.has(special)) return engines.at(special);
  }
  return engines.at(point.engine);
}

void put_layout(const ServingPoint& p, bool has_experts, Tree& tree) {
  const auto put = [&](const char* key, int value) {
    set_path(tree, std::string{"deployment."} + key, scalar(std::to_string(value)));
  };
  put("gpus", p.gpus);
  put("tensor_parallel", p.tensor_parallel);
  if (!has_experts) return;
  put("expert_parallel", p.expert_parallel);
  put("expert_tensor_parallel", p.gpus / p.expert_parallel);
}

/// Prompts that a step computes beside decoding: of each group of GPUs as many as come while one is taken, whole ones,
/// and no more than the 8,192 tokens that engines put into a step. Groups that share experts take theirs together.
int prompts_of_step(const ServingPoint& p) {
  const int groups = p.gpus / p.tensor_parallel;
  const double come = static_cast<double>(p.requests) / (p.output * groups);
  return groups * std::clamp(static_cast<int>(std::lround(come)), 1, std::max(1, 8192 / p.prompt));
}

/// Prompts of a step that decoding waits for: where groups share experts all of them wait for the prompt of one, so as
/// many as come to any group while one step is taken.
int prompts_together(const ServingPoint& p) {
  const int most = p.gpus / p.tensor_parallel * std::max(1, 8192 / p.prompt);
  return std::clamp(static_cast<int>(std::lround(static_cast<double>(p.requests) / p.output)), 1, most);
}

/// Where the time of a step goes: kernels by name, communication that is waited for, and what is left.
std::map<std::string, double> parts_ms(const Report& sums) {
  std::map<std::string, double> parts;
  for (const auto& kernel : sums.kernels) parts[kernel.name] += kernel.time.value * 1e3;
  for (const auto& one : sums.operators) {
    if (one.communication) parts["exposed " + one.name] += one.exposed.value * 1e3;
  }
  parts["idle"] = sums.idle.value * 1e3;
  return parts;
}

}  // namespace

std::map<std::string, std::string> tags_of(const ServingPoint& p) {
  return {{"engine", p.engine},
          {"model", p.model},
          {"GPU", p.gpu},
          {"precision", p.precision},
          {"layout", p.gpus == 1                   ? "one GPU"
                     : p.tensor_parallel == p.gpus ? (p.expert_parallel > 1 ? "TP, EP" : "TP")
                                                   : "DP, EP"}};
}

Tree server_scenario(const ServingPoint& point, const Config& words) {
  Tree tree = words.at("systems").at(point.gpu).tree();
  set_path(tree, "model", scalar(point.model));
  set_path(tree, "deployment.memory_fraction", scalar("1"));
  const Config dense = words.at("dense");
  bool has_experts = true;
  for (const auto& model : dense.items()) has_experts = has_experts && model.as<std::string>() != point.model;
  put_layout(point, has_experts, tree);
  set_path(tree, "decode.runtime", engine_of(point, words.at("engines")).tree());
  set_path(tree, "decode.precision", formats_of(point, words));
  return tree;
}

Tree serving_scenario(const ServingPoint& point, const Config& words) {
  Tree tree = server_scenario(point, words);
  set_path(tree, "deployment.context_tokens", scalar(std::to_string(static_cast<int>(point.context()))));
  set_path(tree, "deployment.concurrency", scalar(std::to_string(point.requests)));
  if (point.drafts > 0) {
    set_path(tree, "decode.draft_tokens", scalar(std::to_string(point.drafts)));
    const double chance = acceptance_of(point.tokens_per_step, point.drafts);
    set_path(tree, "decode.acceptance", scalar(fmt::format("{:.6f}", chance)));
  }
  return tree;
}

Tree prompts_scenario(const ServingPoint& point, const Config& words) {
  Tree tree = server_scenario(point, words);
  set_path(tree, "deployment.concurrency", scalar(std::to_string(prompts_together(point))));
  set_path(tree, "phase", scalar("prefill"));
  set_path(tree, "requests.prompt_tokens", scalar(std::to_string(point.mean_prompt())));
  return tree;
}

namespace {

/// A step of these requests and of prompts computed beside them, which read weights once for both.
Seconds mixed_step(Scenario s, const ServingPoint& p) {
  Requests prompts;
  prompts.counts.clear();
  const int own = prompts_of_step(p) * p.tensor_parallel / p.gpus;  // of each group
  for (int gpu = 0; gpu < p.gpus; ++gpu) {
    const int place = gpu % p.tensor_parallel;
    prompts.counts.push_back(own / p.tensor_parallel + (place < own % p.tensor_parallel ? 1 : 0));
  }
  prompts.context = 0;
  prompts.new_tokens = p.mean_prompt();
  prompts.prompt = true;
  s.load.requests.push_back(std::move(prompts));
  const Run result = run(s);
  return report(s, result.program, result.timeline).step;
}

/// A step of prompts alone, while decoding waits.
Seconds prompts_step(const ServingPoint& p, const Config& words, PartReader& parts, PromptTimes& times) {
  const Tree tree = prompts_scenario(p, words);
  const auto [found, added] = times.try_emplace(to_yaml(tree));
  if (added) {
    const Scenario s = read_scenario(tree, p.label(), parts);
    const Run result = run(s);
    found->second = report(s, result.program, result.timeline).step;
  }
  return found->second;
}

}  // namespace

Seconds prompts_of_others(const ServingPoint& p, const Scenario& decode, Seconds step, const Config& words,
                          PartReader& parts, PromptTimes& times) {
  if (p.mode != "agg" || p.prompt == 0) return {};
  const bool mixed = words.has("mixed_steps") && words.at("mixed_steps").get_or<bool>(p.engine, false);
  const Seconds more = mixed ? mixed_step(decode, p) - step : prompts_step(p, words, parts, times);
  return more * (static_cast<double>(p.requests) / p.output / (mixed ? prompts_of_step(p) : prompts_together(p)));
}

namespace {

/// TPOT on kernels and wires alone; its tokens go where those of the run went.
Seconds bound_of(Tree tree, const std::string& name, const Run& served, PartReader& parts) {
  set_path(tree, "decode.runtime", scalar("ideal"));
  const Scenario s = read_scenario(tree, name, parts);
  const Run result = run_sharing(s, served.exchanges);
  return report(s, result.program, result.timeline).tpot;
}

Comparison replayed(const ServingPoint& point, const Config& words, PromptTimes& prompts, PartReader& parts) {
  const Tree tree = serving_scenario(point, words);
  const Scenario s = read_scenario(tree, point.label(), parts);
  const Run result = run(s);
  const Report sums = report(s, result.program, result.timeline);
  const Seconds beside = prompts_of_others(point, s, sums.step, words, parts, prompts);
  const Seconds predicted = sums.tpot + beside;
  Comparison row{point.label(), point.tpot_ms, predicted.value * 1e3, Use::check};
  row.tags = tags_of(point);
  row.parts = parts_ms(sums);
  if (beside > Seconds{}) row.parts["prompts of others"] = beside.value * 1e3;
  row.bound = bound_of(tree, point.label(), result, parts).value * 1e3;
  // What steps of other models were off: a band that never saw this one.
  const StepTraits traits = step_traits(s);
  const Band band =
      uncertainty(s, sums, without(measured_steps(), &StepTraits::model, traits.model), beside / predicted);
  row.low = (predicted * (band.low / sums.step)).value * 1e3;
  row.high = (predicted * (band.high / sums.step)).value * 1e3;
  return row;
}

}  // namespace

void replay_serving(const Config& config, Validation& validation) {
  const Config words = config.at("words");
  words.tree();
  const auto judged = config.get_or<std::string>("judged", "");
  PartReader parts;
  PromptTimes prompts;
  for (const auto& point : serving_points_of(config)) {
    if (point.aside != judged) {
      if (!point.aside.empty()) ++validation.aside[point.aside];
      continue;
    }
    validation.rows.push_back(replayed(point, words, prompts, parts));
  }
}

}  // namespace teapot
