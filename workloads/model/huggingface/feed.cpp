// Which layers have experts, and the width and matrices of the dense feed-forwards of the others; under all names in
// use. Knows no attention.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

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

/// Many families have dense layers before those with experts; where no key counts them, that is said.
void say_where_experts_begin(const Base& b) {
  if (b.family.experts_everywhere) return;
  for (const char* key : {"first_k_dense_replace", "num_dense_layers", "moe_layer_num_skipped", "n_dense_layers",
                          "moe_layer_start_index", "mlp_only_layers", "decoder_sparse_step"}) {
    if (b.keys.has(key) || b.keys.says_null(key)) return;
  }
  b.keys.assume("first_k_dense_replace",
                "no dense layers before those with experts (also num_dense_layers, n_dense_layers, "
                "moe_layer_num_skipped, moe_layer_start_index, mlp_only_layers)");
}

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
  say_where_experts_begin(b);
  std::vector<FeedWord> feed;
  for (int l = 0; l < b.layers; ++l) feed.push_back(counted(b, l) ? FeedWord::experts : FeedWord::dense);
  for (const int dense : k.numbers("mlp_only_layers")) {
    if (dense < b.layers) feed[static_cast<std::size_t>(dense)] = FeedWord::dense;
  }
  return feed;
}

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

const std::vector<std::string>& names_of_dense_width() {
  static const std::vector<std::string> names{"intermediate_size", "ffn_hidden_size",   "ffn_dim",
                                              "n_inner",           "inner_hidden_size", "block_ff_dim"};
  return names;
}

const std::vector<std::string>& names_of_order() {
  static const std::vector<std::string> names{
      "first_k_dense_replace",     "moe_layer_freq",     "mlp_only_layers",     "decoder_sparse_step",
      "interleave_moe_layer_step", "moe_layers",         "moe_layers_enum",     "moe_layer_start_index",
      "moe_layer_end_index",       "moe_layer_interval", "moe_expert_interval", "expert_layer_period",
      "expert_layer_offset",       "num_dense_layers",   "mlp_layer_types",     "moe_layer_frequency",
      "moe_layer_num_skipped",     "n_dense_layers",     "num_hash_layers",     "is_moe_layer",
      "moe_layer_start",           "first_dense_layers"};
  return names;
}

std::vector<FeedWord> read_feed(const Base& b, const Experts& e) {
  std::vector<FeedWord> feed = feed_by_layer(b, e);
  if (e.routed > 0) b.keys.pass_all(names_of_order());  // a list of layers says what counts would
  return feed;
}

namespace {

/// What is usual for the family, and said where the file might mean another.
int matrices_of_family(const Base& b, const std::string& key, const std::string& act) {
  const Family& f = b.family;
  if (act.empty() && f.matrices == 2 && !f.four_times)
    b.keys.assume(key, fmt::format("feed-forwards of two matrices, which is usual for {}", f.type));
  if (act.starts_with("gelu") && f.matrices == 3 && !f.gelu_with_gate)
    b.keys.warn(key, fmt::format("\"{}\" is used with two matrices and with three; three taken, which is usual for {}",
                                 act, f.type));
  return f.matrices;
}

}  // namespace

int feed_forward_matrices(const Base& b) {
  const Keys& k = b.keys;
  const std::string key = k.which({"hidden_act", "hidden_activation", "activation_function", "mlp_hidden_act",
                                   "activation", "activation_type", "activation_fn_name"});
  std::string act = k.is_mapping(key) ? "" : k.word_or(key, "");
  std::transform(act.begin(), act.end(), act.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (k.has("ffn_with_glu")) return k.flag_or("ffn_with_glu", true) ? 3 : 2;
  if (k.has("inner_hidden_size")) return 2;  // the first ChatGLM
  const std::string type = k.word_or("mlp_type", "");
  if (type == "gated" || type == "swiglu" || type == "glu") return 3;
  if (type == "default" || type == "mlp" || type == "two-matrix") return 2;
  if (!type.empty()) k.fail("mlp_type", "unknown (known: gated, swiglu, glu, default, mlp)");
  const bool gated_by_name =
      act == "silu" || act == "swish" || act == "swiglu" || act == "geglu" || act == "reglu" || act == "silu_and_mul";
  if (gated_by_name) return 3;
  // Squared and expanded ReLU stand alone in every model known, but for BitNet.
  if ((act == "relu2" || act == "xielu") && b.family.type != "bitnet") return 2;
  if (b.family.matrices > 0) return matrices_of_family(b, key, act);
  if (act.empty()) {
    k.assume(key, "feed-forwards have a gate");
    return 3;
  }
  if (act == "relu") return 2;
  k.fail(key, fmt::format("\"{}\" is used with two matrices and with three, and model_type does not say which", act));
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
  if (const auto said = k.any(names_of_dense_width())) return all(*said);
  if (k.has("expansion_ratio")) {  // MPT
    const double ratio = k.number_or("expansion_ratio", 4);
    if (ratio != std::floor(ratio)) k.warn("expansion_ratio", "not a whole number; taken at its word");
    return all(static_cast<int>(ratio * b.hidden));
  }
  if (b.family.matrices == 2) {
    if (!b.family.four_times)
      k.assume(names_of_dense_width()[0], fmt::format("taken as four times the hidden size, {}", 4 * b.hidden));
    return all(4 * b.hidden);
  }
  return all(0);
}

}  // namespace teapot
