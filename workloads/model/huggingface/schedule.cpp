// Which kind of mixer each layer has: one list, one pattern or one interval, under many names.
// Knows no shapes.

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

using Words = std::vector<MixerWord>;

Words filled(const Base& b, MixerWord word) { return Words(static_cast<std::size_t>(b.layers), word); }

/// `others`, and every n-th layer full.
Words every_nth_full(const Base& b, int n, MixerWord others) {
  Words words = filled(b, others);
  for (int l = 0; l < b.layers; ++l) {
    if ((l + 1) % n == 0) words[static_cast<std::size_t>(l)] = MixerWord::full;
  }
  return words;
}

Words by_flags(const Base& b, const std::string& key, MixerWord one, MixerWord zero) {
  Words words;
  for (const bool flag : b.keys.flags(key)) words.push_back(flag ? one : zero);
  return words;
}

Words by_indices(const Base& b, const Keys& keys, const std::string& key, int first, MixerWord at, MixerWord others) {
  Words words = filled(b, others);
  const std::vector<int> indices = keys.numbers(key);
  if (indices.empty()) keys.fail(key, "names no layer");
  for (const int index : indices) {
    if (index < first || index >= b.layers + first) keys.fail(key, fmt::format("there is no layer {}", index));
    words[static_cast<std::size_t>(index - first)] = at;
  }
  return words;
}

/// MiniMax-M3: 1 chooses blocks, 0 looks at everything.
Words by_sparse_config(const Base& b) {
  const Keys sparse = b.keys.part("sparse_attention_config");
  if (!sparse.flag_or("use_sparse_attention", true)) return filled(b, MixerWord::full);
  if (!sparse.has("sparse_attention_freq")) sparse.fail_missing("sparse_attention_freq", "which layers are sparse?");
  Words words;
  for (const bool flag : sparse.flags("sparse_attention_freq"))
    words.push_back(flag ? MixerWord::sparse : MixerWord::full);
  if (words.size() != static_cast<std::size_t>(b.layers))
    sparse.fail("sparse_attention_freq", fmt::format("speaks of {} layers, not of {}", words.size(), b.layers));
  return words;
}

/// Kimi-Linear counts layers from one and names both kinds.
Words by_linear_config(const Base& b) {
  const Keys linear = b.keys.part("linear_attn_config");
  const Words words = by_indices(b, linear, "full_attn_layers", 1, MixerWord::full, MixerWord::linear);
  const auto named = linear.numbers("kda_layers").size() + linear.numbers("full_attn_layers").size();
  if (named != static_cast<std::size_t>(b.layers))
    linear.fail("kda_layers", fmt::format("names, with full_attn_layers, {} of {} layers", named, b.layers));
  return words;
}

/// GPT-Neo: [[["global", "local"], 12]].
Words by_attention_types(const Base& b) {
  Words words;
  b.keys.has("attention_types");
  for (const Config& item : b.keys.at("attention_types").items()) {
    const auto pair = item.items();
    if (pair.size() != 2) item.fail("expected a list of kinds and how often it repeats");
    for (int i = 0; i < pair[1].as_positive<int>() && words.size() <= static_cast<std::size_t>(b.layers); ++i) {
      for (const Config& word : pair[0].items()) {
        words.push_back(word.as<std::string>() == "local" ? MixerWord::window : MixerWord::full);
      }
    }
  }
  b.keys.pass("attention_layers");
  return words;
}

/// Jamba: every `period`-th layer from `offset` on is attention.
Words by_period(const Base& b) {
  const int period = b.keys.positive("attn_layer_period");
  const int offset = b.keys.count_or("attn_layer_offset", -1);
  if (offset < 0) b.keys.fail_missing("attn_layer_offset", "it goes with attn_layer_period");
  Words words = filled(b, MixerWord::mamba);
  for (int l = 0; l < b.layers; ++l) {
    if (l % period == offset) words[static_cast<std::size_t>(l)] = MixerWord::full;
  }
  return words;
}

