// Layers of most models: one mixer and one feed-forward. Some have two of either, or one of them only.
// Knows no shapes of mixers.

#include "workloads/model/huggingface/layers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace teapot {
namespace {

Layer only(const Attention& mixer) {
  Layer layer;
  layer.attention = mixer;
  return layer;
}

Layer nothing() {
  Attention none;
  none.kind = Attention::Kind::none;
  return only(none);
}

Layer feeding(Layer layer, FeedWord feed, int width) {
  layer.experts = feed == FeedWord::experts;
  layer.intermediate = feed == FeedWord::dense ? width : 0;
  return layer;
}

/// LongCat: two attentions with a dense feed-forward each, and experts beside them (arXiv 2509.01322, figure 2).
void add_shortcut(const Attention& mixer, int width, std::vector<Layer>& layers) {
  layers.push_back(feeding(only(mixer), FeedWord::dense, width));
  layers.push_back(feeding(only(mixer), FeedWord::dense, width));
  layers.push_back(feeding(nothing(), FeedWord::experts, 0));
}

/// A dense feed-forward beside the experts of each layer; its width, 0: there is none.
int residual_width(const Base& b, int width) {
  const Keys& k = b.keys;
  k.pass("use_residual");
  if (k.flag_or("parallel_attn_mlp_res", false)) return b.hidden;  // Arctic's is as wide as the hidden state
  if (k.flag_or("residual_moe", false)) return width;              // Grok-2
  if (k.flag_or("enable_moe_block", false)) return width;          // Gemma 4
  return 0;
}

/// LFM2 trims the width it writes (its modelling code): two thirds, times a factor, rounded up to a multiple.
int trimmed(const Base& b, int width) {
  const Keys& k = b.keys;
  if (k.has("block_ff_dim") && !k.has("block_auto_adjust_ff_dim"))
    k.assume("block_auto_adjust_ff_dim", "the width is as written");
  if (!k.flag_or("block_auto_adjust_ff_dim", false)) {
    k.pass_all({"block_ffn_dim_multiplier", "block_multiple_of", "block_mlp_init_scale", "block_out_init_scale",
                "block_norm_eps", "block_use_swiglu", "block_use_xavier_init", "block_dim"});
    return width;
  }
  const double factor = k.number_or("block_ffn_dim_multiplier", 1);
  if (factor != 1)
    k.warn("block_ffn_dim_multiplier", fmt::format("{}, not 1 as in published files; taken at its word", factor));
  const int multiple = k.positive("block_multiple_of");
  const int scaled = static_cast<int>(factor * (2 * width / 3));
  k.pass_all({"block_mlp_init_scale", "block_out_init_scale", "block_norm_eps", "block_use_swiglu",
              "block_use_xavier_init", "block_dim"});
  return (scaled + multiple - 1) / multiple * multiple;
}

std::vector<int> widths_of(const Base& b, const Experts& e) {
  std::vector<int> widths = dense_widths(b, e);
  for (int& width : widths) {
    // The first Qwen and RecurrentGemma write the widths of gate and value as one.
    if (b.family.type == "qwen" || b.family.type == "recurrent_gemma") width /= 2;
    width = trimmed(b, width);
  }
  return widths;
}

void add_layer(const Base& b, const Model& m, const std::vector<Attention>& mixers, FeedWord feed, int width,
               std::vector<Layer>& layers) {
  const bool shortcut = m.experts.routed > 0 && b.keys.has("expert_ffn_hidden_size") && b.keys.has("ffn_hidden_size");
  if (shortcut && mixers.size() == 1) return add_shortcut(mixers[0], width, layers);
  if (feed == FeedWord::dense && width == 0)
    b.keys.fail_none({"intermediate_size", "ffn_hidden_size", "ffn_dim", "n_inner", "inner_hidden_size", "block_ff_dim",
                      "intermediate_size_mlp", "dense_intermediate_size", "ffn_multipliers", "or in ffn_config"},
                     "a dense layer needs it; n_routed_experts (num_experts, num_local_experts, ...) would say that "
                     "the layer has experts");
  for (std::size_t i = 0; i + 1 < mixers.size(); ++i) layers.push_back(only(mixers[i]));
  const Layer last = mixers.empty() ? nothing() : only(mixers.back());
  const int beside = feed == FeedWord::experts ? residual_width(b, width) : 0;
  if (feed == FeedWord::experts && width == 0 &&
      (b.keys.flag_or("residual_moe", false) || b.keys.flag_or("enable_moe_block", false)))
    b.keys.fail_missing("intermediate_size", "the dense feed-forward beside the experts needs it");
  if (beside > 0) {
    layers.push_back(feeding(last, FeedWord::dense, beside));
    layers.push_back(feeding(nothing(), FeedWord::experts, 0));
  } else {
    layers.push_back(feeding(last, feed, width));
  }
}

/// NVIDIA's searched architectures: `block_configs` gives every layer its KV heads and its width, or neither.
int searched_width(const Keys& ffn, int hidden) {
  if (ffn.has("intermediate_size")) return ffn.positive("intermediate_size");
  const double wanted = 2 * ffn.number_or("ffn_mult", 0) * hidden / 3;
  const int width = static_cast<int>(wanted);
  return (width + 255) / 256 * 256;  // DeciLM's modelling code
}

std::vector<Layer> searched_layers(const Base& b) {
  std::vector<Layer> layers;
  const Keys& k = b.keys;
  k.pass_all({"num_key_value_heads", "intermediate_size", "head_dim", "num_key_value_heads_per_layer"});
  k.has("block_configs");
  const auto heads = k.any({"num_attention_heads"});
  if (!heads || *heads == 0) k.fail_missing("num_attention_heads", "");
  const auto items = k.at("block_configs").items();
  if (static_cast<int>(items.size()) != b.layers)
    k.fail("block_configs", fmt::format("speaks of {} layers, not of {}", items.size(), b.layers));
  for (const Config& item : items) {
    const Keys block{item, {}};
    const Keys attention = block.part("attention");
    const Keys ffn = block.part("ffn");
    if (attention.flag_or("replace_with_linear", false) || ffn.flag_or("replace_with_linear", false))
      item.fail("replace_with_linear is not modelled");
    Layer layer = nothing();
    if (!attention.flag_or("no_op", false)) {
      Attention a;
      a.heads = *heads;
      a.head_dim = b.hidden / *heads;
      const int group = attention.positive("n_heads_in_group");
      if (*heads % group != 0) item.fail("n_heads_in_group must divide the heads");
      a.kv_heads = *heads / group;
      layer.attention = a;
    }
    if (!ffn.flag_or("no_op", false)) layer.intermediate = searched_width(ffn, b.hidden);
    attention.pass_all({"n_heads_in_group", "window_length", "num_sink_tokens", "use_prefill_window_in_sink_attention",
                        "unshifted_sink", "sparsify", "llama4", "mamba", "is_mamba"});
    ffn.pass_all({"ffn_mult", "sparsify", "gated", "hidden_act", "moe"});
    for (const char* key : {"window_length"}) {
      if (attention.has(key)) item.fail("a window in block_configs is not modelled");
    }
    block.judge_the_rest(false);
    layers.push_back(layer);
  }
  return layers;
}

void check_lengths(const Base& b, std::size_t feed) {
  if (feed != static_cast<std::size_t>(b.layers))
    b.keys.fail("num_hidden_layers", fmt::format("is {}, but feed-forwards are given for {}", b.layers, feed));
}

/// MiniMax-M2 writes a width of dense feed-forwards, of which it has none.
void check_unused_width(const Base& b, const Model& m) {
  const auto dense = [](const Layer& layer) { return layer.intermediate > 0; };
  if (b.keys.has("mlp_intermediate_size") && std::any_of(m.layers.begin(), m.layers.end(), dense))
    b.keys.fail("mlp_intermediate_size", "some layers have dense feed-forwards, and other keys say how wide they are");
}

/// The keys in the file that say which layers have experts.
std::vector<std::string> written_order(const Keys& k) {
  std::vector<std::string> written;
  for (const std::string& key : names_of_order())
    if (k.has(key) || k.says_null(key)) written.push_back(key);
  return written;
}

}  // namespace

