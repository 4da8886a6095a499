// Shapes of attention over a cache: grouped, latent, compressed; full, within a window or chunks, or chosen by an
// indexer. Key names follow the configuration classes in `transformers`. Knows no layer order.

#include <fmt/format.h>

#include <algorithm>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

/// Where a list gives each layer its own, that of the first; apply_lists puts in the others.
std::optional<int> one_or_first(const Base& b, const std::vector<std::string>& names) {
  const Keys& k = b.keys;
  const std::string key = k.which(names);
  if (!k.is_list(key)) return k.any(names);
  const std::vector<int> each = k.numbers(key);
  if (each.size() != static_cast<std::size_t>(b.layers))
    k.fail(key, fmt::format("speaks of {} layers, not of {}", each.size(), b.layers));
  return each.front();
}

int read_heads(const Base& b, bool by_layer = false) {
  const Keys& k = b.keys;
  const std::vector<std::string> names{"num_attention_heads", "n_head", "n_heads", "num_heads", "num_query_heads"};
  const auto heads = by_layer ? one_or_first(b, names) : k.any(names);
  if (!heads) k.fail_none(names, "attention needs it");
  if (*heads == 0) k.fail(k.which(names), "must be above zero");
  return *heads;
}

/// Older models share one KV head by a flag, newer ones count them.
int read_kv_heads(const Base& b, int heads) {
  const Keys& k = b.keys;
  const std::vector<std::string> names{"num_key_value_heads",          "num_kv_heads", "n_head_kv",
                                       "num_attention_groups",         "kv_n_heads",   "n_kv_heads",
                                       "num_key_value_heads_per_layer"};
  if (k.flag_or("multi_query_attention", false)) return k.positive("multi_query_group_num");
  k.pass("multi_query_group_num");
  if (k.word_or("attention_head_type", "") == "multiquery") return 1;  // SantaCoder
  const bool falcon = k.flag_or("new_decoder_architecture", false);
  if (k.flag_or("multi_query", false) && !falcon) {
    k.pass_all(names);
    return 1;
  }
  if (const auto kv = one_or_first(b, names)) {
    if (*kv == 0) k.fail(k.which(names), "must be above zero");
    return *kv;
  }
  if (k.is_mapping("attn_config")) {
    if (const auto kv = k.part("attn_config").any(names); kv && *kv > 0) return *kv;
    k.part("attn_config").assume("kv_n_heads", "as many as heads");
  }
  if (!b.family.multi_head)
    k.assume("num_key_value_heads", fmt::format("taken as the {} heads (also known as num_kv_heads, n_head_kv, "
                                                "num_attention_groups, kv_n_heads in attn_config)",
                                                heads));
  return heads;
}

int read_head_dim(const Base& b, int heads) {
  const auto dim = b.keys.any({"head_dim", "kv_channels", "attention_head_dim", "d_kv"});
  if (dim) {
    if (*dim == 0)
      b.keys.fail(b.keys.which({"head_dim", "kv_channels", "attention_head_dim", "d_kv"}), "must be above zero");
    return *dim;
  }
  if (b.family.head_dim > 0) {
    b.keys.assume("head_dim", fmt::format("taken as {}, which is usual for {}", b.family.head_dim, b.family.type));
    return b.family.head_dim;
  }
  if (b.hidden % heads != 0)
    b.keys.fail_missing("head_dim", fmt::format("the hidden size {} does not divide by {} heads", b.hidden, heads));
  const int dim_or_usual = b.hidden / heads;
  const bool usual = dim_or_usual == 64 || dim_or_usual == 128 || b.family.multi_head;
  if (!b.family.plain_heads || !usual)
    b.keys.assume("head_dim", fmt::format("taken as hidden size over heads, {}", dim_or_usual));
  return dim_or_usual;
}

/// What gates the output: a value for each head, or as many as it has; false, or nothing: none (Laguna).
int gate_by_word(const Keys& k, const std::string& key, const std::string& word, const Attention& a) {
  if (word == "per-head" || word == "per_head") return 1;
  if (word == "per-element" || word == "per_element" || word == "true") return static_cast<int>(a.output_dim());
  if (word == "false" || word == "none") return 0;
  k.fail(key, fmt::format("unknown \"{}\" (known: per-head, per-element, true, false)", word));
}

/// Attention beside gated delta layers has a gate as wide as its output (Qwen3-Next); Olmo-Hybrid's has none.
bool usually_gated(const Base& b) {
  if (b.family.gates_attention) return true;
  const bool trinity = b.keys.has("global_attn_every_n_layers") && b.keys.has("num_dense_layers");
  return trinity || (b.keys.has("linear_num_value_heads") && !b.keys.has("linear_use_gate"));
}

