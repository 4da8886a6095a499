// Reading a Hugging Face config.json; what its keys mean follows each model's modelling code in `transformers`.
// Knows nothing of how the model is used.

#include "workloads/model/huggingface.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace teapot {
namespace {

/// JSON says null for what a model does not have.
bool present(const Config& config, const std::string& key) {
  return config.has(key) && config.at(key).tree().kind != Tree::Kind::null;
}

int number_or(const Config& config, const std::string& key, int fallback) {
  return present(config, key) ? config.non_negative<int>(key) : fallback;
}

/// The first of several names that different models give to the same thing.
int first_of(const Config& config, const std::vector<std::string>& keys, int fallback) {
  for (const auto& key : keys) {
    if (present(config, key)) return config.non_negative<int>(key);
  }
  return fallback;
}

std::string type_of(const Config& config) { return config.get_or<std::string>("model_type", ""); }

bool one_of(const std::string& word, const std::set<std::string>& words) { return words.count(word) > 0; }

/// Feed-forward with two matrices, and learned positions in all but the last two.
bool gpt_style(const std::string& type) { return one_of(type, {"opt", "gpt2", "gpt_neox", "bloom"}); }

Attention read_attention(const Config& config, int hidden) {
  Attention a;
  a.heads = config.positive<int>("num_attention_heads");
  if (present(config, "kv_lora_rank")) {
    a.kind = Attention::Kind::latent;
    a.kv_heads = 1;
    a.q_rank = number_or(config, "q_lora_rank", 0);
    a.kv_rank = config.positive<int>("kv_lora_rank");
    a.nope_dim = config.positive<int>("qk_nope_head_dim");
    a.rope_dim = config.positive<int>("qk_rope_head_dim");
    a.value_dim = config.positive<int>("v_head_dim");
    a.head_dim = a.kv_rank + a.rope_dim;
    return a;
  }
  a.kv_heads = number_or(config, "num_key_value_heads", a.heads);
  a.head_dim = number_or(config, "head_dim", hidden / a.heads);
  if (a.kv_heads == 0 || a.heads % a.kv_heads != 0) config.at("num_key_value_heads").fail("must divide the heads");
  return a;
}

/// Tokens that layer `index` looks back at; 0: all.
int window_of(const Config& config, int index) {
  const int window = number_or(config, "sliding_window", 0);
  if (window == 0) return 0;
  if (present(config, "layer_types")) {
    const auto types = config.at("layer_types").items();
    if (index >= static_cast<int>(types.size()))
      config.at("layer_types").fail("has fewer entries than there are layers");
    return types[static_cast<std::size_t>(index)].as<std::string>() == "sliding_attention" ? window : 0;
  }
  if (!config.get_or<bool>("use_sliding_window", true)) return 0;
  // Without a list: Qwen's first layers look at everything, gpt-oss takes turns, Mistral's all look back alike.
  if (type_of(config) == "gpt_oss") return index % 2 == 0 ? window : 0;
  return index >= number_or(config, "max_window_layers", 0) ? window : 0;
}

Experts read_experts(const Config& config) {
  Experts e;
  e.routed = first_of(config, {"n_routed_experts", "num_local_experts", "num_experts"}, 0);
  if (e.routed == 0) return e;
  e.top_k = config.positive<int>("num_experts_per_tok");
  e.shared = number_or(config, "n_shared_experts", 0);
  e.intermediate = first_of(config, {"moe_intermediate_size", "intermediate_size"}, 0);
  e.shared_intermediate = number_or(config, "shared_expert_intermediate_size", e.shared * e.intermediate);
  e.groups = std::max(1, number_or(config, "n_group", 1));
  return e;
}

bool has_experts(const Config& config, const Experts& experts, int index) {
  if (experts.routed == 0 || index < number_or(config, "first_k_dense_replace", 0)) return false;
  if (present(config, "mlp_only_layers")) {
    for (const Config& dense : config.at("mlp_only_layers").items()) {
      if (dense.as<int>() == index) return false;
    }
  }
  return index % std::max(1, number_or(config, "moe_layer_freq", 1)) == 0 &&
         (index + 1) % std::max(1, number_or(config, "decoder_sparse_step", 1)) == 0;
}

Format read_weights(const Config& config) {
  if (!present(config, "quantization_config")) return format("bf16");
  const Config quantization = config.at("quantization_config");
  const std::string method = quantization.get_or<std::string>("quant_method", "");
  if (method == "fp8") return format("fp8");
  if (method == "mxfp4") return format("mxfp4");
  if (method == "gptq" || method == "awq") return format("int4");
  quantization.fail(fmt::format("unknown quant_method \"{}\" (known: fp8, mxfp4, gptq, awq)", method));
}

Model read(const Config& config) {
  Model m;
  const std::string type = type_of(config);
  m.name = config.get_or<std::string>("_name_or_path", "");
  if (m.name.empty()) m.name = type.empty() ? "config.json" : type;
  m.source = "config.json";
  m.hidden = config.positive<int>("hidden_size");
  m.vocabulary = config.positive<int>("vocab_size");
  m.gated = !gpt_style(type);
  if (one_of(type, {"opt", "gpt2"})) m.positions = number_or(config, "max_position_embeddings", 0);
  m.experts = read_experts(config);
  m.intermediate = first_of(config, {"intermediate_size", "ffn_dim"}, gpt_style(type) ? 4 * m.hidden : 0);
  m.tied_embeddings = config.get_or<bool>("tie_word_embeddings", one_of(type, {"opt", "gpt2", "bloom"}));
  m.active_with_embedding = !one_of(type, {"deepseek_v2", "deepseek_v3", "gpt_oss"});
  m.mtp_modules = number_or(config, "num_nextn_predict_layers", 0);
  m.weights = read_weights(config);
  Attention attention = read_attention(config, m.hidden);
  for (int l = 0; l < config.positive<int>("num_hidden_layers"); ++l) {
    attention.window = window_of(config, l);
    m.layers.push_back({attention, has_experts(config, m.experts, l)});
    if (!m.layers.back().experts && m.intermediate == 0) config.fail("a dense layer needs intermediate_size");
  }
  return m;
}

}  // namespace

bool is_huggingface(const Config& config) {
  return config.has("hidden_size") || config.has("architectures") || config.has("text_config");
}

Model read_huggingface(const Config& config) {
  config.tree();  // a config.json has many keys that do not matter here
  // Models that also see images keep the language model's keys one level below.
  return read(present(config, "text_config") && !config.has("hidden_size") ? config.at("text_config") : config);
}

}  // namespace teapot
