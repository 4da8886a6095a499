// Layers named one by one: by letters, by words, by a list that repeats.
// Knows no intervals.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

/// "M*-E" of Nemotron-H: Mamba-2, attention, dense feed-forward, experts; each a layer of its own.
std::optional<LayerSchedule> by_letters(const Base& b) {
  const std::string key = b.keys.which({"hybrid_override_pattern", "hybrid_layer_pattern"});
  if (!b.keys.has(key) || b.keys.is_list(key)) return std::nullopt;
  LayerSchedule s;
  for (const char letter : b.keys.word_or(key, "")) {
    const std::size_t kind = std::string{"M*-E|"}.find(letter);
    if (kind == std::string::npos) b.keys.fail(key, fmt::format("unknown letter '{}' (known: M * - E)", letter));
    if (letter == '|') continue;  // borders of pipeline stages
    s.mixers.push_back(std::vector{MixerWord::mamba, MixerWord::full, MixerWord::none, MixerWord::none}[kind]);
    s.feed.push_back(std::vector{FeedWord::none, FeedWord::none, FeedWord::dense, FeedWord::experts}[kind]);
  }
  return s;
}

const std::map<std::string, MixerWord>& layer_words() {
  static const std::map<std::string, MixerWord> words{{"full_attention", MixerWord::full},
                                                      {"attention", MixerWord::full},
                                                      {"global", MixerWord::full},
                                                      {"global_attention", MixerWord::full},
                                                      {"sliding_attention", MixerWord::window},
                                                      {"sliding_window_attention", MixerWord::window},
                                                      {"local", MixerWord::window},
                                                      {"local_attention", MixerWord::window},
                                                      {"sliding", MixerWord::window},
                                                      {"chunked_attention", MixerWord::chunk},
                                                      {"linear_attention", MixerWord::linear},
                                                      {"linear", MixerWord::linear},
                                                      {"mamba", MixerWord::mamba},
                                                      {"mamba2", MixerWord::mamba},
                                                      {"conv", MixerWord::convolution},
                                                      {"minimax_m3_sparse", MixerWord::sparse},
                                                      {"recurrent", MixerWord::gated_unit},
                                                      {"moe", MixerWord::none},
                                                      {"mlp", MixerWord::none}};
  return words;
}

/// A list of words, one for each layer; "moe" and "mlp" are layers that only feed forward.
LayerSchedule by_words(const Base& b, const std::string& key) {
  LayerSchedule s;
  bool alone = false;
  for (const std::string& word : b.keys.words(key)) {
    const auto found = layer_words().find(word);
    if (word == "hybrid") {  // Zamba2: Mamba with a shared block before it; Falcon-H1: both side by side
      s.mixers.push_back(MixerWord::mamba_and_full);
    } else if (found == layer_words().end()) {
      b.keys.fail(key, fmt::format("unknown kind of layer \"{}\"", word));
    } else {
      s.mixers.push_back(found->second);
    }
    alone = alone || word == "moe" || word == "mlp";
    s.feed.push_back(word == "moe" ? FeedWord::experts : word == "mlp" ? FeedWord::dense : FeedWord::none);
  }
  if (!alone) s.feed.clear();
  return s;
}

/// RecurrentGemma: a short list that repeats over the layers; its attention looks back a window.
LayerSchedule by_blocks(const Base& b, const std::string& key) {
  LayerSchedule s = by_words(b, key);
  const std::vector<MixerWord> pattern = s.mixers;
  for (std::size_t l = pattern.size(); l < static_cast<std::size_t>(b.layers); ++l)
    s.mixers.push_back(pattern[l % pattern.size()]);
  if (s.mixers.size() > static_cast<std::size_t>(b.layers)) s.mixers.resize(static_cast<std::size_t>(b.layers));
  if (!b.keys.has("attention_window_size")) return s;
  std::replace(s.mixers.begin(), s.mixers.end(), MixerWord::full, MixerWord::window);
  return s;
}

}  // namespace

std::optional<LayerSchedule> schedule_in_words(const Base& b) {
  if (auto letters = by_letters(b)) return letters;
  const Keys& k = b.keys;
  for (const char* key : {"layers_block_type", "layer_types"}) {
    if (k.has(key) && !k.words(key).empty()) return by_words(b, key);
  }
  for (const char* key : {"block_types", "_block_types"}) {
    if (k.has(key) && k.words(key).empty()) k.fail(key, "names no layer");
    if (k.has(key) && !k.words(key).empty()) return by_blocks(b, key);
  }
  return std::nullopt;
}

}  // namespace teapot
