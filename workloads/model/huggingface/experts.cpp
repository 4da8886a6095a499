// Experts, which layers have them, and the width of the dense feed-forwards of the others; under all names in use.
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
const std::vector<std::string> dense_names{"intermediate_size", "ffn_hidden_size",   "ffn_dim",
                                           "n_inner",           "inner_hidden_size", "block_ff_dim"};
const std::vector<std::string> order_names{
    "first_k_dense_replace",     "moe_layer_freq",     "mlp_only_layers",     "decoder_sparse_step",
    "interleave_moe_layer_step", "moe_layers",         "moe_layers_enum",     "moe_layer_start_index",
    "moe_layer_end_index",       "moe_layer_interval", "moe_expert_interval", "expert_layer_period",
    "expert_layer_offset",       "num_dense_layers",   "mlp_layer_types",     "moe_layer_frequency",
    "moe_layer_num_skipped",     "n_dense_layers",     "num_hash_layers",     "is_moe_layer",
    "moe_layer_start",           "first_dense_layers"};

std::vector<std::string> both(std::vector<std::string> names, const std::vector<std::string>& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

/// ERNIE-4.5-VL writes two numbers, of the experts that text meets and of those that images meet.
bool for_text_and_images(const Keys& k, const std::string& key) { return k.is_list(key) && k.numbers(key).size() == 2; }

/// The first of those two, or the number.
std::optional<int> of_text(const Keys& k, const std::string& key) {
  if (!k.has(key)) return std::nullopt;
  return for_text_and_images(k, key) ? k.numbers(key).front() : k.count_or(key, 0);
}

bool splits_experts(const Base& b) {
  return b.family.type.starts_with("ernie4_5") && for_text_and_images(b.keys, "moe_intermediate_size");
}

/// Keys that speak of experts where nothing counts them.
void require_none(const Keys& k) {
  for (const std::string& key : both(both(top_k_names, width_names), both(shared_names, order_names))) {
    if (k.has(key)) k.fail_none(routed_names, key + " speaks of experts");
  }
}

void pass_experts(const Keys& k) {
  for (const auto* names :
       {&routed_names, &top_k_names, &width_names, &shared_names, &shared_width_names, &order_names})
    k.pass_all(*names);
  k.pass_all({"n_group", "num_expert_group", "n_groups_experts", "use_moe", "expert_dtype", "moe_latent_size",
              "use_mixed_mlp_moe", "moe_intermediate_sizes", "norm_topk_prob"});
}

/// The count where it stands at the top level, or in DBRX's ffn_config.
int routed_experts(const Base& b) {
  const Keys& k = b.keys;
  if (splits_experts(b)) return of_text(k, "moe_num_experts").value_or(0);
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
  const auto dense = k.any(dense_names);
  if (!dense || *dense == 0) k.fail_none(both(width_names, dense_names), "the model has experts");
  if (!b.family.one_width)
    k.assume("moe_intermediate_size", fmt::format("experts are as wide as {} says, {}", k.which(dense_names), *dense));
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
    if (!count && e.shared == 0 && (b.family.shares_experts || !b.family.known))
      k.assume("n_shared_experts", "no shared experts");
  }
}

void read_groups(const Base& b, Experts& e) {
  const bool none =
      b.keys.has("n_group") && b.keys.at("n_group").is_scalar() && b.keys.at("n_group").as<std::string>() == "false";
  const auto groups = none ? std::nullopt : b.keys.any({"n_group", "num_expert_group", "num_expert_groups"});
  e.groups = std::max(1, groups.value_or(1));
  if (e.routed % e.groups != 0)
    b.keys.fail(b.keys.which({"n_group", "num_expert_group", "num_expert_groups"}),
                fmt::format("must divide the {} experts", e.routed));
}

std::vector<FeedWord> filled(const Base& b, FeedWord word) {
  return std::vector<FeedWord>(static_cast<std::size_t>(b.layers), word);
}

std::vector<FeedWord> at_indices(const Base& b, const std::string& key, const std::vector<int>& indices) {
  std::vector<FeedWord> feed = filled(b, FeedWord::dense);
  for (const int index : indices) {
    if (index >= b.layers) b.keys.fail(key, fmt::format("there is no layer {}", index));
    feed[static_cast<std::size_t>(index)] = FeedWord::experts;
  }
  return feed;
}

