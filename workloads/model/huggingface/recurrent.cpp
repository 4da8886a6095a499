// Shapes of linear attention, state-space layers and short convolutions.
// Knows no layer order.

#include <fmt/format.h>

#include <cmath>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

Attention recurrent(Recurrence r) {
  Attention a;
  a.kind = kind_of(r.rule);
  a.recurrence = r;
  return a;
}

int state_bytes_of(const Keys& k) {
  const std::string dtype = k.word_or(k.which({"mamba_ssm_dtype", "mamba_ssm_cache_dtype"}), "float32");
  if (dtype == "float32") return 4;
  if (dtype == "bfloat16" || dtype == "float16") return 2;
  k.fail(k.which({"mamba_ssm_dtype", "mamba_ssm_cache_dtype"}), "expected float32, bfloat16 or float16");
}

/// Gated DeltaNet (Qwen3-Next, Qwen3.5).
Recurrence read_delta(const Keys& k) {
  Recurrence r;
  r.rule = Recurrence::Rule::delta;
  r.key_heads = k.positive("linear_num_key_heads");
  r.value_heads = k.positive("linear_num_value_heads");
  r.key_dim = k.positive("linear_key_head_dim");
  r.value_dim = k.positive("linear_value_head_dim");
  r.kernel = k.positive("linear_conv_kernel_dim");
  r.gate = k.flag_or("linear_use_gate", true);  // Olmo-Hybrid writes it
  r.state_bytes = state_bytes_of(k);
  return r;
}

/// Kimi Delta Attention; its gates have the rank of a head (moonshotai/Kimi-Linear modelling code).
Recurrence read_kda(const Keys& k) {
  Recurrence r;
  r.rule = Recurrence::Rule::delta;
  r.value_heads = k.positive("num_heads");
  r.key_heads = r.value_heads;
  r.key_dim = k.positive("head_dim");
  r.value_dim = r.key_dim;
  r.kernel = k.positive("short_conv_kernel_size");
  r.gate = true;
  r.gate_rank = r.key_dim;
  return r;
}

/// Lightning attention: heads and their width are those of the full layers, with a gate as wide as the output.
Recurrence read_lightning(const Base& b) {
  const auto heads = b.keys.any({"num_attention_heads"});
  if (!heads || *heads == 0) b.keys.fail_missing("num_attention_heads", "");
  Recurrence r;
  r.rule = Recurrence::Rule::lightning;
  r.value_heads = *heads;
  r.key_heads = *heads;
  if (b.keys.count_or("num_kv_heads_for_linear_attn", *heads) != *heads)  // Ring-2.5
    b.keys.fail("num_kv_heads_for_linear_attn",
                fmt::format("differs from the {} heads, which is not modelled", *heads));
  r.key_dim = b.keys.count_or("head_dim", b.hidden / *heads);
  r.value_dim = r.key_dim;
  r.gate = true;
  return r;
}

int inner_width(const Base& b) {
  // Falcon-Mamba's class takes intermediate_size where it is written, whatever `expand` says.
  if (b.family.type == "falcon_mamba" && b.keys.has("intermediate_size")) {
    b.keys.pass("expand");
    return b.keys.positive("intermediate_size");
  }
  const auto said = b.keys.any({"mamba_d_ssm", "d_inner"});
  if (said && *said > 0) {
    b.keys.pass_all({"mamba_expand", "expand"});
    return *said;
  }
  const std::string key = b.keys.which({"mamba_expand", "expand", "mamba_intermediate_size"});
  if (!b.keys.has(key))
    b.keys.fail_none({"expand", "mamba_expand", "d_inner", "mamba_d_ssm"}, "how wide is the inner layer?");
  if (key == "mamba_intermediate_size") return b.keys.positive(key);
  const double times = b.keys.number_or(key, 2);
  if (times != std::floor(times)) b.keys.fail(key, "expected a whole number");
  const double inner = times * b.hidden;
  if (inner < 1 || inner != std::floor(inner)) b.keys.fail(key, "does not make a whole number of channels");
  return static_cast<int>(inner);
}

const std::vector<std::string> state_names{"mamba_d_state", "ssm_state_size", "state_size"};
const std::vector<std::string> kernel_names{"mamba_d_conv", "conv_kernel"};
const std::vector<std::string> head_names{"mamba_n_heads", "mamba_num_heads", "n_mamba_heads"};
const std::vector<std::string> head_dim_names{"mamba_d_head", "mamba_head_dim", "mamba_headdim"};
const std::vector<std::string> group_names{"mamba_n_groups", "n_groups", "mamba_ngroups"};

int needed(const Keys& k, const std::vector<std::string>& names) {
  const auto value = k.any(names);
  if (!value) k.fail_none(names, "a state-space layer needs it");
  if (*value == 0) k.fail(k.which(names), "must be above zero");
  return *value;
}

