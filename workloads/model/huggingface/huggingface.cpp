// Reading a Hugging Face config.json: from the keys of its parts to a model, and what was not understood by name.
// Knows nothing of how the model is used.

#include "workloads/model/huggingface.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "workloads/model/huggingface/language_part.hpp"
#include "workloads/model/huggingface/layers.hpp"
#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

constexpr int most_layers = 10'000;

/// `assume: {KEY: ignore, part: {KEY: ignore}}`.
void add_ignored(const Config& assume, const std::string& prefix, std::set<std::string>& keys) {
  for (const std::string& key : assume.keys()) {
    if (assume.at(key).is_mapping()) {
      add_ignored(assume.at(key), prefix + key + '.', keys);
      continue;
    }
    if (assume.get<std::string>(key) != "ignore") assume.at(key).fail("expected `ignore`");
    keys.insert(prefix + key);
  }
}

std::set<std::string> ignored_keys(const Config& config) {
  std::set<std::string> keys;
  add_ignored(config.section("assume"), "", keys);
  return keys;
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
  const std::string key =
      text.which({"tie_word_embeddings", "tie_embedding", "tie_embeddings", "share_input_output_layers"});
  const bool inside = text.has(key);
  const bool outside = top.has("tie_word_embeddings");
  if (inside && outside && text.flag_or(key, false) != top.flag_or("tie_word_embeddings", false))
    text.warn(key, "differs from the top level, which is believed");
  if (outside) return top.flag_or("tie_word_embeddings", false);
  if (inside) return text.flag_or(key, false);
  if (text.has("inner_hidden_size")) {  // the first ChatGLM
    text.assume(key, "one matrix for embedding and head");
    return true;
  }
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
  if (family.learned_positions && !k.has(key))
    k.fail_none({"max_position_embeddings", "n_positions", "n_ctx"}, "positions are learned");
  return family.learned_positions ? k.positive(key) : 0;
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
  for (const Tree::Entry& entry : top.config().tree().entries) {
    const Tree* inside = text.config().tree().find(entry.key);
    if (inside != nullptr && to_yaml(*inside) == to_yaml(entry.value)) top.pass(entry.key);
  }
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
  const Base base{text, family, hidden_size(text), layer_count(text), image_tokens(holder)};
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
  for (const Layer& layer : m.layers) m.encoder_parameters += layer.experts ? image_expert_parameters(base) : 0;
  pass_known(text);
  pass_known(top);
  pass_known(holder);
  check_against_name(m, std::filesystem::path{m.name}.filename().string(), top);
  if (!file.empty()) check_against_index(m, file, top);
  return m;
}

}  // namespace

int hidden_size(const Keys& k) {
  const auto size = k.any({"hidden_size", "n_embd", "d_model", "n_embed", "dim", "model_dim"});
  if (!size || *size == 0) {
    k.fail_none({"hidden_size", "n_embd", "d_model", "n_embed", "dim", "model_dim",
                 "or a language model in text_config", "llm_config", "language_config", "thinker_config"},
                "");
  }
  return *size;
}

int layer_count(const Keys& k) {
  const auto count = k.has("num_layers") && k.has("expert_ffn_hidden_size")
                         ? k.any({"num_layers"})
                         : k.any({"num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_transformer_layers"});
  k.pass("num_hidden_layers");
  if (!count || *count == 0)
    k.fail_none({"num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_transformer_layers",
                 "or a language model in text_config", "llm_config", "language_config", "thinker_config"},
                "");
  if (*count > most_layers)
    k.fail(k.which({"num_hidden_layers", "n_layer", "n_layers", "num_layers"}),
           fmt::format("must be at most {}", most_layers));
  return *count;
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
