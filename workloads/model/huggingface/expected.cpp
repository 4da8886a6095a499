// Keys that a family's config.json always has, and keys that only some families know: what is said where one is missing
// or where one is a stranger. Knows no shapes.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

using Names = std::vector<const char*>;

/// By the beginning of a model_type.
const std::vector<std::pair<const char*, Names>>& always() {
  static const std::vector<std::pair<const char*, Names>> table{
      {"deepseek_v2", {"first_k_dense_replace", "n_shared_experts", "q_lora_rank", "moe_layer_freq"}},
      {"deepseek_v3", {"first_k_dense_replace", "n_shared_experts", "q_lora_rank", "moe_layer_freq"}},
      {"deepseek_v4", {"num_nextn_predict_layers", "expert_dtype", "compress_ratios|layer_types"}},
      {"deepseek_v3", {"num_nextn_predict_layers", "n_group"}},
      {"kimi_k2", {"first_k_dense_replace", "n_shared_experts", "q_lora_rank", "moe_layer_freq"}},
      {"kimi_vl", {"first_k_dense_replace", "n_shared_experts", "q_lora_rank", "moe_layer_freq"}},
      {"kimi_linear", {"linear_attn_config", "first_k_dense_replace", "num_shared_experts", "moe_layer_freq"}},
      {"glm4_moe", {"first_k_dense_replace", "n_shared_experts", "num_nextn_predict_layers"}},
      {"glm_moe_dsa", {"first_k_dense_replace|mlp_layer_types", "n_shared_experts", "num_nextn_predict_layers"}},
      {"dots1", {"first_k_dense_replace", "n_shared_experts"}},
      {"bailing_moe", {"first_k_dense_replace", "num_shared_experts"}},
      {"afmoe", {"num_dense_layers", "num_shared_experts", "layer_types|global_attn_every_n_layers"}},
      {"lfm2_moe", {"num_dense_layers"}},
      {"ernie4_5_moe",
       {"moe_layer_start_index", "moe_layer_end_index", "moe_layer_interval", "moe_num_shared_experts",
        "num_nextn_predict_layers"}},
      {"hunyuan_v1_moe", {"num_shared_expert", "use_cla"}},
      {"mistral", {"sliding_window"}},
      {"starcoder2", {"sliding_window"}},
      {"qwen2_moe", {"shared_expert_intermediate_size", "decoder_sparse_step"}},
      {"qwen3_next", {"shared_expert_intermediate_size", "decoder_sparse_step"}},
      {"qwen3_5_moe", {"shared_expert_intermediate_size"}},
      {"qwen3_5", {"attn_output_gate", "mtp_num_hidden_layers"}},
      {"chatglm", {"multi_query_attention"}},
      {"falcon", {"new_decoder_architecture|mamba_d_ssm|state_size", "multi_query|mamba_d_ssm|state_size"}},
      {"longcat_flash", {"zero_expert_num", "ffn_hidden_size", "expert_ffn_hidden_size"}},
      {"mimo_v2",
       {"hybrid_layer_pattern", "swa_num_key_value_heads", "swa_head_dim", "swa_v_head_dim", "swa_num_attention_heads",
        "moe_layer_freq", "v_head_dim"}},
      {"step3", {"moe_layers_enum", "share_expert_dim"}},
      {"step3_text", {"share_q_dim", "num_attention_groups"}},
      {"step3p5",
       {"use_head_wise_attn_gate", "num_attention_groups", "attention_other_setting", "num_nextn_predict_layers"}},
      {"minimax_m1", {"attn_type_list|layer_types", "shared_intermediate_size"}},
      {"minimax_m2", {"attn_type_list|layer_types", "shared_intermediate_size"}},
      {"minimax_m3",
       {"sparse_attention_config|index_topk_blocks", "dense_intermediate_size", "shared_intermediate_size",
        "n_shared_experts", "moe_layer_freq|mlp_layer_types", "num_nextn_predict_layers"}},
      {"minimax_m2", {"num_mtp_modules"}},
      {"minimax_text_01", {"attn_type_list", "shared_intermediate_size"}},
      {"recurrent_gemma", {"block_types|_block_types", "attention_window_size", "lru_width"}},
      {"falcon_mamba", {"intermediate_size"}},
      {"laguna",
       {"layer_types", "mlp_layer_types", "shared_expert_intermediate_size", "gating", "num_attention_heads_per_layer",
        "sliding_window"}},
      {"hy_v3", {"first_k_dense_replace", "num_shared_experts", "num_nextn_predict_layers"}},
      {"exaone_moe", {"num_nextn_predict_layers", "num_shared_experts"}},
      {"deepseek", {"first_k_dense_replace|compress_ratios|layer_types"}},
      {"step3p7", {"num_nextn_predict_layers", "n_shared_experts", "first_k_dense_replace|moe_layers_enum"}},
      {"glm4v_moe_text", {"first_k_dense_replace", "n_shared_experts"}},
      {"bailing_moe_linear", {"layer_group_size", "num_nextn_predict_layers"}},
      {"bailing_moe_v2", {"num_nextn_predict_layers"}},
      {"bailing_hybrid", {"layer_group_size", "num_nextn_predict_layers"}},
      {"mimo", {"num_nextn_predict_layers|num_mtp_layers|hybrid_layer_pattern"}},
      {"ernie4_5_moe_vl", {"vision_config"}},
      {"ernie4_5_vl_moe", {"vision_config"}},
      {"qwen2_vl", {"vision_config|rope_theta"}},
      {"qwen2_5_vl", {"vision_config|layer_types"}},
      {"aria", {"moe_num_shared_experts"}},
      {"pangu_ultra_moe", {"first_k_dense_replace", "n_shared_experts", "q_lora_rank", "num_nextn_predict_layers"}},
      {"hunyuan", {"use_cla"}},
      {"gemma4_text", {"attention_k_eq_v", "global_head_dim", "num_kv_shared_layers"}},
      {"RefinedWeb", {"multi_query|n_head_kv"}},
      {"olmo_hybrid", {"linear_use_gate"}},
      {"openelm", {"ffn_with_glu", "share_input_output_layers"}},
      {"mllama_text_model", {"cross_attention_layers"}},
      {"solar", {"sliding_window"}},
      {"skywork", {"sliding_window"}},
      {"llama4",
       {"interleave_moe_layer_step|moe_layers", "attention_chunk_size", "intermediate_size_mlp",
        "no_rope_layers|layer_types"}},
      {"nemotron_h", {"n_groups"}},
      {"granitemoe", {"shared_intermediate_size|num_local_experts"}},
      {"granitemoehybrid", {"layer_types|layers_block_type", "shared_intermediate_size", "num_local_experts"}},
      {"jamba", {"attn_layer_period", "expert_layer_period", "expert_layer_offset", "num_experts"}},
      {"arctic", {"parallel_attn_mlp_res", "moe_layer_frequency"}},
      {"git", {"residual_moe"}},
      {"gpt_bigcode", {"multi_query"}},
      {"opt", {"ffn_dim"}},
      {"bamba", {"attn_layer_indices"}},
      {"lfm2", {"layer_types|full_attn_idxs"}},
      {"exaone4", {"sliding_window", "layer_types|sliding_window_pattern"}},
      {"gpt_neo", {"attention_types|rotary_pct"}},
      {"cohere2", {"sliding_window"}},
      {"gemma2", {"sliding_window"}},
      {"gemma3_text", {"sliding_window"}},
      {"gpt_oss", {"sliding_window"}},
      {"olmo3", {"sliding_window"}},
      {"phi3", {"sliding_window"}},
      {"phimoe", {"sliding_window"}},
      {"mixtral", {"sliding_window"}},
      {"nemotron-nas", {"block_configs"}},
      {"deci", {"block_configs"}},
      {"mpt", {"attn_config", "expansion_ratio"}},
      {"falcon_h1", {"mamba_d_ssm", "mamba_n_groups"}},
      {"mamba2", {"n_groups"}}};
  return table;
}

