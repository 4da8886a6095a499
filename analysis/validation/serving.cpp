// Replays whole servers: each measured point becomes a scenario of its decode, and is run.
// Knows no case by name.

#include "analysis/validation/serving.hpp"

#include <filesystem>

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

void put_layout(const ServingPoint& p, bool has_experts, Tree& tree) {
  const auto put = [&](const char* key, int value) {
    set_path(tree, std::string{"deployment."} + key, scalar(std::to_string(value)));
  };
  put("gpus", p.gpus);
  put("tensor_parallel", p.tensor_parallel);
  put("concurrency", p.requests);
  if (!has_experts) return;
  put("expert_parallel", p.expert_parallel);
  put("expert_tensor_parallel", p.gpus / p.expert_parallel);
}

/// Which stack, model, accelerator, precision and so on a row belongs to.
std::map<std::string, std::string> tags_of(const ServingPoint& p) {
  return {{"engine", p.engine},
          {"model", p.model},
          {"GPU", p.gpu},
          {"precision", p.precision},
          {"layout", p.gpus == 1                   ? "one GPU"
                     : p.tensor_parallel == p.gpus ? (p.expert_parallel > 1 ? "TP, EP" : "TP")
                                                   : "DP, EP"}};
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

Tree serving_scenario(const ServingPoint& point, const Config& words) {
  Tree tree = words.at("systems").at(point.gpu).tree();
  set_path(tree, "model", scalar(point.model));
  set_path(tree, "deployment.context_tokens", scalar(std::to_string(static_cast<int>(point.context()))));
  set_path(tree, "deployment.memory_fraction", scalar("1"));
  const Config dense = words.at("dense");
  bool has_experts = true;
  for (const auto& model : dense.items()) has_experts = has_experts && model.as<std::string>() != point.model;
  put_layout(point, has_experts, tree);
  set_path(tree, "decode.runtime", words.at("engines").at(point.engine).tree());
  set_path(tree, "decode.precision", formats_of(point, words));
  return tree;
}

void replay_serving(const Config& config, Validation& validation) {
  namespace fs = std::filesystem;
  const Config file = config.at("file");
  const std::string beside = (fs::path{*file.tree().place.file}.parent_path() / file.as<std::string>()).string();
  const Config words = config.at("words");
  words.tree();
  PartReader parts;
  for (const auto& point : read_serving_points(beside)) {
    if (!point.aside.empty()) {
      ++validation.aside[point.aside];
      continue;
    }
    const Scenario s = read_scenario(serving_scenario(point, words), point.label(), parts);
    const Run result = run(s);
    const Report sums = report(s, result.program, result.timeline);
    const Band band = uncertainty(s, sums);
    Comparison row{point.label(), point.tpot_ms, sums.tpot.value * 1e3, Use::check};
    row.tags = tags_of(point);
    row.parts = parts_ms(sums);
    row.low = band.low.value * 1e3;
    row.high = band.high.value * 1e3;
    validation.rows.push_back(std::move(row));
  }
}

}  // namespace teapot
