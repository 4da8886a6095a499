// Shapes to the schedule: each kind of mixer is read once, and laid over the layers that have it.
// Knows no feed-forward.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

int window_size(const Base& b) {
  const Keys& k = b.keys;
  const std::vector<std::string> names{"sliding_window", "sliding_window_size", "window_size", "attention_window_size"};
  const std::string key = k.which(names);
  if (!k.has(key)) k.fail_none(names, "some layers look back a window");
  k.pass_all({"use_sliding_window", "max_window_layers"});
  const int size = k.positive(key);
  k.any(names);  // they must agree
  return size;
}

/// What layers with a window have of their own (MiMo-V2: swa_*, Step-3.5: attention_other_setting).
Attention read_windowed(const Base& b, Attention a) {
  const Keys& k = b.keys;
  a.window = window_size(b);
  const Keys own = k.is_mapping("attention_other_setting") ? k.part("attention_other_setting") : k;
  const bool nested = k.is_mapping("attention_other_setting");
  const auto other = [&](const char* prefixed, const char* plain, int same) {
    return own.count_or(nested ? plain : prefixed, same);
  };
  a.heads = other("swa_num_attention_heads", "num_attention_heads", a.heads);
  a.kv_heads = other("swa_num_key_value_heads", nested ? "num_attention_groups" : "num_key_value_heads", a.kv_heads);
  a.head_dim = other("swa_head_dim", "head_dim", a.head_dim);
  const int value = other("swa_v_head_dim", "v_head_dim", static_cast<int>(a.output_dim()));
  if (a.kind == Attention::Kind::grouped) a.value_dim = value == a.head_dim ? 0 : value;
  for (const char* key : {"num_attention_heads", "num_attention_groups", "head_dim"}) {
    if (nested && !own.has(key)) own.assume(key, "as that of the other layers");
  }
  if (nested) own.pass_all({"attention_type", "head_wise_attn_gate", "true_head_dim"});
  if (a.heads == 0 || a.kv_heads == 0 || a.heads % a.kv_heads != 0 || a.head_dim == 0)
    k.fail(nested ? "attention_other_setting" : "swa_num_key_value_heads",
           "heads of the layers with a window do not divide");
  return a;
}

/// What layers that look at everything have of their own (Gemma 4): wider and fewer heads, the key is the value.
Attention read_global(const Base& b, Attention a) {
  const Keys& k = b.keys;
  if (!k.has("global_head_dim")) return a;
  a.head_dim = k.positive("global_head_dim");
  a.one_key_value = k.flag_or("attention_k_eq_v", false);
  if (a.one_key_value) a.kv_heads = k.count_or("num_global_key_value_heads", a.kv_heads);
  k.pass("num_global_key_value_heads");
  if (a.kv_heads == 0 || a.heads % a.kv_heads != 0) k.fail("num_global_key_value_heads", "must divide the heads");
  return a;
}

Attention read_chunked(const Base& b, Attention a) {
  a.window = b.keys.positive("attention_chunk_size");
  a.chunked = true;
  return a;
}

/// Llama 3.2 Vision: layers that look at an image's tokens, as many as its tiles may have.
Attention read_cross(const Base& b, Attention a) {
  if (b.image_tokens == 0)
    b.keys.fail("cross_attention_layers", "needs vision_config with image_size, patch_size and max_num_tiles");
  a.cross = b.image_tokens;
  b.keys.warn("cross_attention_layers",
              fmt::format("counted with one image of {} tokens for each request", b.image_tokens));
  return a;
}

/// Hunyuan-Large's cross-layer attention: of `cla_share_factor` layers the first makes keys and values for all.
void share_caches(const Base& b, std::vector<std::vector<Attention>>& layers) {
  const Keys& k = b.keys;
  if (!k.flag_or("use_cla", false)) {
    k.pass("cla_share_factor");
    return;
  }
  const int factor = k.positive("cla_share_factor");
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (l % static_cast<std::size_t>(factor) == 0) continue;
    for (Attention& a : layers[l]) a.borrows_cache = a.kind == Attention::Kind::grouped;
  }
}

/// A list of layers without state-space ones leaves their keys without a say (Granite 4.0 Micro).
void pass_state_space(const Base& b) {
  b.keys.pass_all({"mamba_d_state", "ssm_state_size", "mamba_d_conv", "mamba_d_head", "mamba_n_heads", "mamba_n_groups",
                   "mamba_num_heads", "mamba_head_dim", "mamba_headdim", "mamba_ngroups", "mamba_expand"});
}

/// A schedule without windows leaves their keys without a say, unless no layer list named them.
void pass_windows(const Base& b) {
  b.keys.pass_all({"sliding_window", "sliding_window_size", "window_size", "use_sliding_window", "max_window_layers",
                   "swa_num_attention_heads", "swa_num_key_value_heads", "swa_head_dim", "swa_v_head_dim"});
}

/// What a layer of one kind is made of. `base`: softmax attention as the file's plain keys say; `full`: over
/// everything.
std::vector<Attention> shapes_of(const Base& b, MixerWord word, const Attention& base, const Attention& full) {
  switch (word) {
    case MixerWord::none:
    case MixerWord::compressed:
      return {};
    case MixerWord::full:
      return {full};
    case MixerWord::window:
      return {read_windowed(b, base)};
    case MixerWord::chunk:
      return {read_chunked(b, base)};
    case MixerWord::linear:
      return {read_linear(b)};
    case MixerWord::mamba:
      return {read_state_space(b)};
    case MixerWord::convolution:
      return {read_convolution(b)};
    case MixerWord::gated_unit:
      return {read_gated_unit(b)};
    case MixerWord::sparse:
      return {read_block_sparse(b, base)};
    case MixerWord::cross:
      return {read_cross(b, base)};
    case MixerWord::mamba_and_full:
      return {read_state_space(b), full};
  }
  return {};
}

bool looks_at_tokens(MixerWord word) {
  constexpr std::array softmax{MixerWord::full,   MixerWord::window, MixerWord::chunk,
                               MixerWord::sparse, MixerWord::cross,  MixerWord::mamba_and_full};
  return std::find(softmax.begin(), softmax.end(), word) != softmax.end();
}

}  // namespace

std::vector<std::vector<Attention>> read_mixers(const Base& b, const LayerSchedule& schedule) {
  const std::set<MixerWord> words{schedule.mixers.begin(), schedule.mixers.end()};
  const Attention base = std::any_of(words.begin(), words.end(), looks_at_tokens) ? read_softmax(b) : Attention{};
  const Attention full = read_global(b, base);
  std::map<MixerWord, std::vector<Attention>> shapes;
  for (const MixerWord word : words) shapes.emplace(word, shapes_of(b, word, base, full));
  if (!words.contains(MixerWord::window)) pass_windows(b);
  if (!words.contains(MixerWord::mamba) && !words.contains(MixerWord::mamba_and_full)) pass_state_space(b);
  std::vector<std::vector<Attention>> layers;
  for (const MixerWord word : schedule.mixers) layers.push_back(shapes.at(word));
  if (b.keys.has("dual_chunk_attention_config"))  // Qwen2.5-1M
    b.keys.warn("dual_chunk_attention_config", "positions beyond a chunk are changed; attention counted over all");
  share_caches(b, layers);
  apply_lists(b, layers);
  return layers;
}

}  // namespace teapot