/// "4,5,6": Step-3.
std::vector<int> listed(const Base& b, const std::string& key) {
  if (b.keys.is_list(key)) return b.keys.numbers(key);
  std::vector<int> indices;
  std::stringstream text{b.keys.word_or(key, "")};
  for (std::string item; std::getline(text, item, ',');) {
    if (item.empty() || item.size() > 6 || item.find_first_not_of("0123456789") != std::string::npos)
      b.keys.fail(key, "expected numbers with commas between");
    indices.push_back(std::stoi(item));
  }
  return indices;
}

std::vector<FeedWord> from_flags(const Base& b, const std::string& key, const std::vector<bool>& flags) {
  if (flags.size() != static_cast<std::size_t>(b.layers))
    b.keys.fail(key, fmt::format("speaks of {} layers, not of {}", flags.size(), b.layers));
  std::vector<FeedWord> feed;
  for (const bool flag : flags) feed.push_back(flag ? FeedWord::experts : FeedWord::dense);
  return feed;
}

std::vector<FeedWord> from_words(const Base& b) {
  std::vector<bool> flags;
  for (const std::string& word : b.keys.words("mlp_layer_types")) {
    if (word != "dense" && word != "sparse" && word != "moe" && word != "hash_moe")
      b.keys.fail("mlp_layer_types", fmt::format("unknown kind \"{}\" (known: dense, sparse, moe, hash_moe)", word));
    flags.push_back(word != "dense");
  }
  return from_flags(b, "mlp_layer_types", flags);
}

/// The rules that count layers; they hold together.
bool counted(const Base& b, int l) {
  const Keys& k = b.keys;
  const auto first = k.any({"first_k_dense_replace", "num_dense_layers", "moe_layer_num_skipped", "n_dense_layers"});
  if (l < first.value_or(0)) return false;
  const int freq = std::max(1, k.count_or(k.which({"moe_layer_freq", "moe_layer_frequency"}), 1));
  const int sparse = std::max(1, k.count_or("decoder_sparse_step", 1));
  const int interleave = std::max(1, k.count_or("interleave_moe_layer_step", 1));
  const int interval = std::max(1, k.count_or(k.which({"moe_layer_interval", "moe_expert_interval"}), 1));
  const int start = of_text(k, "moe_layer_start_index").value_or(0);
  const int end = of_text(k, "moe_layer_end_index").value_or(b.layers - 1);
  const int period = std::max(1, k.count_or("expert_layer_period", 1));
  const int offset = k.count_or("expert_layer_offset", 0);
  return l % freq == 0 && (l + 1) % sparse == 0 && (l + 1) % interleave == 0 && (l + 1) % interval == 0 && l >= start &&
         l <= end && l % period == offset % period;
}

}  // namespace

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

namespace {

std::vector<FeedWord> feed_by_layer(const Base& b, const Experts& e) {
  const Keys& k = b.keys;
  if (e.routed == 0) return filled(b, FeedWord::dense);
  for (const char* key : {"moe_layer_freq", "moe_layer_frequency", "is_moe_layer"}) {
    if (k.is_list(key)) return from_flags(b, key, k.flags(key));
  }
  if (k.has("mlp_layer_types")) return from_words(b);
  for (const char* key : {"moe_layers_enum", "moe_layers"}) {
    if (k.has(key)) return at_indices(b, key, listed(b, key));
  }
  std::vector<FeedWord> feed;
  for (int l = 0; l < b.layers; ++l) feed.push_back(counted(b, l) ? FeedWord::experts : FeedWord::dense);
  for (const int dense : k.numbers("mlp_only_layers")) {
    if (dense < b.layers) feed[static_cast<std::size_t>(dense)] = FeedWord::dense;
  }
  return feed;
}

}  // namespace

std::vector<FeedWord> read_feed(const Base& b, const Experts& e) {
  std::vector<FeedWord> feed = feed_by_layer(b, e);
  if (e.routed > 0) b.keys.pass_all(order_names);  // a list of layers says what counts would
  return feed;
}

