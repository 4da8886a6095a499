// Reading a Hugging Face config.json: from the keys of its parts to a model, and what was not understood by name.
// Knows nothing of how the model is used.

#include "workloads/model/huggingface.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

#include "workloads/model/huggingface/layers.hpp"
#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

constexpr int most_layers = 10'000;

/// Parts under which a multimodal model keeps its language model.
constexpr std::array language_parts{"text_config",           "llm_config", "language_config", "thinker_config",
                                    "language_model_config", "llm_cfg",    "text_cfg"};

/// Numbers of a configuration class that published files of multimodal models leave out; a part only.
using Defaults = std::map<std::string, int>;
const Defaults& class_defaults(const std::string& type) {
  static const Defaults none;
  static const std::map<std::string, Defaults> table{
      {"gemma3_text",
       {{"vocab_size", 262208}, {"num_attention_heads", 8}, {"num_key_value_heads", 4}, {"head_dim", 256}}},
      {"llama",
       {{"vocab_size", 32000},
        {"hidden_size", 4096},
        {"intermediate_size", 11008},
        {"num_hidden_layers", 32},
        {"num_attention_heads", 32},
        {"num_key_value_heads", 32}}}};
  const auto found = table.find(type);
  return found == table.end() ? none : found->second;
}

const Tree* text_of(const Tree& tree, const char* key) {
  const Tree* value = tree.find(key);
  return value != nullptr && value->kind == Tree::Kind::scalar ? value : nullptr;
}

std::string word_in(const Tree& tree, const char* key) {
  const Tree* value = text_of(tree, key);
  return value != nullptr ? value->text : "";
}

/// Puts what its configuration class would fill in into a part, and says so.
std::vector<std::string> fill_defaults(Tree& part, const std::string& path) {
  std::vector<std::string> said;
  for (const auto& [key, number] : class_defaults(word_in(part, "model_type"))) {
    if (part.find(key) != nullptr) continue;
    Tree value;
    value.kind = Tree::Kind::scalar;
    value.text = std::to_string(number);
    value.place = part.place;
    part.entries.push_back({key, part.place, value});
    said.push_back(
        fmt::format("{}{}: not given; taken as {}, the default of its configuration class", path, key, number));
  }
  return said;
}

struct Parts {
  Tree tree;
  std::vector<std::string> path;  ///< from the top to the language model
  std::vector<std::string> warnings;
};

Tree* part_in(Tree& tree, std::string& name) {
  for (const char* key : language_parts) {
    for (Tree::Entry& entry : tree.entries) {
      if (entry.key == key && entry.value.kind == Tree::Kind::mapping) {
        name = key;
        return &entry.value;
      }
    }
  }
  return nullptr;
}

Parts find_parts(const Config& config) {
  Parts parts;
  parts.tree = config.tree();
  std::erase_if(parts.tree.entries, [](const Tree::Entry& entry) { return entry.key == "assume"; });
  Tree* at = &parts.tree;
  std::string path;
  std::string name;
  while (Tree* next = part_in(*at, name)) {
    parts.path.push_back(name);
    path += name + '.';
    at = next;
  }
  if (!parts.path.empty()) parts.warnings = fill_defaults(*at, path);
  return parts;
}

std::set<std::string> ignored_keys(const Config& config) {
  std::set<std::string> keys;
  const Config assume = config.section("assume");
  for (const std::string& key : assume.keys()) {
    if (assume.get<std::string>(key) != "ignore") assume.at(key).fail("expected `ignore`");
    keys.insert(key);
  }
  return keys;
}

void refuse_other_kinds(const Config& config, const Tree& text) {
  const Tree& top = config.tree();
  const auto refuse = [&](const char* key, const std::string& why) {
    config.at(key).fail(why + " (a decoder can be written as YAML: see workloads/models)");
  };
  for (const char* key : {"_class_name", "_diffusers_version"}) {
    if (top.find(key) != nullptr) refuse(key, "part of a diffusion pipeline; only decoders of text are modelled");
  }
  if (word_in(top, "is_encoder_decoder") == "true")
    refuse("is_encoder_decoder", "an encoder-decoder model; only decoders are modelled");
  for (const Tree* tree : {&top, &text}) {
    const std::string why = refusal(word_in(*tree, "model_type"));
    if (why.empty()) continue;
    if (tree == &top) refuse("model_type", why);
    throw ConfigError(fmt::format("{}:{}:{}: model_type: {}", tree->place.file ? *tree->place.file : "<text>",
                                  tree->place.line, tree->place.column, why));
  }
}