void read_layers(const Base& b, Model& m) {
  m.gated = feed_forward_matrices(b) == 3;
  if (b.keys.has("block_configs")) {
    m.layers = searched_layers(b);
  } else if (b.keys.has("num_mem_blocks") || b.family.type == "zamba2") {
    m.layers = read_shared_blocks(b, read_schedule(b));
  } else {
    m.experts = read_experts(b);
    const bool pure = b.family.type == "mamba" || b.family.type == "mamba2" || b.family.type == "falcon_mamba";
    std::vector<std::vector<Attention>> mixers;
    LayerSchedule schedule;
    if (b.keys.has("compress_ratios") || b.keys.has("o_lora_rank")) {
      for (const Attention& a : read_compressed(b)) mixers.push_back({a});
    } else {
      schedule = read_schedule(b);
      mixers = read_mixers(b, schedule);
    }
    const std::vector<FeedWord> feed = !schedule.feed.empty() ? schedule.feed
                                       : pure                 ? std::vector<FeedWord>(mixers.size(), FeedWord::none)
                                                              : read_feed(b, m.experts);
    check_lengths(b, feed.size());
    const std::vector<int> widths = pure ? std::vector<int>(feed.size()) : widths_of(b, m.experts);
    for (std::size_t l = 0; l < mixers.size(); ++l) add_layer(b, m, mixers[l], feed[l], widths[l], m.layers);
  }
  if (static_cast<int>(m.layers.size()) != b.layers) m.depth = b.layers;
  for (const Layer& layer : m.layers) m.intermediate = std::max(m.intermediate, layer.intermediate);
  check_unused_width(b, m);
  if (m.has_experts() && std::none_of(m.layers.begin(), m.layers.end(), [](const Layer& l) { return l.experts; }))
    b.keys.fail(b.keys.which(names_of_order()), fmt::format("no layer has the experts that are counted, by {}",
                                                            fmt::join(written_order(b.keys), ", ")));
}

