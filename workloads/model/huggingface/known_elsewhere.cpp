// Keys whose say was taken by another part of the reader, and keys that stand for what is not modelled.
// Knows no shapes.

#include <iterator>
#include <sstream>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

/// Shapes that other keys say, too, and how what is read is run.
const char* const read_elsewhere =
    "is_encoder_decoder use_rmsnorm hyb_act rope_layers enable_moe_block residual_moe parallel_attn_mlp_res "
    "use_double_wide_mlp rotary_dim attention_types use_parallel_residual parallel_attn use_parallel_block "
    "parallel_block parallel_residual hidden_act hidden_activation activation_function mlp_hidden_act activation "
    "moe_router_enable_shared_expert moe_multimodal_paired_experts use_parallel_embedding use_attention_sink "
    "attention_sinks use_attention_sinks attn_sink use_sink hc_mult scale_attn_by_inverse_layer_idx "
    "reorder_and_upcast_attn hidden_dropout enable_lm_head_fp32 use_kv_cache layer_norm_type model_type "
    "word_embed_proj_dim apply_layernorm_1p fp32_residual_connection attention_probs_dropout_prob hidden_dropout_prob "
    "prefix_projection original_rope interleaved_qkv kv_channels num_ln_in_parallel_attn ffn_layer_norm attn_config "
    "ffn_config quantization_config compression_config quantization moe_dropout use_mup_head moe_implementation "
    "mamba_cache_dtype mamba_ssm_dtype mamba_ssm_cache_dtype fused_add_norm pad_vocab_size_multiple time_step_rank "
    "mamba_dt_rank head_dim_original use_expert_parallel moe_expert_parallel max_window_layers qk_head_dim "
    "torch_dtype dtype vision_config no_rope_layers mamba_intermediate_size expand mamba_expand "
    "cross_attention_layers sparse_attention_config gating gating_types num_gqa_groups qkv_multipliers "
    "ffn_dim_divisor activation_fn_name num_query_groups";

/// How weights were quantised, not into what.
const char* const of_quantisation =
    "activation_scheme fmt desc_act sym true_sequential damp_percent static_groups model_file_base_name zero_point "
    "version backend do_fuse format kv_cache_scheme quantization_status global_compression_ratio sparsity_config "
    "transform_config kv_cache_quant_algo producer quant_algo bnb_4bit_compute_dtype bnb_4bit_quant_storage "
    "bnb_4bit_quant_type bnb_4bit_use_double_quant llm_int8_enable_fp32_cpu_offload llm_int8_has_fp16_weight "
    "llm_int8_threshold load_in_4bit load_in_8bit _load_in_4bit _load_in_8bit activation_scale_ub checkpoint_format "
    "pack_dtype meta lm_head modules_to_fuse fuse_max_seq_len exllama_config exllama max_input_length use_exllama "
    "use_cuda_fp16 tokenizer dataset batch_size block_name_to_quantize cache_block_outputs "
    "module_name_preceding_first_block modules_in_block_to_quantize pad_token_id model_seqlen scale_fmt dequantize "
    "amp autoround_version data_type enable_quanted_input gradient_accumulate_steps iters low_gpu_mem_usage lr "
    "minmax_lr nsamples scale_dtype seqlen to_quant_block_names enable_minmax_tuning packing_format "
    "enable_norm_bias_tuning group_size q_group_size quant_method weight_block_size is_mx_checkpoint swiglu_limit "
    "algo_config export layer_type_quant_config kv_cache_quant_config quant_mode softmax_quant_spec "
    "kv_cache_post_rope model_name_or_path super_bits super_group_size supported_types act_bits act_group_size "
    "act_sym act_dynamic act_data_type enable_alg_ext checkpoint_format_version";

std::vector<std::string> words_of(const char* names) {
  std::istringstream stream{names};
  return {std::istream_iterator<std::string>{stream}, {}};
}

}  // namespace

void pass_known(const Keys& k) { k.pass_all(words_of(read_elsewhere)); }

void refuse_what_is_not_modelled(const Base& b) {
  const Keys& k = b.keys;
  if (k.has("draft_vocab_size"))
    k.fail("draft_vocab_size",
           "of an EAGLE-3 head, which is no model of its own: give the file as `decode.draft` of a "
           "scenario");
  if (k.has("hidden_dim") && k.has("n_heads") && !k.has("model_type"))
    k.fail("hidden_dim",
           "of Mistral's own params.json, which is not read: give the model's config.json, or write YAML");
  if (k.count_or("word_embed_proj_dim", b.hidden) != b.hidden)
    k.fail("word_embed_proj_dim", "an embedding narrower than the hidden size is not modelled");
  for (const char* key : {"compression_ratio", "full_attn_mod", "interpolate_factor"}) {
    if (k.has(key) && k.number_or(key, 1) != 1) k.fail(key, "is not 1, and what it stands for is not modelled");
  }
  for (const char* key : {"quantization_bit", "pre_seq_len"}) {  // ChatGLM: quantised by hand, tuned with a prefix
    if (k.has(key) && k.number_or(key, 0) != 0) k.fail(key, "is not 0, and what it stands for is not modelled");
  }
  if (k.count_or("d_intermediate", 0) != 0)
    k.fail("d_intermediate", "feed-forwards beside Mamba are not modelled here");
  for (const char* key : {"ssm_cfg", "attn_cfg", "attn_layer_idx"}) {  // Mamba's first files: empty
    if (k.has(key) && k.at(key).is_scalar()) k.fail(key, "expected a mapping or a list");
    if (!k.has(key)) continue;
    const Tree& inside = k.at(key).tree();
    const std::string first = inside.entries.empty() ? "" : " (" + inside.entries.front().key + ")";
    if (!inside.entries.empty() || !inside.items.empty())
      k.fail(key, "is not empty" + first + ", and what it stands for is not modelled");
  }
  if (k.has("attention_method") && k.word_or("attention_method", "") != "MLA")  // LongCat; its shapes say the same
    k.fail("attention_method", "is not MLA, and what it stands for is not modelled");
  for (const char* key : {"num_kv_shared_layers", "altup_num_inputs", "ngram_vocab_size_ratio", "engram_layer_ids",
                          "hidden_size_per_layer_input", "use_double_wide_mlp", "sparse_config"}) {
    const bool off = k.has(key) && ((k.is_number(key) && k.count_or(key, 1) == 0) ||
                                    (k.at(key).is_scalar() && k.at(key).as<std::string>() == "false"));
    if (off && std::string{key} == "hidden_size_per_layer_input") k.pass("vocab_size_per_layer_input");
    if (k.has(key) && !off)
      k.fail(key, "what it stands for is not modelled (`--assume KEY=ignore` leaves it out; or write YAML)");
  }
}

void pass_quantisation_details(const Keys& q) { q.pass_all(words_of(of_quantisation)); }

}  // namespace teapot