Family read_family(const Keys& top, const Keys& text) {
  std::string type = text.word_or("model_type", "");
  if (type.empty()) type = top.word_or("model_type", "");
  if (!type.empty() && !text.has("model_type")) text.assume("model_type", "taken as that of the top level");
  top.pass("model_type");
  if (type.empty()) {
    text.assume("model_type", "read as a decoder like Llama");
    return family_of("");
  }
  const Family family = family_of(type);
  if (!family.known)
    text.warn("model_type", fmt::format("\"{}\" is not known; read by its keys, as a decoder like Llama", type));
  return family;
}

int vocabulary_size(const Keys& k) {
  const auto size = k.any({"vocab_size", "padded_vocab_size", "n_vocab"});
  if (!size || *size == 0) k.fail_none({"vocab_size", "padded_vocab_size", "n_vocab"}, "");
  return *size;
}

bool tied_embeddings(const Keys& top, const Keys& text, const Family& family) {
  const std::string key = text.which({"tie_word_embeddings", "tie_embedding"});
  const bool inside = text.has(key);
  const bool outside = top.has("tie_word_embeddings");
  if (inside && outside && text.flag_or(key, false) != top.flag_or("tie_word_embeddings", false))
    text.warn(key, "differs from the top level, which is believed");
  if (outside) return top.flag_or("tie_word_embeddings", false);
  if (inside) return text.flag_or(key, false);
  text.assume(key, family.tied ? "one matrix for embedding and head" : "embedding and head are two matrices");
  return family.tied;
}

int learned_positions(const Keys& k, const Family& family) {
  const std::string key = k.which({"max_position_embeddings", "n_positions", "n_ctx"});
  k.pass_all({"max_position_embeddings", "n_positions", "n_ctx"});
  if (k.is_mapping("attn_config") && k.has("max_seq_len")) {  // MPT, unless it biases attention by distance
    const bool distance = k.part("attn_config").flag_or("alibi", false) || k.part("attn_config").flag_or("rope", false);
    return distance || !family.learned_positions ? 0 : k.positive("max_seq_len");
  }
  return family.learned_positions ? k.positive(key) : 0;
}

/// Keys that are known and whose say was taken elsewhere, or that say what no figure needs.
void pass_known(const Keys& k) {
  k.pass_all({"rope_layers",
              "enable_moe_block",
              "residual_moe",
              "parallel_attn_mlp_res",
              "use_double_wide_mlp",
              "rotary_dim",
              "attention_types",
              "use_parallel_residual",
              "parallel_attn",
              "use_parallel_block",
              "parallel_block",
              "parallel_residual",
              "hidden_act",
              "hidden_activation",
              "activation_function",
              "mlp_hidden_act",
              "activation",
              "moe_router_enable_shared_expert",
              "moe_multimodal_paired_experts",
              "use_parallel_embedding",
              "shared_attention_qkv_proj",
              "hidden_size_per_head",
              "attn_mechanism",
              "attention_method",
              "attention_type",
              "use_attention_sink",
              "attention_sinks",
              "use_attention_sinks",
              "attn_sink",
              "use_sink",
              "hc_mult",
              "scale_attn_by_inverse_layer_idx",
              "reorder_and_upcast_attn",
              "hidden_dropout",
              "attention_window",
              "enable_lm_head_fp32",
              "moe_layer_use_shared",
              "use_kv_cache",
              "layer_norm_type",
              "model_type",
              "word_embed_proj_dim",
              "logit_head",
              "lm_head_type",
              "apply_layernorm_1p",
              "fp32_residual_connection",
              "attention_probs_dropout_prob",
              "hidden_dropout_prob",
              "quantization_bit",
              "pre_seq_len",
              "prefix_projection",
              "original_rope",
              "interleaved_qkv",
              "kv_channels",
              "num_ln_in_parallel_attn",
              "ffn_layer_norm",
              "attn_config",
              "ffn_config",
              "quantization_config",
              "compression_config",
              "quantization",
              "moe_dropout",
              "use_mup_head",
              "moe_implementation",
              "attn_config_version",
              "mamba_cache_dtype",
              "mamba_ssm_dtype",
              "mamba_ssm_cache_dtype",
              "fused_add_norm",
              "pad_vocab_size_multiple",
              "time_step_rank",
              "mamba_dt_rank",
              "head_dim_original",
              "use_expert_parallel",
              "moe_expert_parallel",
              "max_window_layers",
              "qk_head_dim",
              "torch_dtype",
              "dtype",
              "vision_config",
              "no_rope_layers",
              "mamba_intermediate_size",
              "expand",
              "mamba_expand",
              "ssm_cfg",
              "attn_layer_idx",
              "attn_cfg"});
}

