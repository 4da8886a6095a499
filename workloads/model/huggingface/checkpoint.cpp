// Number formats of a checkpoint, matrix by matrix: quantization_config in the dialects of FP8, MXFP4, GPTQ, AWQ,
// compressed-tensors, ModelOpt, bitsandbytes, Quark; and which modules they leave as they were.
// Knows no layer's shapes.

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "workloads/model/huggingface/parts.hpp"
#include "workloads/model/huggingface/quantised_modules.hpp"

namespace teapot {
namespace {

std::vector<std::string> patterns_of(const Keys& q) {
  std::vector<std::string> all;
  for (const char* key : {"ignore", "modules_to_not_convert", "exclude_modules", "exclude", "ignored_layers",
                          "llm_int8_skip_modules", "modules_to_not_quantize"}) {
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

Format integer_format(const Keys& q, const std::string& bits_key, int bits, int group) {
  if (bits == 8) return format("int8");
  if (bits != 4) q.fail(bits_key, fmt::format("{}-bit weights are not modelled (4 and 8 are)", bits));
  return format(group == 32 ? "int4-32" : group == 64 ? "int4-64" : "int4");
}

Format gptq_or_awq(const Keys& q) {
  const std::string bits = q.which({"bits", "w_bit", "weight_bits"});
  if (!q.has(bits)) q.fail_missing("bits", "it says how wide the weights are");
  const std::string group = q.which({"group_size", "q_group_size"});
  if (q.has(group) && q.at(group).is_scalar() && q.at(group).as<std::string>() == "-1")
    return integer_format(q, bits, q.positive(bits), 128);
  return integer_format(q, bits, q.positive(bits), q.count_or(group, 128));
}

Format from_weights(const Keys& w) {
  const int bits = w.positive("num_bits");
  const std::string type = w.word_or("type", "");
  if (type.empty()) w.fail_missing("type", "int or float");
  const int group = w.count_or("group_size", 0);
  w.pass_all({"strategy", "symmetric", "dynamic", "observer", "observer_kwargs", "actorder", "block_structure",
              "zp_dtype", "scale_dtype"});
  if (type == "float" && bits == 8) {
    const std::string strategy = w.word_or("strategy", "tensor");
    return format(strategy == "block" ? "fp8" : strategy == "channel" ? "fp8-channel" : "fp8-tensor");
  }
  if (type == "float" && bits == 4) return format(group == 32 ? "mxfp4" : "nvfp4");
  if (!w.has("group_size") && !w.says_null("group_size")) w.assume("group_size", "scales counted as for groups of 128");
  return integer_format(w, "num_bits", bits, group);
}

/// compressed-tensors and newer ModelOpt: groups of modules with a format each; one of them is modelled.
std::optional<Format> from_groups(const Keys& q) {
  if (!q.is_mapping("config_groups")) return std::nullopt;
  const Keys groups = q.part("config_groups");
  std::optional<Format> found;
  for (const Tree::Entry& entry : groups.config().tree().entries) {
    const Keys group = groups.part(entry.key);
    group.pass_all({"targets", "input_activations", "output_activations", "format"});
    if (!group.is_mapping("weights")) continue;
    const Format f = from_weights(group.part("weights"));
    if (found && found->name != f.name)
      q.fail("config_groups", fmt::format("has weights in {} and in {}; write them in YAML", found->name, f.name));
    found = f;
  }
  return found;
}

Format from_algorithm(const Keys& q, const std::string& key) {
  const std::string word = q.word_or(key, "");
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

Format from_quark(const Keys& q) {
  if (!q.is_mapping("global_quant_config")) q.fail_missing("global_quant_config", "");
  const Keys weight = q.part("global_quant_config").part("weight");
  q.part("global_quant_config").pass_all({"input_tensors", "output_tensors", "bias", "target_device"});
  weight.pass_all({"group_size", "qscheme", "symmetric", "is_dynamic", "observer_cls", "round_method", "scale_type",
                   "ch_axis", "scale_format", "scale_calculation_mode", "mx_element_dtype", "zero_point_type",
                   "is_scale_quant"});
  const std::string dtype = weight.word_or("dtype", "");
  if (dtype == "fp4") return format("mxfp4");
  if (dtype == "fp8_e4m3") return format("fp8-tensor");
  if (dtype == "int8") return format("int8");
  weight.fail("dtype", fmt::format("\"{}\" is not modelled", dtype));
}

Format bitsandbytes(const Keys& q) {
  if (q.flag_or("load_in_4bit", false) || q.flag_or("_load_in_4bit", false)) return format("nf4");
  if (q.flag_or("load_in_8bit", false) || q.flag_or("_load_in_8bit", false)) return format("int8");
  q.fail_missing("load_in_4bit", "nor load_in_8bit");
}

Format fp8_blocks(const Keys& q) {
  if (q.says_null("weight_block_size")) return format("fp8-tensor");
  if (!q.has("weight_block_size")) return format("fp8");  // 128 x 128 is the default of its class
  const auto block = q.numbers("weight_block_size");
  if (block.size() != 2) q.fail("weight_block_size", "expected rows and columns");
  Format f = format("fp8");
  if (block[0] != 128 || block[1] != 128) q.fail("weight_block_size", "only blocks of 128 x 128 are modelled");
  return f;
}

std::string method_of(const Keys& q) {
  std::string method = q.word_or("quant_method", "");
  if (method.empty() && q.has("producer")) method = "modelopt";
  if (method.empty() && (q.has("quant_algo") || q.is_mapping("quantization"))) method = "modelopt";
  return method;
}

Format read_format_of(const Keys& q) {
  const std::string method = method_of(q);
  if (method == "fp8") return fp8_blocks(q);
  if (method == "mxfp4") return format("mxfp4");
  if (method == "gptq" || method == "awq" || method == "auto-round" || method == "intel/auto-round" ||
      method == "auto_gptq" || method == "auto-gptq" || method == "gptq_marlin" || method == "awq_marlin")
    return gptq_or_awq(q);
  if (method == "bitsandbytes") return bitsandbytes(q);
  if (method == "fbgemm_fp8") return format("fp8-channel");
  if (method == "quark") return from_quark(q);
  if (method == "compressed-tensors" || method == "modelopt" || method == "modelopt_fp4" ||
      method == "modelopt_mixed") {
    if (const auto found = from_groups(q)) return *found;
    if (q.is_mapping("quantization")) return from_algorithm(q.part("quantization"), "quant_algo");
    if (q.has("quant_algo")) return from_algorithm(q, "quant_algo");
    q.fail_none({"config_groups", "quant_algo", "or a group, such as group_0, without weights"},
                "in which format are weights?");
  }
  if (method.empty()) q.fail_missing("quant_method", "");
  q.fail("quant_method", fmt::format("\"{}\" is not modelled (known: fp8, mxfp4, gptq, awq, compressed-tensors, "
                                     "modelopt, bitsandbytes, fbgemm_fp8, quark)",
                                     method));
}

/// quantization_config where it stands: in the language model's part, at the top, or in hf_quant_config.json beside.
std::optional<Keys> quantization(const Keys& top, const Keys& text) {
  for (const Keys* keys : {&text, &top}) {
    for (const char* key : {"quantization_config", "compression_config"}) {
      if (keys->is_mapping(key)) return keys->part(key);
      if (keys->has(key)) keys->fail(key, "expected a mapping");
    }
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

/// The format of most matrices of a part.
Format mostly(const Keys& q, const char* part, const Tally& t, const Format& quantised, const Format& plain) {
  const Format& most = 2 * t.left > t.all ? plain : quantised;
  if (t.left > 0 && t.left < t.all)
    q.warn("ignore", fmt::format("leaves {} of {} matrices of {} unquantised; all counted as {}", t.left, t.all, part,
                                 most.name));
  return most;
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
  const Format quantised = read_format_of(*q);
  const bool nested = q->is_mapping("quantization");
  const ModulePatterns excluded = patterns_of(nested ? q->part("quantization") : *q);
  if (nested) pass_quantisation_details(q->part("quantization"));
  pass_quantisation_details(*q);
  if (method_of(*q) == "mxfp4") {  // transformers' Mxfp4Config turns experts only
    f.experts = quantised;
    return f;
  }
  const std::string method = method_of(*q);
  const bool lists =
      method == "compressed-tensors" || method.starts_with("modelopt") || method == "quark" || method == "awq";
  if (lists && excluded.empty() && !q->says_null("modules_to_not_convert") && !q->has("ignore"))
    q->assume("ignore",
              "(also exclude_modules, exclude, modules_to_not_convert) every matrix outside the vocabulary counted as "
              "quantised");
  const Tallies t = tally(excluded, model);
  f.attention = mostly(*q, "attention", t.attention, quantised, plain);
  f.dense = mostly(*q, "dense feed-forwards", t.dense, quantised, plain);
  f.experts = mostly(*q, "experts", t.experts, quantised, plain);
  f.shared = mostly(*q, "shared experts", t.shared, quantised, plain);
  const std::string expert_dtype = text.word_or("expert_dtype", "");  // DeepSeek-V4: FP4 experts beside FP8
  if (expert_dtype == "fp4")
    f.experts = format("mxfp4");
  else if (expert_dtype == "fp8")
    f.experts = format("fp8");
  else if (!expert_dtype.empty())
    text.fail("expert_dtype", fmt::format("unknown \"{}\" (known: fp4, fp8)", expert_dtype));
  return f;
}

}  // namespace teapot
