// Keys that never bear on a figure, and words by which a key says that it may.
// Knows no key's meaning beyond that.

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "workloads/model/huggingface/keys.hpp"

namespace teapot {
namespace {

constexpr std::array words{"moe",      "expert",    "layer",   "head", "hidden",       "rank", "window", "chunk",
                           "attn",     "attention", "mamba",   "ssm",  "linear",       "conv", "state",  "pattern",
                           "interval", "compress",  "quant",   "mlp",  "intermediate", "ffn",  "vocab",  "sparse",
                           "latent",   "_embd",     "d_model", "kv_",  "mtp",          "nextn"};

const std::set<std::string_view> names{
    // what the repository says of itself
    "_name_or_path", "architectures", "auto_map", "transformers_version", "model_version", "torch_dtype", "dtype",
    "custom_code", "_commit_hash", "_attn_implementation", "_attn_implementation_autoset", "attn_implementation",
    "attn_impl", "torchscript", "tokenizer_class", "processor_class", "task_specific_params", "finetuning_task",
    "problem_type", "id2label", "label2id", "name", "library_name", "license", "version", "mode", "framework",
    "use_flash_attn", "use_flash_attention", "flash_attn", "attn_bias_type", "_flash_attn_2_enabled", "onnx_safe",
    "use_flash_attn_2", "use_flash_rotary", "use_dynamic_ntk", "use_logn_attn", "use_cache_quantization",
    "use_cache_kernel", "use_fused_rms_norm", "use_fused_swiglu", "fused_linear", "use_fast_rms_norm",
    "use_mamba_kernels", "use_kernels", "use_triton", "use_fused_cross_entropy", "fuse_cross_entropy", "fuse_norm",
    "fuse_swiglu", "_experts_implementation", "experts_implementation", "use_grouped_mm", "grouped_mm",
    // generation
    "use_cache", "do_sample", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty",
    "num_beams", "num_beam_groups", "num_return_sequences", "diversity_penalty", "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size", "bad_words_ids", "suppress_tokens", "begin_suppress_tokens", "max_length",
    "min_length", "max_new_tokens", "early_stopping", "output_scores", "output_attentions", "output_hidden_states",
    "return_dict", "return_dict_in_generate", "remove_invalid_values", "exponential_decay_length_penalty", "prefix",
    "forced_bos_token_id", "forced_eos_token_id", "sep_token_id", "decoder_start_token_id", "use_return_dict",
    "output_router_logits", "generation_config", "penalty_alpha", "num_logits_to_keep", "is_decoder", "is_causal",
    "chunk_size_feed_forward", "cross_attention_hidden_size", "add_cross_attention", "tie_encoder_decoder",
    "pruned_heads", "tf_legacy_loss", "use_bfloat16", "tensor_split", "max_sequence_length",
    // training
    "initializer_range", "initializer_factor", "initializer_cutoff_factor", "init_method", "init_std", "init_device",
    "init_config", "pretraining_tp", "pretraining_sequence_length", "aux_loss_alpha", "seq_aux", "router_aux_loss_coef",
    "router_z_loss_coef", "router_jitter_noise", "input_jitter_noise", "moe_aux_loss_coef", "moe_router_aux_loss_coef",
    "moe_z_loss_coeff", "moe_use_aux_free", "z_loss_coefficient", "gradient_checkpointing", "rescale_every",
    "resid_pdrop", "embd_pdrop", "attn_pdrop", "emb_pdrop", "ffn_pdrop", "summary_activation", "summary_first_dropout",
    "summary_proj_to_labels", "summary_type", "summary_use_proj", "layerdrop", "layerdrop_prob", "skip_bias_add",
    "rescale_prenorm_residual", "weight_decay", "cutoff_range", "moe_loss_weight", "moe_loss_aux_weight",
    "load_balancing_loss_coef", "router_bias_update_speed", "load_balance_coeff", "z_loss_coeff",
    "mtp_loss_scaling_factor", "mtp_loss_weight", "router_load_balancing_type", "use_unpadding",
    "masked_softmax_fusion", "bias_dropout_fusion", "offset_alibi", "seq_length", "ep_size", "moe_min_capacity",
    "moe_token_dropping", "moe_train_capacity_factor", "moe_eval_capacity_factor", "enable_expert_tensor_parallelism",
    "expert_capacity", "drop_tokens", "capacity_factor", "eval_capacity_factor", "moe_capacity", "moe_drop_tokens",
    "moe_random_routing_dropped_token", "train_cfg", "slow_but_exact", "apply_residual_connection_post_layernorm",
    "attention_softmax_in_fp32", "for_llm_compressor", "scale_attn_weights", "scale_attention_softmax_in_fp32",
    "attn_softmax_bf16", "use_recompute", "recompute", "embedding_multiplier_trained", "dense_init",
    "_remove_final_layer_norm", "dropout", "embd_layer_norm_eps",
    // positions
    "rope_theta", "rope_scaling", "rope_parameters", "rope_pct", "rope_dim", "rope_type", "rope_interleave",
    "rope_interleaved", "rope_local_base_freq", "rope_base", "rope_ratio", "rope_traditional", "rope_is_neox_style",
    "use_rope", "use_rotary_emb", "use_pos_enc", "rotary", "rotary_dim", "rotary_pct", "rotary_base", "rotary_emb_base",
    "rotary_emb_fraction", "rotary_emb_scale_base", "rotary_emb_interleaved", "rotary_scaling_factor", "rotary_percent",
    "partial_rotary_factor", "partial_rotary_factors", "swa_rope_theta", "swa_rope_parameters", "local_rope_theta",
    "global_rope_theta", "original_max_position_embeddings", "initial_context_length", "max_seq_len", "max_seq_length",
    "model_max_length", "max_context_length", "max_position_embedding", "alibi", "alibi_bias_max",
    "compress_rope_theta", "use_mrope", "mrope_section", "mrope_interleaved", "position_encoding_2d", "use_qk_rope",
    "rope_fraction", "attn_temperature_tuning", "attn_scale", "floor_scale", "temperature_tuning_scale",
    "llama_4_scaling", "qk_nope", "nope_layer_interval_offset", "use_mem_rope", "use_long_context", "rope_mode",
    "no_rope_layer_interval", "attn_rotary_emb", "yarn_attn_factor", "yarn_beta_fast", "yarn_beta_slow",
    "yarn_extension_factor", "extend_step", "use_ntk", "yarn_only_types", "use_rope_layers", "use_rope_on_global",
    "mla_use_nope", "use_rope_scaling", "layer_rope_theta", "rope_emb_base", "sinusoidal_pos_embds", "rotary_type",
    "rotary_interleaved",
    // norms, biases, scales: parts of a thousandth
    "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "layernorm_epsilon", "norm_eps", "norm_epsilon",
    "norm_type", "norm_topk_prob", "norm_topk", "norm_head", "norm_bias", "norm_reorder", "norm_after",
    "normalization_type", "norm_class_name", "low_precision_layernorm", "rms_norm", "rmsnorm", "use_qk_norm", "qk_norm",
    "qk_layernorm", "qk_norm_type", "use_qk_layernorm", "qk_norm_after_rope", "use_qknorm", "attn_qk_norm",
    "norm_elementwise_affine", "layer_norm", "post_layer_norm", "post_layernorm", "pre_layer_norm",
    "do_layer_norm_before", "sandwich_norm", "layernorm_gemma", "mamba_rms_norm", "mamba_norm_before_gate",
    "zero_centered_gamma", "group_norm_size", "rms_norm_epsilon", "routed_layer_norm", "layer_norm_elementwise_affine",
    "use_layernorm", "num_norm_groups", "query_pre_attn_scalar", "query_key_layer_scaling",
    "apply_query_key_layer_scaling", "attention_bias", "attention_out_bias", "attention_in_bias", "attn_bias",
    "attention_qkv_bias", "qkv_bias", "use_qkv_bias", "use_bias", "bias", "no_bias", "mlp_bias", "mamba_proj_bias",
    "mamba_conv_bias", "use_conv_bias", "conv_bias", "add_bias_linear", "add_qkv_bias", "lm_head_bias",
    "projector_bias", "projectors_bias", "enable_bias", "learned_bias", "o_bias", "attn_output_bias",
    "add_full_attention_sink_bias", "add_swa_attention_sink_bias", "moe_router_enable_expert_bias", "use_expert_bias",
    "moe_router_use_bias", "use_routing_bias", "router_bias", "gate_bias", "attention_sink_bias", "mlp_lora_bias",
    "use_moe_bias", "add_router_bias", "use_router_bias", "use_bias_term", "use_mlp_bias", "conv_use_bias", "clip_qkv",
    "qkv_clip", "logit_scale", "logits_scaling", "logits_soft_cap", "final_logit_softcapping", "attn_logit_softcapping",
    "attention_logits_soft_cap", "attn_logit_softcap", "output_multiplier_scale", "embedding_multiplier_scale",
    "embedding_multiplier", "residual_multiplier", "attention_multiplier", "key_multiplier", "lm_head_multiplier",
    "mlp_multipliers", "ssm_multipliers", "ssm_in_multiplier", "ssm_out_multiplier", "attention_in_multiplier",
    "attention_out_multiplier", "scale_emb", "scale_depth", "scale_embedding", "dim_model_base", "hidden_act_scale",
    "mup_enabled", "use_mup", "mup_attn_multiplier", "mup_embedding_multiplier", "mup_use_scaling",
    "mup_width_multiplier", "residual_scale", "residual_scaling", "attention_value_scale", "attn_value_scale",
    "swiglu_limit", "swiglu_limits", "swiglu_limits_shared", "swiglu_alpha", "layernorm_full_attention_alpha",
    "layernorm_full_attention_beta", "layernorm_linear_attention_alpha", "layernorm_linear_attention_beta",
    "layernorm_mlp_alpha", "layernorm_mlp_beta", "postnorm", "mla_scale_q_lora", "mla_scale_kv_lora", "linear_silu",
    "use_linear_silu", "linear_mode", "linear_scale", "emb_scale", "scale_mup", "sqrt_gate", "use_attn_scale",
    "softmax_scale", "attention_scale", "embed_scale", "width_scale",
    // how a gate scores and chooses
    "scoring_func", "score_function", "score_func", "topk_method", "topk_group", "topk_groups", "routed_scaling_factor",
    "router_scaling_factor", "route_scale", "route_norm", "router_score_function", "router_dtype", "router_scale",
    "moe_router_activation_func", "moe_router_scaling_factor", "moe_router_score_function", "moe_router_dtype",
    "moe_router_topk_scaling_factor", "need_fp32_gate", "norm_expert_weight", "moe_renormalize", "moe_norm_topk",
    "use_group_limited_topk", "moe_router_pre_softmax", "moe_gate_activation", "gating_function",
    "score_before_experts", "moe_layer_recompute", "moe_gate", "moe_normalize_expert_weights",
    "moe_apply_router_weight_on_input", "router_type", "routing_type", "routed_scaling", "topk_softmax",
    "group_topk_func", "norm_topk_weights", "moe_routed_scaling_factor", "router_logits_dtype", "router_fp32",
    "moe_router_fusion", "use_grouped_topk", "multi_gate", "moe_dropout_prob", "moe_group_experts",
    "moe_use_hardware_topk", "norm_expert_topk", "router_logit_softcapping", "moe_use_gate_correction_bias",
    "sliding_window_size_hint", "default_theta", "use_routed_scaling", "router_norm", "moe_router_load_balancing_type",
    "moe_orthogonal_loss_alpha", "moe_shared_expert_overlap", "num_expert_group_warmup",
    // state-space details that change no shape, and work within a step of one token
    "chunk_size", "mamba_chunk_size", "time_step_limit", "time_step_min", "time_step_max", "time_step_floor",
    "time_step_scale", "time_step_init_scheme", "use_associative_scan", "mamba_inner_layernorms", "mamba_hidden_act",
    "residual_in_fp32", "use_mamba_norm", "ssm_chunk_size", "mamba_dt_min", "mamba_dt_max", "mamba_dt_init_floor",
    "mamba_use_mlp", "mixer_rms_eps", "use_falcon_mamba", "mamba_dt_limit", "hc_eps", "hc_sinkhorn_iters",
    // images and sound: what joins them to the language model
    "image_size", "ignore_index", "mm_vision_tower", "projector_hidden_act", "vision_feature_layer",
    "vision_feature_select_strategy", "multimodal_projector_bias", "image_seq_length", "mm_tokens_per_image",
    "image_grid_pinpoints", "downsample_ratio", "dynamic_image_size", "force_image_size", "max_dynamic_patch",
    "min_dynamic_patch", "pad2square", "ps_version", "select_layer", "template", "use_backbone_lora", "use_llm_lora",
    "use_thumbnail", "hidden_act_projector", "scale_factor", "spatial_merge_size", "pixel_shuffle_ratio",
    "tokens_per_second", "vision_config", "audio_config", "talker_config", "code2wav_config", "token2wav_config",
    "projector_config", "vision_cfg", "vision_tower_config", "visual", "audio_encoder_config", "use_image_id",
    "slice_config", "slice_mode", "batch_vision_input", "drop_vision_last_layer", "query_num", "vision_batch_size",
    "candidate_resolutions", "global_view_pos", "tile_tag", "understand_projector_stride", "use_unified_vision_chunk",
    "image_token", "video_token", "video_placeholder", "image_placeholder", "media_placeholder", "use_im_start_end",
    "use_im_patch_token", "mm_patch_merge_type", "image_aspect_ratio", "vision_select_layer", "img_processor",
    "embd_layer", "audio_processor", "enable_audio_output", "enable_talker", "use_image_newline",
    "vision_soft_tokens_per_image", "audio_soft_tokens_per_image", "spatial_patch_size", "freeze_vision", "im_cfg",
    "token_type", "language_model_only", "num_image_tokens", "attn_output_multiplier", "max_attn_value",
    "attn_temperature_len", "router_logit_softcapping", "add_classification_head", "class_num", "group_limited_greedy",
    "mask_init_id", "org_vocab_size", "num_media_embeds", "position_embedding_xdrope", "use_rotary_pos_emb",
    "shared_moe_mode", "moe_router_activation", "use_moe_router_bias", "mlp_expansion_factor", "freq_allocation",
    "moe_use_token_type_bias", "moe_group", "moe_world_size", "moe_multimodal_dispatch_use_allgather", "moe_gate_act",
    "moe_orthogonal_loss_lambda", "moe_aux_loss_lambda", "seconds_per_chunk", "use_bidirectional_attention",
    "cache_implementation", "use_gated_activation", "position_embedding_type", "pre_allocate_kv_cache", "use_mambapy",
    "full_attn_alpha_factor", "full_attn_beta_factor", "linear_attn_alpha_factor", "linear_attn_beta_factor",
    "mlp_alpha_factor", "mlp_beta_factor", "block_size", "tune_mm_mlp_adapter", "freeze_mm_mlp_adapter",
    "pretrain_mm_mlp_adapter", "mm_vision_select_layer", "mm_vision_select_feature", "mm_resampler_type",
    "llm_attn_implementation", "visual_vocab_size", "lm_head", "rm_head", "alignment_intermediate_size",
    "embed_layernorm", "embedding_layernorm", "adapter_layer_norm_eps", "text_hidden_size",
    "attention_projection_layout", "skip_bias_add_qkv", "learned_pos_emb", "verbose", "output_past", "post_norm",
    "normalization_function", "indexer_rope_interleave", "bf16", "fp16", "fp32", "image_token_len", "zero_centered",
    "sink", "use_embedding_sharing", "embedding_fraction", "vit_token", "dense_list", "hidden_activation_function",
    "shared_expert_gate", "use_shared_expert_gate", "moe_router_z_loss_coef", "moe_permute_fusion",
    "num_experts_per_group_hint", "fp32_lm_head", "lm_head_fp32", "router_activation", "moe_use_router_bias",
    "moe_score_func", "enable_bias_update", "projection_dim", "position_id_per_seconds", "vision_use_head",
    "mm_hidden_size", "mm_projector_type", "norm_before_gate", "_from_model_config", "tokenizer_name", "ff_factor",
    "moe_use_skywork_gating", "moe_2layer_gate", "moe_use_logits_norm", "moe_gate_norm_std", "moe_feature_no_mul_topk",
    "moe_router_logit_softcapping", "normalize_qk_projections", "normalization_layer_name", "rope_freq_constant",
    "rope_max_length", "embeddings_scale_by_sqrt_dim", "final_w_init_variance_scale", "w_init_variance_scale",
    "rope_3d", "use_gemma_norm", "img_token_compression_config", "conversation_formatter_class",
    "projector_hidden_size", "z_loss_weight", "compress_rope_parameters", "bskcn_1", "bskcn_2", "bskcn_3", "bskcn_4",
    "bskcn_tv", "pixel_hidden_size", "modality_detach", "temporal_conv_size", "spatial_conv_size", "inference_runner",
    "pad_key_length", "validate_runner_input", "linear_allow_neg_eigval", "is_llama_config", "transformers.js_config",
    "max_batch_size", "moe_config", "system_message", "image_fold", "max_context_length"};

constexpr std::array endings{
    "_token_id", "_token_ids",    "_token_index", "_token_indexes", "_token",         "_tokens",
    "_dropout",  "_dropout_prob", "_dropout_p",   "_dropout_ratio", "_eps",           "_epsilon",
    "_pdrop",    "_token_idx",    "_loss_coef",   "_loss_alpha",    "_loss_weight",   "_initializer_range",
    "_init_std", "_loss_coeff",   "_tokenizer",   "_rope_theta",    "_token_type_id", "_start_id",
    "_end_id",   "_patch_id"};

}  // namespace

bool smells_of_architecture(const std::string& key) {
  std::string lower = key;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return lower.find(word) != std::string::npos; });
}

bool never_matters(const std::string& key) {
  if (names.contains(key)) return true;
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view end) { return key.ends_with(end); }) ||
         key.starts_with("dropout") || key.starts_with("attention_dropout") || key.starts_with("num_image_");
}

}  // namespace teapot