std::string name_of(const Keys& top, const Keys& text, const std::string& file) {
  for (const Keys* k : {&top, &text}) {
    const std::string name = k->has("_name_or_path") ? k->at("_name_or_path").as<std::string>() : "";
    top.pass("_name_or_path");
    if (!name.empty() && name != "None") return name;
  }
  const std::string stem = std::filesystem::path{file}.stem().string();
  const std::string folder = std::filesystem::path{file}.parent_path().filename().string();
  if (!stem.empty() && stem != "config") return stem;
  return folder.empty() || folder == "." ? text.word_or("model_type", "config.json") : folder;
}

void refuse_what_is_not_modelled(const Base& b) {
  const Keys& k = b.keys;
  if (k.count_or("word_embed_proj_dim", b.hidden) != b.hidden)
    k.fail("word_embed_proj_dim", "an embedding narrower than the hidden size is not modelled");
  if (b.family.type == "zamba2")
    k.fail("model_type", "Zamba2's blocks, shared between layers with adapters, are not modelled");
  for (const char* key : {"num_kv_shared_layers", "altup_num_inputs", "cross_attention_layers",
                          "ngram_vocab_size_ratio", "engram_layer_ids", "hidden_size_per_layer_input",
                          "use_double_wide_mlp", "sparse_config", "sparse_attention_config"}) {
    const bool off = k.has(key) && ((k.is_number(key) && k.count_or(key, 1) == 0) ||
                                    (k.at(key).is_scalar() && k.at(key).as<std::string>() == "false"));
    if (off && std::string{key} == "hidden_size_per_layer_input") k.pass("vocab_size_per_layer_input");
    if (k.has(key) && !off)
      k.fail(key, "what it stands for is not modelled (`--assume KEY=ignore` leaves it out; or write YAML)");
  }
}

/// MPT and DBRX keep attention in a mapping of its own.
void read_nested_attention(const Keys& k) {
  if (!k.is_mapping("attn_config")) return;
  const Keys attention = k.part("attn_config");
  attention.pass_all({"attn_pdrop", "attn_type", "attn_impl", "qk_ln", "clip_qkv", "softmax_scale", "prefix_lm",
                      "attn_uses_sequence_id", "alibi", "alibi_bias_max", "rope_theta", "model_type", "kv_n_heads",
                      "rope", "qk_gn", "rope_impl", "sliding_window_size", "attn_logit_softcapping"});
  if (!k.is_mapping("ffn_config")) return;
  const Keys ffn = k.part("ffn_config");
  ffn.pass_all({"ffn_type", "fc_type", "ffn_act_fn", "model_type", "moe_loss_weight", "moe_jitter_eps",
                "moe_normalize_expert_weights", "uniform_expert_assignment", "ffn_hidden_size"});
}

/// A multimodal file may repeat shapes of its language model at the top; they must be the same.
void check_repeats(const Keys& top, const Keys& text) {
  for (const char* key :
       {"hidden_size", "vocab_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
        "intermediate_size", "head_dim", "max_position_embeddings", "sliding_window"}) {
    if (!top.has(key)) continue;
    top.pass(key);
    if (text.has(key) && top.is_number(key) && text.is_number(key) && top.count_or(key, 0) != text.count_or(key, 0))
      top.fail(key, "differs from that of the language model");
  }
}