Indexer read_indexer(const Base& b) {
  const Keys& k = b.keys;
  const bool named = b.family.type == "deepseek_v32" || b.family.type == "glm_moe_dsa";
  const std::vector<std::string> keys{"index_topk", "index_n_heads", "index_head_dim"};
  const bool any = std::any_of(keys.begin(), keys.end(), [&](const std::string& key) { return k.has(key); });
  if (k.has("index_topk_blocks") || (!any && !named)) return {};  // blocks are read with the layers that have them
  const int heads = b.family.type == "glm_moe_dsa" ? 32 : 64;
  const std::vector<int> usual{2048, heads, 128};
  std::vector<int> values;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!k.has(keys[i])) {
      if (!named) k.fail_missing(keys[i], "an indexer has index_topk, index_n_heads and index_head_dim");
      k.assume(keys[i], fmt::format("taken as {}, which is usual for {}", usual[i], b.family.type));
      values.push_back(usual[i]);
    } else {
      values.push_back(k.positive(keys[i]));
    }
  }
  return {values[1], values[2], values[0]};
}

Attention read_latent(const Base& b) {
  const Keys& k = b.keys;
  Attention a;
  a.kind = Attention::Kind::latent;
  a.heads = read_heads(b);
  a.kv_heads = 1;
  a.q_rank = k.count_or("q_lora_rank", 0);
  if (a.q_rank == 0) k.assume("q_lora_rank", "queries are not compressed");
  a.kv_rank = k.positive("kv_lora_rank");
  a.nope_dim = k.positive("qk_nope_head_dim");
  a.rope_dim = k.count_or("qk_rope_head_dim", -1);
  if (a.rope_dim < 0) k.fail_missing("qk_rope_head_dim", "it goes with kv_lora_rank");
  if (k.has("v_head_dim")) {
    a.value_dim = k.positive("v_head_dim");
  } else {
    a.value_dim = b.hidden / a.heads;  // MiniCPM-3's code
    k.assume("v_head_dim", fmt::format("taken as hidden size over heads, {}", a.value_dim));
  }
  a.head_dim = a.kv_rank + a.rope_dim;
  a.indexer = read_indexer(b);
  k.pass_all({"num_key_value_heads", "head_dim", "qk_head_dim"});
  return a;
}

Attention read_grouped(const Base& b) {
  const Keys& k = b.keys;
  Attention a;
  a.heads = read_heads(b, true);
  a.kv_heads = read_kv_heads(b, a.heads);
  a.head_dim = read_head_dim(b, a.heads);
  const int said = k.count_or("v_head_dim", 0);
  const int value = said > 0 ? said : a.head_dim;
  a.value_dim = value == a.head_dim ? 0 : value;
  a.q_rank = k.count_or("share_q_dim", 0);
  if (k.flag_or("attn_output_gate", usually_gated(b))) a.gate = static_cast<int>(a.output_dim());
  if (k.flag_or("use_head_wise_attn_gate", false)) a.gate = 1;
  if (k.has("gating") && k.at("gating").is_scalar()) {
    const std::string word = k.at("gating").as<std::string>();
    if (k.at("gating").tree().quoted && (word == "true" || word == "false")) k.flag_or("gating", false);  // says so
    a.gate = gate_by_word(k, "gating", word, a);
  }
  a.head_norm = k.flag_or("use_qk_norm", b.family.head_norm);
  if (a.heads % a.kv_heads != 0)
    k.fail(
        k.which({"num_key_value_heads", "num_kv_heads", "n_head_kv", "num_attention_groups", "multi_query_group_num"}),
        fmt::format("must divide the {} heads", a.heads));
  a.indexer = read_indexer(b);
  return a;
}

/// One value for each layer, where there is such a list.
std::vector<int> listed(const Base& b, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!b.keys.is_list(name)) continue;
    const std::vector<int> each = b.keys.numbers(name);
    if (each.size() != static_cast<std::size_t>(b.layers))
      b.keys.fail(name, fmt::format("speaks of {} layers, not of {}", each.size(), b.layers));
    return each;
  }
  return {};
}

}  // namespace

void apply_lists(const Base& b, std::vector<std::vector<Attention>>& layers) {
  const Keys& k = b.keys;
  const std::vector<std::string> head_names{
      "num_attention_heads_per_layer", "num_attention_heads", "n_head", "n_heads", "num_heads", "num_query_heads"};
  const std::vector<std::string> kv_names{
      "num_key_value_heads_per_layer", "num_key_value_heads", "num_kv_heads", "n_head_kv",
      "num_attention_groups",          "kv_n_heads",          "n_kv_heads"};
  const auto heads = listed(b, head_names);
  const auto kv_heads = listed(b, kv_names);
  const auto gates = k.words("gating_types");
  if (!gates.empty() && gates.size() != layers.size())
    k.fail("gating_types", fmt::format("speaks of {} layers, not of {}", gates.size(), layers.size()));
  for (std::size_t l = 0; l < layers.size(); ++l) {
    for (Attention& a : layers[l]) {
      if (a.kind != Attention::Kind::grouped) continue;
      if (!heads.empty()) a.heads = heads[l];
      if (!kv_heads.empty()) a.kv_heads = kv_heads[l];
      if (!gates.empty()) a.gate = gate_by_word(k, "gating_types", gates[l], a);
      if (a.heads == 0 || a.kv_heads == 0 || a.heads % a.kv_heads != 0)
        k.fail(k.which(head_names), fmt::format("layer {}: {} KV heads must divide {} heads", l, a.kv_heads, a.heads));
    }
  }
}

