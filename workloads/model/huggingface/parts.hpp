#pragma once
// The parts of a config.json that are read one by one, and put together in huggingface.cpp.
// Knows nothing of how a model is used.

#include <optional>
#include <string>
#include <vector>

#include "workloads/model/huggingface/families.hpp"
#include "workloads/model/huggingface/keys.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

/// What the parts of the language model share.
struct Base {
  const Keys& keys;
  const Family& family;
  int hidden = 0;
  int layers = 0;
  int image_tokens = 0;  ///< of one image with as many tiles as it may have; 0: the file does not say
};

/// What mixes tokens in a layer, and what feeds forward after it, before shapes are read.
enum class MixerWord {
  none,
  full,
  window,
  chunk,
  linear,
  mamba,
  convolution,
  gated_unit,
  sparse,
  cross,
  mamba_and_full,
  compressed
};
enum class FeedWord { none, dense, experts };

/// The mixer of every layer; what feeds forward too where one key says both (`feed` stays empty otherwise).
struct LayerSchedule {
  std::vector<MixerWord> mixers;
  std::vector<FeedWord> feed;
};

int hidden_size(const Keys& keys);
int layer_count(const Keys& keys);

LayerSchedule read_schedule(const Base& base);
/// Where a text of letters or a list of words names each layer; nothing where there is none.
std::optional<LayerSchedule> schedule_in_words(const Base& base);
/// Mixers by layer, in the order of the schedule; a layer with two of them has two entries.
std::vector<std::vector<Attention>> read_mixers(const Base& base, const LayerSchedule& schedule);
Attention read_softmax(const Base& base);
Attention read_linear(const Base& base);
Attention read_state_space(const Base& base);
Attention read_convolution(const Base& base);
Attention read_gated_unit(const Base& base);
/// Block-sparse attention of MiniMax-M3: an indexer that chooses blocks.
Attention read_block_sparse(const Base& base, Attention attention);
/// Lists that give each layer its own heads, KV heads or gate.
void apply_lists(const Base& base, std::vector<std::vector<Attention>>& layers);
std::vector<Attention> read_compressed(const Base& base);
/// Layers of a model whose blocks are shared between layers (Zamba2).
std::vector<Layer> read_shared_blocks(const Base& base, const LayerSchedule& schedule);

Experts read_experts(const Base& base);
/// Keys that say how wide a dense feed-forward is.
const std::vector<std::string>& names_of_dense_width();
/// Keys that say in which order experts and dense feed-forwards stand.
const std::vector<std::string>& names_of_order();
/// What a key says of the experts that text meets: ERNIE-4.5-VL writes two numbers, the second of those for images.
/// Nothing where the key is not there.
std::optional<int> of_text(const Keys& keys, const std::string& key);
std::vector<FeedWord> read_feed(const Base& base, const Experts& experts);
/// Matrices of a feed-forward: 3 with a gate, 2 without.
int feed_forward_matrices(const Base& base);
/// Width of each layer's dense feed-forward; 0 where the file has none.
std::vector<int> dense_widths(const Base& base, const Experts& experts);

/// Formats by kind of matrix, from quantization_config and what goes by its name elsewhere.
WeightFormats read_formats(const Keys& top, const Keys& text, const Model& model);
/// Parameters of what sees or hears; 0 where there is nothing, or nothing that can be counted.
double encoder_parameters(const Keys& top, bool multimodal);
/// Rows that a cross-attention layer keeps of one image; 0 where its vision_config does not say.
int image_tokens(const Keys& top);
/// Parameters of experts that only images meet (ERNIE-4.5-VL), in one layer.
double image_expert_parameters(const Base& base);

/// Keys that are known and whose say was taken elsewhere, or that say what no figure needs.
void pass_known(const Keys& keys);
/// The same for keys of a quantization_config: how it was made, not what it takes.
void pass_quantisation_details(const Keys& keys);
/// Throws ConfigError at a key that stands for what is not modelled.
void refuse_what_is_not_modelled(const Base& base);

/// Warnings where a key that every file of the family has is missing, or one is a stranger to it.
void check_expected(const Base& base);

/// Warnings where the figures are not those that the model's name or model.safetensors.index.json beside it say.
void check_against_name(const Model& model, const std::string& file, const Keys& keys);
void check_against_index(const Model& model, const std::string& file, const Keys& keys);

}  // namespace teapot