/// Llama-4: layers with rotary embedding attend within chunks; every fourth has none and looks at everything.
Words by_chunks(const Base& b) {
  if (b.keys.is_list("no_rope_layers") && !b.keys.flags("no_rope_layers").empty())
    return by_flags(b, "no_rope_layers", MixerWord::chunk, MixerWord::full);
  b.keys.has("no_rope_layers");
  return every_nth_full(b, std::max(1, b.keys.count_or("no_rope_layer_interval", 4)), MixerWord::chunk);
}

/// Linear attention with a full layer now and then, as each family says it.
std::optional<Words> linear_words(const Base& b) {
  const Keys& k = b.keys;
  if (k.is_mapping("linear_attn_config")) return by_linear_config(b);
  if (k.has("full_attention_interval"))
    return every_nth_full(b, k.positive("full_attention_interval"), MixerWord::linear);
  if (k.has("layer_group_size") && k.count_or("layer_group_size", 0) > 1)
    return every_nth_full(b, k.positive("layer_group_size"), MixerWord::linear);
  if (k.has("attn_type_list")) return by_flags(b, "attn_type_list", MixerWord::full, MixerWord::linear);
  for (const char* key : {"linear_num_value_heads", "num_kv_heads_for_linear_attn"}) {
    if (k.has(key) && !k.has("layer_group_size"))
      k.fail_none({"layer_types", "full_attention_interval", "layer_group_size"},
                  std::string{key} + " speaks of linear layers");
  }
  return std::nullopt;
}

std::optional<Words> mamba_words(const Base& b) {
  const Keys& k = b.keys;
  if (k.has("attn_layer_period")) return by_period(b);
  if (k.has("attn_layer_indices")) return by_indices(b, k, "attn_layer_indices", 0, MixerWord::full, MixerWord::mamba);
  if (k.has("full_attn_idxs")) return by_indices(b, k, "full_attn_idxs", 0, MixerWord::full, MixerWord::convolution);
  if (k.has("mamba_d_ssm")) return filled(b, MixerWord::mamba_and_full);  // Falcon-H1: both in every layer
  const std::string& type = b.family.type;
  const bool named = type == "mamba" || type == "mamba2" || type == "falcon_mamba";
  const bool pure = named || (k.has("state_size") && !k.has("num_attention_heads"));
  if (pure) return filled(b, MixerWord::mamba);
  return std::nullopt;
}

std::string window_key(const Keys& keys) {
  return keys.which({"sliding_window", "sliding_window_size", "window_size", "attention_window_size"});
}

/// Windows where no list says which layers have them.
Words window_words(const Base& b) {
  const Keys& k = b.keys;
  const std::string key = window_key(k);
  const bool silent = k.has("max_window_layers") && !k.has("use_sliding_window");  // Qwen's class: false
  if (silent && k.has(key)) k.assume("use_sliding_window", "no layer has a window");
  const bool flagged = k.flag_or("use_sliding_window", !silent);
  const int from = k.count_or("max_window_layers", 0);
  if (k.has(key) && !k.is_number(key)) k.fail(key, "expected a number");
  if (!k.has(key) || k.at(key).as<std::string>() == "-1" || k.count_or(key, 0) == 0 || !flagged) {
    if (b.family.full_every > 0 && !k.has(key) && flagged) k.assume(key, "every layer looks at everything");
    return filled(b, MixerWord::full);
  }
  if (k.is_number("sliding_window_pattern") || k.is_number("_sliding_window_pattern"))
    return every_nth_full(b, k.positive(k.which({"sliding_window_pattern", "_sliding_window_pattern"})),
                          MixerWord::window);
  if (k.has("sliding_window_pattern")) {  // EXAONE-4: "LLLG"
    const std::string pattern = k.word_or("sliding_window_pattern", "");
    if (pattern.empty() || pattern.find_first_not_of("LG") != std::string::npos)
      k.fail("sliding_window_pattern", "expected letters L and G");
    Words words;
    for (int l = 0; l < b.layers; ++l)
      words.push_back(pattern[static_cast<std::size_t>(l) % pattern.size()] == 'L' ? MixerWord::window
                                                                                   : MixerWord::full);
    return words;
  }
  if (k.has("global_attn_every_n_layers"))
    return every_nth_full(b, k.positive("global_attn_every_n_layers"), MixerWord::window);
  if (b.family.full_every > 0) {
    k.assume("layer_types", fmt::format("one layer in {} looks at everything, the others {} tokens back",
                                        b.family.full_every, k.count_or(key, 0)));
    return every_nth_full(b, b.family.full_every, MixerWord::window);
  }
  Words words = filled(b, MixerWord::window);
  // Qwen's first layers look at everything.
  if (k.has("max_window_layers")) std::fill_n(words.begin(), std::min(from, b.layers), MixerWord::full);
  if (!k.has("max_window_layers") && !k.has("use_sliding_window"))
    k.assume("layer_types", fmt::format("every layer looks {} tokens back ({})", k.count_or(key, 0), key));
  return words;
}