Attention read_block_sparse(const Base& b, Attention a) {
  const bool nested = b.keys.is_mapping("sparse_attention_config");
  const Keys k = nested ? b.keys.part("sparse_attention_config") : b.keys;
  const auto key = [&](const char* own, const char* flat) { return nested ? own : flat; };
  const int block = k.positive(key("sparse_block_size", "index_block_size"));
  const int blocks = k.positive(key("sparse_topk_blocks", "index_topk_blocks"));
  a.indexer.heads = k.positive(key("sparse_num_index_heads", "index_n_heads"));
  a.indexer.dim = k.positive(key("sparse_index_dim", "index_head_dim"));
  a.indexer.top = block * blocks;
  a.indexer.plain_keys = true;
  if (nested) k.pass_all({"sparse_score_type", "sparse_init_block", "sparse_local_block"});
  k.pass("index_local_blocks");
  for (const bool disabled : k.flags("sparse_disable_index_value")) {  // of layers without an indexer it says nothing
    if (disabled) return a;
  }
  if (nested && !k.has("sparse_disable_index_value"))
    k.assume("sparse_disable_index_value", "indexers keep keys and no values");
  return a;
}

Attention read_softmax(const Base& b) {
  const bool hunyuan = b.family.type.starts_with("hunyuan");  // its class: false
  if (hunyuan && !b.keys.has("use_mla") && b.keys.has("kv_lora_rank"))
    b.keys.assume("use_mla", "attention has keys and values of each head");
  const bool may = b.keys.flag_or("use_mla", !hunyuan);
  if (may && b.keys.has("kv_lora_rank") && b.keys.count_or("kv_lora_rank", 0) > 0) return read_latent(b);
  if (!may) b.keys.pass_all({"kv_lora_rank", "q_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"});
  for (const char* key : {"qk_nope_head_dim", "qk_rope_head_dim"}) {
    if (may && b.keys.has(key) && b.keys.count_or(key, 0) > 0)
      b.keys.fail_missing("kv_lora_rank", std::string{key} + " speaks of latent attention");
  }
  return read_grouped(b);
}

namespace {

/// A number for each layer, or the names transformers gives to three of them.
std::vector<int> compression_by_layer(const Keys& k) {
  if (k.has("compress_ratios")) return k.numbers("compress_ratios");
  const std::string sparse = "compressed_sparse_attention";
  const std::string heavy = "heavily_compressed_attention";
  const bool given = k.is_mapping("compress_rates");
  const int few = given ? k.part("compress_rates").count_or(sparse, 4) : k.count_or("compress_rate_csa", 4);
  const int many = given ? k.part("compress_rates").count_or(heavy, 128) : k.count_or("compress_rate_hca", 128);
  if (!given) k.assume("compress_rates", fmt::format("taken as {} and {}", few, many));
  std::vector<int> ratios;
  for (const std::string& word : k.words("layer_types")) {
    if (word != sparse && word != heavy && word != "sliding_attention")
      k.fail("layer_types", fmt::format("unknown kind of layer \"{}\"", word));
    ratios.push_back(word == sparse ? few : word == heavy ? many : 0);
  }
  if (ratios.empty()) k.fail_none({"compress_ratios", "layer_types"}, "o_lora_rank speaks of compressed attention");
  return ratios;
}

}  // namespace

std::vector<Attention> read_compressed(const Base& b) {
  const Keys& k = b.keys;
  Attention a;
  a.kind = Attention::Kind::compressed;
  a.heads = read_heads(b);
  a.kv_heads = 1;
  a.head_dim = k.positive("head_dim");
  a.q_rank = k.positive("q_lora_rank");
  a.o_rank = k.positive("o_lora_rank");
  a.o_groups = k.positive("o_groups");
  a.window = k.positive("sliding_window");
  const Indexer indexer{k.positive("index_n_heads"), k.positive("index_head_dim"), k.positive("index_topk")};
  k.pass_all({"num_key_value_heads", "qk_rope_head_dim", "qk_nope_head_dim"});
  std::vector<Attention> layers;
  std::vector<int> ratios = compression_by_layer(k);
  if (ratios.size() < static_cast<std::size_t>(b.layers))
    k.fail("compress_ratios", fmt::format("speaks of {} layers, not of {}", ratios.size(), b.layers));
  ratios.resize(static_cast<std::size_t>(b.layers));  // what follows is of the prediction module
  // Layers that share few tokens a row choose among them; those that share many read every row (its paper, 2.3).
  constexpr int few = 16;
  for (const int ratio : ratios) {
    a.compression = ratio > 1 ? ratio : 0;
    a.indexer = ratio > 1 && ratio < few ? indexer : Indexer{};
    layers.push_back(a);
  }
  return layers;
}

}  // namespace teapot