int feed_forward_matrices(const Base& b) {
  const Keys& k = b.keys;
  const std::string key = k.which({"hidden_act", "hidden_activation", "activation_function", "mlp_hidden_act",
                                   "activation", "activation_type", "activation_fn_name"});
  std::string act = k.is_mapping(key) ? "" : k.word_or(key, "");
  std::transform(act.begin(), act.end(), act.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (k.has("ffn_with_glu")) return k.flag_or("ffn_with_glu", true) ? 3 : 2;
  const std::string type = k.word_or("mlp_type", "");
  if (type == "gated" || type == "swiglu" || type == "glu") return 3;
  if (type == "default" || type == "mlp" || type == "two-matrix") return 2;
  if (!type.empty()) k.fail("mlp_type", "unknown (known: gated, swiglu, glu, default, mlp)");
  const bool gated_by_name =
      act == "silu" || act == "swish" || act == "swiglu" || act == "geglu" || act == "reglu" || act == "silu_and_mul";
  if (gated_by_name) return 3;
  if (b.family.matrices > 0) return b.family.matrices;
  if (act.empty()) {
    k.assume(key, "feed-forwards have a gate");
    return 3;
  }
  if (act == "relu2" || act == "relu" || act == "xielu") return 2;
  k.fail(key, fmt::format("\"{}\" is used with two matrices and with three, and model_type does not say which", act));
}

namespace {

/// OpenELM: a multiple of the hidden size for each layer, rounded to a divisor (its modelling code, make_divisible).
std::vector<int> multiplied_widths(const Base& b) {
  const Keys& k = b.keys;
  const int divisor = k.positive("ffn_dim_divisor");
  std::vector<int> widths;
  k.has("ffn_multipliers");
  for (const Config& item : k.at("ffn_multipliers").items()) {
    const double wanted = item.as_non_negative<double>() * b.hidden;
    if (wanted > 1e8) item.fail("too wide");
    int width = std::max(divisor, static_cast<int>(wanted + divisor / 2.0) / divisor * divisor);
    if (width < 0.9 * wanted) width += divisor;
    widths.push_back(width);
  }
  if (widths.size() != static_cast<std::size_t>(b.layers))
    k.fail("ffn_multipliers", fmt::format("speaks of {} layers, not of {}", widths.size(), b.layers));
  return widths;
}

}  // namespace

double image_expert_parameters(const Base& b) {
  if (!splits_experts(b)) return 0;
  const Keys& k = b.keys;
  if (!for_text_and_images(k, "moe_num_experts")) k.assume("moe_num_experts", "as many experts for images as for text");
  const double experts = for_text_and_images(k, "moe_num_experts") ? k.numbers("moe_num_experts")[1]
                                                                   : of_text(k, "moe_num_experts").value_or(0);
  k.warn("moe_intermediate_size", "experts that images meet are counted with the encoder");
  return experts * feed_forward_matrices(b) * b.hidden * k.numbers("moe_intermediate_size")[1];
}

std::vector<int> dense_widths(const Base& b, const Experts& e) {
  const Keys& k = b.keys;
  const auto all = [&](int width) { return std::vector<int>(static_cast<std::size_t>(b.layers), width); };
  for (const char* dense : {"intermediate_size_mlp", "dense_intermediate_size"}) {
    if (!k.has(dense)) continue;  // Llama-4, MiniMax-M3: intermediate_size is of the experts
    k.pass("intermediate_size");
    return all(k.positive(dense));
  }
  if (k.has("ffn_multipliers")) return multiplied_widths(b);
  if (k.is_list("intermediate_size")) {
    const auto widths = k.numbers("intermediate_size");
    if (widths.size() != static_cast<std::size_t>(b.layers))
      k.fail("intermediate_size", fmt::format("speaks of {} layers, not of {}", widths.size(), b.layers));
    return widths;
  }
  if (e.routed == 0 && b.family.type == "granitemoehybrid" && k.has("shared_intermediate_size")) {
    k.pass("intermediate_size");  // without experts what is shared is all there is
    return all(k.positive("shared_intermediate_size"));
  }
  if (const auto said = k.any(dense_names)) return all(*said);
  if (k.has("expansion_ratio")) return all(static_cast<int>(k.number_or("expansion_ratio", 4) * b.hidden));  // MPT
  if (b.family.matrices == 2) {
    if (!b.family.four_times)
      k.assume(dense_names[0], fmt::format("taken as four times the hidden size, {}", 4 * b.hidden));
    return all(4 * b.hidden);
  }
  return all(0);
}

}  // namespace teapot
