// Experts: how many, how wide, chosen by groups or not, and those always there; under all names in use.
// Knows no attention.

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

const std::vector<std::string> routed_names{"n_routed_experts", "num_routed_experts", "num_local_experts",
                                            "num_experts",      "moe_num_experts",    "num_moe_experts",
                                            "n_experts"};
const std::vector<std::string> top_k_names{"num_experts_per_tok",
                                           "num_experts_per_token",
                                           "moe_topk",
                                           "moe_top_k",
                                           "moe_k",
                                           "experts_per_token",
                                           "top_k_experts",
                                           "num_selected_experts",
                                           "n_activated_experts",
                                           "experts_per_tok"};
const std::vector<std::string> width_names{"moe_intermediate_size",    "moe_ffn_hidden_size", "expert_ffn_hidden_size",
                                           "expert_intermediate_size", "moe_inter_dim",       "expert_hidden_dim"};
const std::vector<std::string> shared_names{"n_shared_experts", "num_shared_experts", "moe_num_shared_experts",
                                            "num_shared_expert"};
const std::vector<std::string> shared_width_names{"shared_expert_intermediate_size", "shared_intermediate_size",
                                                  "moe_shared_expert_intermediate_size", "share_expert_dim"};
std::vector<std::string> both(std::vector<std::string> names, const std::vector<std::string>& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

/// ERNIE-4.5-VL writes two numbers, of the experts that text meets and of those that images meet.
bool for_text_and_images(const Keys& k, const std::string& key) { return k.is_list(key) && k.numbers(key).size() == 2; }

bool splits_experts(const Base& b) {
  return b.family.type.starts_with("ernie4_5") && for_text_and_images(b.keys, "moe_intermediate_size");
}

/// Keys that speak of experts where nothing counts them.
void require_none(const Keys& k) {
  for (const std::string& key : both(both(top_k_names, width_names), both(shared_names, names_of_order()))) {
    const bool nothing = k.is_list(key) && k.at(key).items().empty();  // Qwen3.5's dense models: mlp_only_layers
    if (k.has(key) && !nothing) k.fail_none(routed_names, key + " speaks of experts");
  }
}

void pass_experts(const Keys& k) {
  for (const auto* names :
       {&routed_names, &top_k_names, &width_names, &shared_names, &shared_width_names, &names_of_order()})
    k.pass_all(*names);
  k.pass_all({"n_group", "num_expert_group", "n_groups_experts", "use_moe", "expert_dtype", "moe_latent_size",
              "use_mixed_mlp_moe", "moe_intermediate_sizes", "norm_topk_prob"});
}

/// The count where it stands at the top level, or in DBRX's ffn_config.
int routed_experts(const Base& b) {
  const Keys& k = b.keys;
  if (splits_experts(b)) return of_text(k, "moe_num_experts").value_or(0);
  if (b.family.type.starts_with("ernie4_5") && for_text_and_images(k, "moe_num_experts"))
    k.fail("moe_intermediate_size", "expected two widths, as moe_num_experts has two counts");
  if (const auto said = k.any(routed_names, b.layers)) return *said;
  return k.is_mapping("ffn_config") ? k.part("ffn_config").any(routed_names, b.layers).value_or(0) : 0;
}

int top_k(const Base& b, const Keys& k, int choices) {
  const auto said = k.any(top_k_names, b.layers);
  if (!said) k.fail_none(top_k_names, "the model has experts");
  if (*said == 0 || *said > choices)
    b.keys.fail(k.which(top_k_names), fmt::format("must lie between 1 and the {} experts", choices));
  return *said;
}

/// Mixtral and its like have no other width than the experts'.
int expert_width(const Base& b, const Keys& k) {
  if (splits_experts(b)) return of_text(k, "moe_intermediate_size").value_or(0);
  if (const auto said = k.any(width_names, b.layers)) {
    if (*said == 0) k.fail(k.which(width_names), "must be above zero");
    return *said;
  }
  const auto dense = k.any(names_of_dense_width());
  if (!dense || *dense == 0) k.fail_none(both(width_names, names_of_dense_width()), "the model has experts");
  if (!b.family.one_width)
    k.assume("moe_intermediate_size",
             fmt::format("experts are as wide as {} says, {}", k.which(names_of_dense_width()), *dense));
  return *dense;
}

/// Shared experts by count, by width, or by both (the width is then of each, or of all where it is a multiple).
void read_shared(const Base& b, Experts& e) {
  const Keys& k = b.keys;
  const auto count = k.any(shared_names, b.layers);
  const auto width = k.any(shared_width_names);
  e.shared = count.value_or(width.value_or(0) > 0 ? 1 : b.family.shared_experts);
  if (width && !count) {
    e.shared_intermediate = *width;
  } else if (width) {
    // Nemotron and Ling write the width of all; where it is that of one expert, it is of each.
    e.shared_intermediate = *width == e.intermediate ? e.shared * *width : e.shared > 0 ? *width : 0;
  } else {
    const bool writes_width = b.family.type.starts_with("nemotron_h") || b.family.type.starts_with("bailing_moe_v2");
    if (e.shared > 0 && writes_width)
      k.assume("moe_shared_expert_intermediate_size", "shared experts are as wide as routed ones");
    e.shared_intermediate = e.shared * e.intermediate;
    const bool mixed = k.has("use_mixed_mlp_moe") && k.flag_or("use_mixed_mlp_moe", false);  // Hunyuan: a shared one
    if (!count && e.shared == 0 && mixed) k.assume("num_shared_expert", "no shared experts");
    if (!count && e.shared == 0 && !mixed && (b.family.shares_experts || !b.family.known))
      k.assume("n_shared_experts", "no shared experts");
  }
}

void read_groups(const Base& b, Experts& e) {
  const bool none =
      b.keys.has("n_group") && b.keys.at("n_group").is_scalar() && b.keys.at("n_group").as<std::string>() == "false";
  const auto groups = none ? std::nullopt : b.keys.any({"n_group", "num_expert_group", "num_expert_groups"});
  e.groups = std::max(1, groups.value_or(1));
  e.biased = b.family.biased_scores;
  e.shared_gate = e.shared_intermediate > 0 && b.family.gates_shared;
  if (e.routed % e.groups != 0)
    b.keys.fail(b.keys.which({"n_group", "num_expert_group", "num_expert_groups"}),
                fmt::format("must divide the {} experts", e.routed));
}

}  // namespace