/// `holder`: the mapping that holds the language model, and encoders beside it.
Model assemble(const Keys& top, const Keys& holder, const Keys& text, const std::string& file) {
  const Family family = read_family(top, text);
  const Base base{text, family, hidden_size(text), layer_count(text)};
  refuse_what_is_not_modelled(base);
  const bool multimodal = &top.config().tree() != &text.config().tree();
  if (multimodal) check_repeats(top, text);
  Model m;
  m.name = name_of(top, text, file);
  m.source = file.empty() ? "config.json" : file;
  m.hidden = base.hidden;
  m.vocabulary = vocabulary_size(text);
  read_nested_attention(text);
  m.active_with_embedding = false;  // one rule for all: what a token is multiplied with
  m.positions = learned_positions(text, family);
  read_layers(base, m);
  check_expected(base);
  m.tied_embeddings = tied_embeddings(top, text, family);
  read_prediction(base, m);
  m.formats = read_formats(top, text, m);
  m.weights = m.has_experts() ? m.formats.experts : m.formats.dense;
  m.encoder_parameters = encoder_parameters(holder, multimodal);
  pass_known(text);
  pass_known(top);
  pass_known(holder);
  check_against_name(m, std::filesystem::path{m.name}.filename().string(), top);
  if (!file.empty()) check_against_index(m, file, top);
  return m;
}

}  // namespace

int hidden_size(const Keys& k) {
  const auto size = k.any({"hidden_size", "n_embd", "d_model", "n_embed", "dim"});
  if (!size || *size == 0) {
    k.fail_none({"hidden_size", "n_embd", "d_model", "n_embed", "dim", "or a language model in text_config",
                 "llm_config", "language_config", "thinker_config"},
                "");
  }
  return *size;
}

int layer_count(const Keys& k) {
  const auto count = k.has("num_layers") && k.has("expert_ffn_hidden_size")
                         ? k.any({"num_layers"})
                         : k.any({"num_hidden_layers", "n_layer", "n_layers", "num_layers"});
  k.pass("num_hidden_layers");
  if (!count || *count == 0) k.fail_none({"num_hidden_layers", "n_layer", "n_layers", "num_layers"}, "");
  if (*count > most_layers)
    k.fail(k.which({"num_hidden_layers", "n_layer", "n_layers", "num_layers"}),
           fmt::format("must be at most {}", most_layers));
  return *count;
}

bool is_huggingface(const Config& config) {
  for (const char* key : {"hidden_size", "architectures", "model_type", "n_embd", "d_model", "_class_name",
                          "transformers_version", "num_hidden_layers", "vocab_size"}) {
    if (config.has(key)) return true;
  }
  return std::any_of(language_parts.begin(), language_parts.end(), [&](const char* key) { return config.has(key); });
}

namespace {

/// An error that follows from something assumed says so.
std::string with_assumptions(const std::string& error, const std::vector<std::string>& warnings) {
  std::string assumed;
  for (const std::string& warning : warnings) {
    const bool given =
        warning.find("not given") == std::string::npos && warning.find("is not known; read by") == std::string::npos;
    if (!given && warning.find("quantization_config") == std::string::npos)
      assumed += (assumed.empty() ? "" : "; ") + warning;
  }
  return assumed.empty() ? error : fmt::format("{} [assumed before: {}]", error, assumed);
}

}  // namespace

Model read_huggingface(const Config& config, Unknown unknown) {
  const Parts parts = find_parts(config);
  const Config whole{parts.tree};
  const Keys top{whole, ignored_keys(config)};
  const auto& file = config.tree().place.file;
  try {
    Keys holder = top;
    Keys text = top;
    for (const std::string& part : parts.path) {
      holder = text;
      text = text.part(part);
    }
    refuse_other_kinds(config, text.config().tree());
    Model m = assemble(top, holder, text, file ? *file : "");
    top.judge_the_rest(unknown == Unknown::warn);
    m.reading = top.reading();
    m.reading.warnings.insert(m.reading.warnings.end(), parts.warnings.begin(), parts.warnings.end());
    return m;
  } catch (const ConfigError& error) {
    std::vector<std::string> warnings = top.reading().warnings;
    warnings.insert(warnings.end(), parts.warnings.begin(), parts.warnings.end());
    throw ConfigError(with_assumptions(error.what(), warnings));
  }
}

}  // namespace teapot