/// Shapes of mixers that no schedule speaks of.
void require_schedule(const Base& b) {
  const Keys& k = b.keys;
  if (k.has("conv1d_width")) k.fail_none({"block_types", "_block_types"}, "conv1d_width speaks of recurrent layers");
  if (k.has("conv_L_cache")) k.fail_none({"layer_types", "full_attn_idxs"}, "conv_L_cache speaks of convolutions");
  for (const char* key : {"mamba_d_state", "ssm_state_size", "mamba_num_heads", "mamba_n_heads", "mamba_d_conv",
                          "mamba_expand", "state_size"}) {
    if (k.has(key))
      k.fail_none({"layers_block_type", "layer_types", "hybrid_override_pattern", "attn_layer_indices",
                   "attn_layer_period", "mamba_d_ssm"},
                  std::string{key} + " speaks of state-space layers");
  }
}

LayerSchedule find_schedule(const Base& b) {
  const Keys& k = b.keys;
  if (auto words = schedule_in_words(b)) return *words;
  if (k.has("cross_attention_layers"))
    return {by_indices(b, k, "cross_attention_layers", 0, MixerWord::cross, MixerWord::full), {}};
  if (k.is_mapping("sparse_attention_config")) return {by_sparse_config(b), {}};
  if (k.is_list("hybrid_layer_pattern"))  // MiMo-V2: 1 looks back a window
    return {by_flags(b, "hybrid_layer_pattern", MixerWord::window, MixerWord::full), {}};
  if (k.has("attention_types")) return {by_attention_types(b), {}};
  if (k.has("attention_chunk_size")) return {by_chunks(b), {}};
  if (auto words = linear_words(b)) return {*words, {}};
  if (auto words = mamba_words(b)) return {*words, {}};
  require_schedule(b);
  return {window_words(b), {}};
}

}  // namespace

LayerSchedule read_schedule(const Base& b) {
  LayerSchedule s = find_schedule(b);
  // A list may go on with the layers of prediction modules (Step-3.5).
  const auto modules = static_cast<std::size_t>(b.keys.any({"num_nextn_predict_layers"}).value_or(0));
  if (s.mixers.size() == static_cast<std::size_t>(b.layers) + modules) {
    s.mixers.resize(static_cast<std::size_t>(b.layers));
    if (!s.feed.empty()) s.feed.resize(static_cast<std::size_t>(b.layers));
  }
  if (s.mixers.size() != static_cast<std::size_t>(b.layers)) {
    const std::string key =
        b.keys.which({"hybrid_override_pattern", "layers_block_type", "layer_types", "hybrid_layer_pattern",
                      "attn_type_list", "no_rope_layers", "attention_types"});
    b.keys.fail(key, fmt::format("speaks of {} layers, not of {}", s.mixers.size(), b.layers));
  }
  b.keys.pass_all({"layer_types", "sliding_window_pattern", "_sliding_window_pattern", "global_attn_every_n_layers",
                   "no_rope_layers", "no_rope_layer_interval", "full_attention_interval", "layers_block_type",
                   "attn_layer_indices", "hybrid_layer_ids", "full_attn_idxs", "attn_layer_period", "attn_layer_offset",
                   "attn_type_list", "attention_layers", "attention_chunk_size", "hybrid_block_size", "layer_switch",
                   "order_of_interleaved_layers"});
  return s;
}

}  // namespace teapot