std::optional<int> of_text(const Keys& k, const std::string& key) {
  if (!k.has(key)) return std::nullopt;
  return for_text_and_images(k, key) ? k.numbers(key).front() : k.count_or(key, 0);
}

Experts read_experts(const Base& b) {
  const Keys& k = b.keys;
  Experts e;
  e.routed = routed_experts(b);
  const bool off = k.has("use_moe") && !k.flag_or("use_moe", true);
  if (e.routed <= 1 || off) {  // none, or "1": the dense feed-forward under another name (Jamba, Hunyuan)
    const bool said = e.routed == 1 || off || k.any(routed_names, b.layers).has_value();
    if (said) {
      pass_experts(k);
    } else {
      require_none(k);
      if (k.is_mapping("ffn_config")) require_none(k.part("ffn_config"));
    }
    return {};
  }
  const bool here = splits_experts(b) || k.any(routed_names, b.layers);
  const Keys from = here ? k : k.part("ffn_config");
  e.zero = k.count_or("zero_expert_num", 0);
  k.pass("zero_expert_type");
  e.top_k = top_k(b, from, e.routed + e.zero);
  e.intermediate = expert_width(b, from);
  e.latent = k.count_or("moe_latent_size", 0);
  if (b.family.type.starts_with("nemotron_h") && !k.has("moe_latent_size"))
    k.assume("moe_latent_size", "experts see the whole hidden state");
  if (b.family.type.starts_with("nemotron_h") && !k.has("num_nextn_predict_layers"))
    k.assume("num_nextn_predict_layers", "no prediction module");
  read_shared(b, e);
  read_groups(b, e);
  k.pass_all({"use_moe", "expert_dtype", "use_mixed_mlp_moe", "num_hash_layers", "num_limited_groups",
              "first_last_k_dense_replace"});
  return e;
}

double image_expert_parameters(const Base& b) {
  if (!splits_experts(b)) return 0;
  const Keys& k = b.keys;
  if (!for_text_and_images(k, "moe_num_experts")) k.assume("moe_num_experts", "as many experts for images as for text");
  const double experts = for_text_and_images(k, "moe_num_experts") ? k.numbers("moe_num_experts")[1]
                                                                   : of_text(k, "moe_num_experts").value_or(0);
  k.warn("moe_intermediate_size", "experts that images meet are counted with the encoder");
  return experts * feed_forward_matrices(b) * b.hidden * k.numbers("moe_intermediate_size")[1];
}

}  // namespace teapot
