// Number formats of a checkpoint, matrix by matrix: quantization_config in the dialects of FP8, MXFP4, GPTQ, AWQ,
// compressed-tensors, ModelOpt, bitsandbytes, Quark; and which modules they leave as they were.
// Knows no layer's shapes.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "workloads/model/huggingface/parts.hpp"
#include "workloads/model/huggingface/quantisation.hpp"

namespace teapot {
namespace {

/// quantization_config where it stands: in the language model's part, at the top, or in hf_quant_config.json beside.
std::optional<Keys> quantization(const Keys& top, const Keys& text) {
  for (const Keys* keys : {&text, &top}) {
    for (const char* key : {"quantization_config", "compression_config"}) {
      if (keys->is_mapping(key)) return keys->part(key);
      if (keys->has(key)) keys->fail(key, "expected a mapping");
    }
    if (keys->has("quantization"))
      keys->fail("quantization",
                 "MLX's, which is not modelled (`--assume quantization=ignore` counts weights as torch_dtype says)");
  }
  return std::nullopt;
}

std::optional<Keys> quantization_beside(const Keys& top) {
  const auto& file = top.config().tree().place.file;
  if (!file) return std::nullopt;
  const std::filesystem::path beside = std::filesystem::path{*file}.parent_path() / "hf_quant_config.json";
  std::error_code error;
  if (std::filesystem::path{*file}.filename() != "config.json" || !std::filesystem::exists(beside, error))
    return std::nullopt;
  return Keys{Config::load(beside.string()), {}};
}

Format stored_plain(const Keys& top, const Keys& text) {
  for (const Keys* keys : {&text, &top}) {
    const std::string key = keys->which({"torch_dtype", "dtype"});
    if (!keys->has(key)) continue;
    const std::string word = keys->word_or(key, "");
    if (word == "bfloat16" || word == "bf16") return format("bf16");
    if (word == "float16" || word == "half") return format("fp16");
    if (word == "float32" || word == "float") return format("fp32");
    keys->fail(key, fmt::format("unknown \"{}\" (known: bfloat16, float16, float32)", word));
  }
  text.assume("torch_dtype", "weights that are not quantised counted in bf16");
  return format("bf16");
}

/// The format of most matrices of a part; where they differ, that is said.
Format mostly(const Keys& q, const std::string& key, const char* part, const FormatCounts& counts,
              const Format& usual) {
  if (counts.empty()) return usual;
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
  if (counts.size() > 1) {
    std::string all;
    for (const auto& [name, number] : counts) all += fmt::format("{}{} in {}", all.empty() ? "" : ", ", number, name);
    q.warn(key, fmt::format("matrices of {} differ: {}; all counted as {}", part, all, most->first));
  }
  Format f = format(most->first);
  if (f.name == usual.name) f.density = usual.density;
  return f;
}

/// MXFP4 of experts beside another format (DeepSeek-V4); a quantisation that names its experts has said it already.
void read_expert_dtype(const Keys& text, WeightFormats& f) {
  const std::string expert_dtype = text.word_or("expert_dtype", "");
  if (expert_dtype == "fp4")
    f.experts = format("mxfp4");
  else if (expert_dtype == "fp8")
    f.experts = format("fp8");
  else if (!expert_dtype.empty())
    text.fail("expert_dtype", fmt::format("unknown \"{}\" (known: fp4, fp8)", expert_dtype));
}

/// Groups may name some modules only: what no group names is said.
void name_the_rest(const Keys& q, const std::vector<FormatRule>& rules, const PartFormats& parts, const Format& plain) {
  for (const FormatRule& rule : rules) {
    if (std::find(rule.targets.begin(), rule.targets.end(), "Linear") != rule.targets.end()) return;
  }
  const auto say = [&](const char* part, const FormatCounts& counts) {
    if (counts.contains(plain.name))
      q.warn("config_groups",
             fmt::format("no group (group_0, group_1, ...) names all matrices of {}; those stay {}", part, plain.name));
  };
  say("attention", parts.attention);
  say("dense feed-forwards", parts.dense);
  say("experts", parts.experts);
  say("shared experts", parts.shared);
}

/// The key that says which modules stay as they were, for a warning.
std::string exclusion_key(const Keys& q) {
  for (const char* key : {"ignore", "modules_to_not_convert", "exclude_modules", "exclude", "quantized_layers",
                          "config_groups", "layer_quant_config", "extra_config"}) {
    if (q.has(key)) return key;
  }
  return "ignore";
}

}  // namespace

WeightFormats read_formats(const Keys& top, const Keys& text, const Model& model) {
  const Format plain = stored_plain(top, text);
  auto q = quantization(top, text);
  if (!q) q = quantization_beside(top);
  WeightFormats f{plain, plain, plain, plain, plain};
  if (!q) {
    text.assume("quantization_config", fmt::format("weights counted in {}", plain.name));
    return f;
  }
  std::vector<FormatRule> rules = read_rules(*q);
  const Format quantised = rules.back().format;
  const bool nested = q->is_mapping("quantization");
  ModulePatterns excluded = patterns_of(nested ? q->part("quantization") : *q);
  read_extra(*q, excluded, rules);
  if (nested) pass_quantisation_details(q->part("quantization"));
  pass_quantisation_details(*q);
  if (method_of(*q) == "mxfp4") {  // transformers' Mxfp4Config turns experts only
    f.experts = quantised;
    return f;
  }
  const std::string method = method_of(*q);
  if (rules.size() == 1 && lists_modules(method) && excluded.empty() && !q->says_null("modules_to_not_convert") &&
      !q->has("ignore"))
    q->assume("ignore",
              "(also exclude_modules, exclude, modules_to_not_convert) every matrix outside the vocabulary counted as "
              "quantised");
  const PartFormats parts = count_formats(model, rules, excluded, plain);
  const std::string key = exclusion_key(nested ? q->part("quantization") : *q);
  if (rules.front().targets != ModulePatterns{"Linear"} && q->is_mapping("config_groups"))
    name_the_rest(*q, rules, parts, plain);
  f.attention = mostly(*q, key, "attention", parts.attention, quantised);
  f.dense = mostly(*q, key, "dense feed-forwards", parts.dense, quantised);
  f.experts = mostly(*q, key, "experts", parts.experts, quantised);
  f.shared = mostly(*q, key, "shared experts", parts.shared, quantised);
  if (rules.front().targets == ModulePatterns{"Linear"}) read_expert_dtype(text, f);
  text.pass("expert_dtype");
  return f;
}

}  // namespace teapot
