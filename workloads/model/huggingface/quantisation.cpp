// The dialects in which a checkpoint says how its weights are quantised: FP8, MXFP4, GPTQ, AWQ, compressed-tensors,
// ModelOpt, bitsandbytes, Quark and others; each becomes formats of modules. Knows no model.

#include "workloads/model/huggingface/quantisation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "workloads/model/precision.hpp"

namespace teapot {

std::vector<std::string> patterns_of(const Keys& q) {
  std::vector<std::string> all;
  for (const char* key : {"ignore", "modules_to_not_convert", "exclude_modules", "exclude", "ignored_layers",
                          "llm_int8_skip_modules", "modules_to_not_quantize", "skip_modules"}) {
    for (const std::string& word : q.words(key)) all.push_back(word);
  }
  if (!q.is_mapping("dynamic")) return all;
  for (const Tree::Entry& entry : q.at("dynamic").tree().entries) {  // GPTQModel: "-:" leaves modules as they were
    if (entry.key.starts_with("-:"))
      all.push_back("re:" + entry.key.substr(2));
    else
      q.warn("dynamic", fmt::format("\"{}\" has a format of its own, which is not counted", entry.key));
  }
  q.pass("dynamic");
  return all;
}

namespace {

Format integer_format(const Keys& q, const std::string& bits_key, int bits, int group) {
  if (bits == 8) return format("int8");
  if (bits != 4) q.fail(bits_key, fmt::format("{}-bit weights are not modelled (4 and 8 are)", bits));
  return format(group == 32 ? "int4-32" : group == 64 ? "int4-64" : "int4");
}

/// With a zero point for each group; group 0: one for each row.
Format with_zero_points(const Keys& q, const std::string& bits_key, int bits, int group) {
  if (bits == 8 || (bits == 4 && (group == 128 || group == 64 || group == 32)))
    return integer_format(q, bits_key, bits, group);
  const std::string name = group > 0 ? fmt::format("gptq-{}-{}", bits, group) : fmt::format("gptq-{}", bits);
  const std::vector<std::string> known = format_names();
  if (std::find(known.begin(), known.end(), name) == known.end())
    q.fail(bits_key, fmt::format("{}-bit weights in groups of {} are not modelled", bits, group));
  return format(name);
}

Format gptq_or_awq(const Keys& q) {
  const std::string bits = q.which({"bits", "w_bit", "weight_bits"});
  if (!q.has(bits)) q.fail_missing("bits", "it says how wide the weights are");
  const std::string group = q.which({"group_size", "q_group_size"});
  const bool rows = q.has(group) && q.at(group).is_scalar() && q.at(group).as<std::string>() == "-1";
  if (!q.has(group)) q.assume("group_size", "groups of 128");
  return with_zero_points(q, bits, q.positive(bits), rows ? 0 : q.count_or(group, 128));
}

Format from_weights(const Keys& w) {
  const int bits = w.positive("num_bits");
  const std::string type = w.word_or("type", "");
  if (type != "int" && type != "float") w.fail("type", "expected int or float");
  const int group = w.count_or("group_size", 0);
  w.pass_all({"strategy", "symmetric", "dynamic", "observer", "observer_kwargs", "actorder", "block_structure",
              "zp_dtype", "scale_dtype"});
  if (type == "float" && bits == 8 && group == 32) return format("mxfp8");
  if (type == "float" && bits == 8) {
    const std::string strategy = w.word_or("strategy", "tensor");
    if (!w.has("strategy")) w.assume("strategy", "one scale for each matrix");
    return format(strategy == "block" ? "fp8" : strategy == "channel" ? "fp8-channel" : "fp8-tensor");
  }
  if (type == "float" && bits == 4) return format(group == 32 ? "mxfp4" : "nvfp4");
  if (!w.has("group_size") && !w.says_null("group_size")) w.assume("group_size", "scales counted as for groups of 128");
  return integer_format(w, "num_bits", bits, group);
}

/// Part of the weights that is stored: a half where two of four are zeros and left out.
double stored_part(const Keys& q) {
  if (!q.is_mapping("sparsity_config")) {
    if (q.word_or("format", "") != "marlin-24") return 1;
    q.assume("sparsity_config", "marlin-24 leaves out two of four weights");
    return 0.5;
  }
  const Keys sparsity = q.part("sparsity_config");
  sparsity.pass_all({"global_sparsity", "registry_requires_subclass", "ignore", "targets"});
  const std::string structure = sparsity.word_or("sparsity_structure", "");
  const std::string format = sparsity.word_or("format", "dense");
  if (structure == "2:4" && format == "dense" && !q.has("format")) q.assume("format", "zeros counted as stored");
  if (structure.empty() && (sparsity.has("format") || sparsity.has("global_sparsity")))
    sparsity.assume("sparsity_structure", "every weight counted as stored");
  const bool packed = format == "sparse-24-bitmask" || q.word_or("format", "") == "marlin-24";
  if (format == "sparse-bitmask") sparsity.fail("format", "unstructured zeros are not modelled");
  return packed && structure == "2:4" ? 0.5 : 1;
}

/// compressed-tensors and newer ModelOpt: groups of modules with a format each.
std::vector<FormatRule> from_groups(const Keys& q) {
  std::vector<FormatRule> rules;
  if (!q.is_mapping("config_groups")) return rules;
  const Keys groups = q.part("config_groups");
  const double density = stored_part(q);
  for (const Tree::Entry& entry : groups.config().tree().entries) {
    const Keys group = groups.part(entry.key);
    group.pass_all({"input_activations", "output_activations", "format"});
    if (!group.is_mapping("weights")) {
      group.assume("weights", "left as they are");
      continue;
    }
    FormatRule rule{group.words("targets"), from_weights(group.part("weights"))};
    if (rule.targets.empty()) {
      group.assume("targets", "every matrix");
      rule.targets = {"Linear"};
    }
    rule.format.density = density;
    rules.push_back(rule);
  }
  return rules;
}

Format from_algorithm(const Keys& q, const std::string& key) {
  const std::string word = q.word_or(key, "");
  if (word == "MXFP8") return format("mxfp8");
  if (word == "NVFP4" || word == "NVFP4_AWQ" || word == "NVFP4_SVDQUANT" || word == "W4A8_NVFP4_FP8")
    return format("nvfp4");
  if (word == "FP8" || word == "FP8_PER_TENSOR") return format("fp8-tensor");
  if (word == "FP8_PB_WO" || word == "FP8_PB_REAL" || word == "FP8_PB") return format("fp8");
  if (word == "FP8_PER_CHANNEL_PER_TOKEN") return format("fp8-channel");
  if (word == "W4A16_AWQ" || word == "W4A8_AWQ") return format("int4");
  if (word == "W4A8_MXFP4_FP8" || word == "MXFP4") return format("mxfp4");
  if (word == "INT8_SQ" || word == "W8A8_SQ_PER_CHANNEL" || word == "INT8") return format("int8");
  q.fail(key, fmt::format("\"{}\" is not modelled; write the formats in YAML (weights: {{attention: .., experts: ..}})",
                          word));
}

/// ModelOpt's MIXED_PRECISION: every quantised module by name, with an algorithm of its own.
std::vector<FormatRule> from_listed_layers(const Keys& q) {
  if (!q.is_mapping("quantized_layers")) q.fail_missing("quantized_layers", "MIXED_PRECISION says it by module");
  const Keys layers = q.part("quantized_layers");
  std::map<std::string, FormatRule> by_name;
  for (const Tree::Entry& entry : layers.config().tree().entries) {
    const Keys layer{layers.at(entry.key), {}};
    layer.pass_all({"group_size", "awq_block_size", "with_zero_point", "pre_quant_scale"});
    const Format f = from_algorithm(layer, "quant_algo");
    FormatRule& rule = by_name.try_emplace(f.name, FormatRule{{}, f}).first->second;
    rule.targets.push_back(entry.key);
    layers.has(entry.key);
  }
  std::vector<FormatRule> rules;
  for (auto& [name, rule] : by_name) rules.push_back(std::move(rule));
  if (rules.empty()) q.fail("quantized_layers", "names no module");
  return rules;
}

Format quark_weight(const Keys& config) {
  const Keys weight = config.part("weight");
  config.pass_all({"input_tensors", "output_tensors", "bias", "target_device"});
  weight.pass_all({"group_size", "qscheme", "symmetric", "is_dynamic", "observer_cls", "round_method", "scale_type",
                   "ch_axis", "scale_format", "scale_calculation_mode", "mx_element_dtype", "zero_point_type",
                   "is_scale_quant"});
  const std::string dtype = weight.word_or("dtype", "");
  if (dtype == "fp4") return format("mxfp4");
  if (dtype == "fp8_e4m3") return format("fp8-tensor");
  if (dtype == "int8") return format("int8");
  weight.fail("dtype", fmt::format("\"{}\" is not modelled", dtype));
}

std::vector<FormatRule> from_quark(const Keys& q) {
  if (!q.is_mapping("global_quant_config")) q.fail_missing("global_quant_config", "");
  std::vector<FormatRule> rules;
  if (q.is_mapping("layer_quant_config")) {
    const Keys layers = q.part("layer_quant_config");
    for (const Tree::Entry& entry : layers.config().tree().entries)
      rules.push_back({{entry.key}, quark_weight(layers.part(entry.key))});
  }
  rules.push_back({{"Linear"}, quark_weight(q.part("global_quant_config"))});
  return rules;
}

Format bitsandbytes(const Keys& q) {
  if (q.flag_or("load_in_4bit", false) || q.flag_or("_load_in_4bit", false)) return format("nf4");
  if (q.flag_or("load_in_8bit", false) || q.flag_or("_load_in_8bit", false)) return format("int8");
  q.fail_missing("load_in_4bit", "nor load_in_8bit");
}

Format fp8_blocks(const Keys& q) {
  if (q.says_null("weight_block_size")) {
    q.warn("weight_block_size", "null: one scale for each matrix");
    return format("fp8-tensor");
  }
  if (!q.has("weight_block_size")) {
    q.assume("weight_block_size", "blocks of 128 x 128, the default of its class");
    return format("fp8");
  }
  const auto block = q.numbers("weight_block_size");
  if (block.size() != 2) q.fail("weight_block_size", "expected rows and columns");
  if (block[0] != 128 || block[1] != 128) q.fail("weight_block_size", "only blocks of 128 x 128 are modelled");
  return format("fp8");
}

}  // namespace

std::string method_of(const Keys& q) {
  std::string method = q.word_or("quant_method", "");
  if (method.empty() && q.has("producer")) method = "modelopt";
  if (method.empty() && (q.has("quant_algo") || q.is_mapping("quantization"))) method = "modelopt";
  return method;
}

namespace {

/// quanto and EETQ name a number format for weights.
Format named_weights(const Keys& q) {
  const std::string word = q.word_or("weights", "int8");
  if (!q.has("weights")) q.assume("weights", "int8");
  if (word == "int8") return format("int8");
  if (word == "int4") return format("int4");
  if (word == "float8") return format("fp8-tensor");
  q.fail("weights", fmt::format("\"{}\" is not modelled (known: int8, int4, float8)", word));
}

Format from_hqq(const Keys& q) {
  if (!q.is_mapping("quant_config")) q.fail_missing("quant_config", "");
  const Keys weights = q.part("quant_config").part("weight_quant_params");
  weights.pass_all({"channel_wise", "optimize", "round_zero", "axis", "view_as_float"});
  q.part("quant_config").pass_all({"scale_quant_params", "zero_quant_params", "offload_meta"});
  const int bits = weights.positive("nbits");
  const int group = weights.count_or("group_size", 64);
  if (!weights.has("group_size")) weights.assume("group_size", "groups of 64");
  if (bits == 4 && group == 64) {  // an FP16 scale and an FP16 zero point: as much as NF4's FP32 scale
    weights.warn("nbits", "counted as nf4, whose scales take as many bytes");
    return format("nf4");
  }
  if (bits != 8) weights.fail("nbits", fmt::format("{} bits in groups of {} are not modelled", bits, group));
  return format("int8");
}

}  // namespace

/// AutoRound lists modules that differ: bits of 16 leave one as it was.
void read_extra(const Keys& q, ModulePatterns& left, std::vector<FormatRule>& rules) {
  if (!q.is_mapping("extra_config")) return;
  const Keys extra = q.part("extra_config");
  for (const Tree::Entry& entry : extra.config().tree().entries) {
    const Keys module{extra.at(entry.key), {}};
    extra.has(entry.key);
    const int bits = module.count_or("bits", 16);
    const std::string name = entry.key.find(".*") != std::string::npos ? "re:" + entry.key : entry.key;
    if (bits >= 16)
      left.push_back(name);
    else
      rules.insert(rules.begin(), {{name}, integer_format(module, "bits", bits, module.count_or("group_size", 128))});
  }
}

namespace {

Format one_format(const Keys& q, const std::string& method) {
  if (method == "fp8") return fp8_blocks(q);
  if (method == "mxfp4" || method == "mxfp8") return format(method);
  if (method == "gptq" || method == "awq" || method == "auto-round" || method == "intel/auto-round" ||
      method == "auto_gptq" || method == "auto-gptq" || method == "gptq_marlin" || method == "awq_marlin")
    return gptq_or_awq(q);
  if (method == "bitsandbytes") return bitsandbytes(q);
  if (method == "fbgemm_fp8") return format("fp8-channel");
  if (method == "quanto" || method == "eetq") return named_weights(q);
  if (method == "hqq") return from_hqq(q);
  if (method.empty() && q.has("bits") && q.has("group_size"))
    q.fail_missing("quant_method", "bits and group_size alone are MLX's, which is not modelled");
  if (method.empty()) q.fail_missing("quant_method", "");
  q.fail("quant_method",
         fmt::format("\"{}\" is not modelled (known: fp8, mxfp4, mxfp8, gptq, awq, auto-round, "
                     "compressed-tensors, modelopt, bitsandbytes, fbgemm_fp8, quark, quanto, eetq, hqq)",
                     method));
}

}  // namespace

bool lists_modules(const std::string& method) {
  return method == "compressed-tensors" || method.starts_with("modelopt") || method == "quark" || method == "awq" ||
         method == "fbgemm_fp8";
}

/// The formats of modules; the last rule is of most of them.
std::vector<FormatRule> read_rules(const Keys& q) {
  const std::string method = method_of(q);
  if (method == "quark") return from_quark(q);
  if (method == "compressed-tensors" || method == "modelopt" || method == "modelopt_fp4" ||
      method == "modelopt_mixed") {
    if (auto found = from_groups(q); !found.empty()) return found;
    const Keys says = q.is_mapping("quantization") ? q.part("quantization") : q;
    if (says.has("quant_algo") && says.word_or("quant_algo", "") == "MIXED_PRECISION") return from_listed_layers(says);
    if (says.has("quant_algo")) return {{{"Linear"}, from_algorithm(says, "quant_algo")}};
    q.fail_none({"config_groups", "quant_algo", "or a group, such as group_0, without weights"},
                "in which format are weights?");
  }
  return {{{"Linear"}, one_format(q, method)}};
}

}  // namespace teapot