Recurrence read_mamba(const Base& b) {
  Recurrence r;
  r.rule = Recurrence::Rule::selective;
  r.key_dim = needed(b.keys, state_names);
  r.kernel = needed(b.keys, kernel_names);
  r.value_heads = 1;
  r.value_dim = inner_width(b);
  const std::string rank = b.keys.which({"mamba_dt_rank", "time_step_rank"});
  const bool automatic = !b.keys.has(rank) || (!b.keys.is_number(rank) && b.keys.word_or(rank, "") == "auto");
  r.step_rank = automatic ? (b.hidden + 15) / 16 : b.keys.positive(rank);
  if (automatic) b.keys.assume(rank, fmt::format("taken as a sixteenth of the hidden size, {}", r.step_rank));
  if (b.family.type == "mamba") b.keys.pass("intermediate_size");
  return r;
}

Recurrence read_mamba2(const Base& b) {
  const Keys& k = b.keys;
  const bool pure = b.family.type == "mamba2";
  Recurrence r;
  r.rule = Recurrence::Rule::dual;
  r.key_dim = needed(k, state_names);
  r.kernel = needed(k, kernel_names);
  r.value_heads = needed(k, pure ? std::vector<std::string>{"num_heads"} : head_names);
  const std::string head = pure ? "head_dim" : k.which(head_dim_names);
  const bool automatic = !k.has(head) || (!k.is_number(head) && k.word_or(head, "") == "auto");
  if (!k.has(head))
    k.assume(head, "(also mamba_head_dim, mamba_headdim, head_dim) taken as the inner width over heads");
  r.value_dim = automatic ? inner_width(b) / r.value_heads : k.positive(head);
  if (r.value_dim == 0) k.fail(k.which(head_dim_names), "must be above zero");
  if (!automatic && (k.has("mamba_d_ssm") || k.has("d_inner")) && inner_width(b) != r.value_heads * r.value_dim)
    k.fail(k.which({"mamba_d_ssm", "d_inner"}), fmt::format("is not {} heads of {}", r.value_heads, r.value_dim));
  k.pass_all({"mamba_expand", "expand"});
  const auto groups = k.any(group_names);
  r.key_heads = groups ? std::max(1, *groups) : 1;
  if (!groups) k.assume(group_names[0], "(also n_groups, mamba_ngroups) taken as 1");
  r.state_bytes = state_bytes_of(k);
  return r;
}

}  // namespace

Attention read_linear(const Base& b) {
  if (b.keys.is_mapping("linear_attn_config")) return recurrent(read_kda(b.keys.part("linear_attn_config")));
  for (const char* key : {"linear_num_key_heads", "linear_num_value_heads", "linear_key_head_dim",
                          "linear_value_head_dim", "linear_conv_kernel_dim"}) {
    if (b.keys.has(key)) return recurrent(read_delta(b.keys));
  }
  if (b.keys.has("attn_type_list") || b.keys.has("layer_group_size") || b.family.type == "minimax")
    return recurrent(read_lightning(b));
  b.keys.fail_missing("linear_num_value_heads", "some layers are linear attention, and nothing says of which shape");
}

Attention read_state_space(const Base& b) {
  const Keys& k = b.keys;
  const bool heads = b.family.type == "mamba2" || k.any(head_names).has_value();
  for (const auto* names : {&head_dim_names, &group_names}) {
    if (!heads && k.has(k.which(*names))) k.fail_none(head_names, k.which(*names) + " speaks of heads");
  }
  return recurrent(heads ? read_mamba2(b) : read_mamba(b));
}

Attention read_gated_unit(const Base& b) {
  const Keys& k = b.keys;
  const auto heads = k.any({"num_attention_heads"});
  if (!heads || *heads == 0) k.fail_missing("num_attention_heads", "its gates are blocks, one for each head");
  Recurrence r;
  r.rule = Recurrence::Rule::gated_unit;
  const int width = k.has("lru_width") ? k.positive("lru_width") : b.hidden;
  if (!k.has("lru_width")) k.assume("lru_width", fmt::format("as wide as the hidden state, {}", b.hidden));
  if (width % *heads != 0) k.fail("lru_width", fmt::format("must divide by the {} heads", *heads));
  r.value_heads = *heads;
  r.value_dim = width / *heads;
  r.key_dim = 1;
  r.kernel = k.positive("conv1d_width");
  return recurrent(r);
}

Attention read_convolution(const Base& b) {
  Recurrence r;
  r.rule = Recurrence::Rule::convolution;
  r.value_heads = 1;
  r.value_dim = b.hidden;
  r.kernel = b.keys.positive("conv_L_cache");
  if (b.keys.count_or("conv_dim", b.hidden) != b.hidden) b.keys.fail("conv_dim", "differs from the hidden size");
  b.keys.pass_all({"conv_dim_out", "conv_use_xavier_init", "use_pos_enc"});
  return recurrent(r);
}

}  // namespace teapot