void read_prediction(const Base& b, Model& m) {
  const Keys& k = b.keys;
  const bool two = k.has("num_mtp_modules") && k.has("num_nextn_predict_layers");  // MiniMax-M3: trained, published
  if (two) k.warn("num_mtp_modules", "not believed beside num_nextn_predict_layers");
  auto names = std::vector<std::string>{"num_nextn_predict_layers", "mtp_num_hidden_layers", "mtp_num_layers",
                                        "num_mtp_layers",           "n_mtp_layers",          "mtp_layers"};
  if (!two) names.emplace_back("num_mtp_modules");
  const auto modules = k.any(names);
  if (!modules && !b.family.known && m.has_experts()) k.assume(names.front(), "no prediction module");
  m.mtp_modules = modules.value_or(0);
  if (k.has("use_mtp") && !k.flag_or("use_mtp", true)) m.mtp_modules = 0;
  k.pass_all({"mtp_transformer_layers", "mtp_use_dedicated_embeddings", "mtp_hybrid_override_pattern",
              "mtp_layers_block_type", "mtp_replace_modules", "mtp_disable_fp8", "mtp_share_embedding",
              "mtp_intermediate_size", "use_separate_mtp_embeddings"});
  if (m.mtp_modules == 0) return;
  // A module attends over its own cache: the last layer's attention, or the last that has any.
  Layer module = m.layers.back();
  for (const Layer& layer : m.layers) {
    if (layer.attention.mixes() && !layer.attention.recurrent()) module.attention = layer.attention;
  }
  if (!(module == m.layers.back())) m.mtp = {module};
}

}  // namespace teapot