/// Keys that change shapes, and beginnings of the types that know them.
const std::map<std::string, Names>& strangers() {
  static const std::map<std::string, Names> table{
      {"v_head_dim",
       {"deepseek", "kimi", "glm", "mimo", "minicpm3", "longcat", "hunyuan", "youtu", "bailing", "pangu", "mistral4",
        "plm"}},
      {"share_q_dim", {"step3"}},
      {"attn_output_gate", {"qwen3", "afmoe"}},
      {"use_head_wise_attn_gate", {"step3"}},
      {"use_cla", {"hunyuan"}},
      {"zero_expert_num", {"longcat"}},
      {"moe_latent_size", {"nemotron"}},
      {"attention_chunk_size", {"llama4", "mimo"}},
      {"block_types", {"recurrent_gemma"}},
      {"attention_window_size", {"recurrent_gemma"}},
      {"index_topk", {"deepseek", "glm"}},
      {"cross_attention_layers", {"mllama"}},
      {"sparse_attention_config", {"minimax"}},
      {"gating", {"laguna"}},
      {"gating_types", {"laguna"}},
      {"num_attention_heads_per_layer", {"laguna"}},
      {"num_key_value_heads_per_layer", {"deci"}},
      {"dense_intermediate_size", {"minimax_m3"}},
      {"ffn_multipliers", {"openelm"}},
      {"kv_lora_rank",
       {"deepseek", "kimi", "glm", "minicpm3", "longcat", "hunyuan", "youtu", "bailing", "pangu", "mistral4", "plm"}},
      {"residual_moe", {"git", "grok"}},
      {"parallel_attn_mlp_res", {"arctic"}},
      {"enable_moe_block", {"gemma4"}},
      {"global_head_dim", {"gemma4"}},
      {"attention_k_eq_v", {"gemma4"}},
      {"multi_query", {"falcon", "gpt_bigcode", "Refined"}},
      {"new_decoder_architecture", {"falcon", "Refined"}},
      {"multi_query_attention", {"chatglm"}},
      {"full_attention_interval", {"qwen3", "olmo"}},
      {"layer_group_size", {"bailing"}},
      {"attn_type_list", {"minimax"}},
      {"hybrid_layer_pattern", {"mimo"}},
      {"hybrid_override_pattern", {"nemotron"}},
      {"block_configs", {"nemotron", "deci"}},
      {"compress_ratios", {"deepseek"}},
      {"use_mla", {"hunyuan", "deepseek"}},
      {"block_auto_adjust_ff_dim", {"lfm2"}},
      {"expansion_ratio", {"mpt"}},
      {"mlp_type", {"starcoder2"}},
      {"use_moe", {"step3", "hunyuan"}},
      {"expert_dtype", {"deepseek"}},
      {"is_moe_layer", {"exaone"}},
      {"intermediate_size_mlp", {"llama4"}},
      {"shared_intermediate_size", {"granite", "minimax"}},
      {"share_expert_dim", {"step3"}}};
  return table;
}

bool any_of(const std::string& type, const Names& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](const char* start) { return type.starts_with(start); });
}

bool says_something(const Keys& k, const std::string& key) {
  if (!k.has(key)) return false;
  const Tree& value = k.at(key).tree();
  return !(value.kind == Tree::Kind::scalar && (value.text == "false" || value.text == "0"));
}

}  // namespace

void check_expected(const Base& b) {
  const std::string& type = b.family.type;
  for (const auto& [beginning, keys] : always()) {
    if (!type.starts_with(beginning)) continue;
    for (const std::string alternatives : keys) {
      bool found = false;
      for (std::size_t at = 0; at <= alternatives.size();) {
        const std::size_t bar = std::min(alternatives.find('|', at), alternatives.size());
        const std::string key = alternatives.substr(at, bar - at);
        found = found || b.keys.has(key) || b.keys.says_null(key);
        at = bar + 1;
      }
      if (!found) b.keys.assume(alternatives, fmt::format("files of {} have it; a default is taken", type));
    }
  }
  for (const auto& [key, types] : strangers()) {
    if (b.family.known && !any_of(type, types) && says_something(b.keys, key))
      b.keys.warn(key, fmt::format("not usual for {}; taken at its word", type));
  }
}

}  // namespace teapot
