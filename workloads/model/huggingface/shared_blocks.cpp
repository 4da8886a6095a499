// Zamba2: transformer blocks that several layers share (arXiv 2411.15242), before some of its Mamba-2 layers.
// Knows no other architecture.

#include <fmt/format.h>

#include <cmath>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

/// What each use of a block has of its own: a projection back to the hidden state, and adapters of low rank.
double own_parameters(const Base& b, double width) {
  const Keys& k = b.keys;
  const double h = b.hidden;
  const double rank = k.positive("adapter_rank");
  double sum = h * h;
  if (k.flag_or("use_shared_mlp_adapter", true)) sum += rank * (h + 2 * width);
  if (!k.has("use_shared_attention_adapter"))
    k.assume("use_shared_attention_adapter", "the attention of shared blocks has no adapters");
  if (k.flag_or("use_shared_attention_adapter", false)) sum += 3 * rank * (2 * h + 2 * h);
  return sum;
}

Layer block_of(const Base& b) {
  const Keys& k = b.keys;
  Layer block;
  Attention& a = block.attention;
  a.input = 2 * b.hidden;  // the hidden state beside the embedding
  a.heads = k.positive("num_attention_heads");
  a.kv_heads = k.positive("num_key_value_heads");
  if (a.heads % a.kv_heads != 0) k.fail("num_key_value_heads", fmt::format("must divide the {} heads", a.heads));
  if (a.input % a.heads != 0) k.fail("num_attention_heads", "must divide twice the hidden size");
  a.head_dim = a.input / a.heads;
  if (k.count_or("attention_head_dim", a.head_dim) != a.head_dim)
    k.fail("attention_head_dim", fmt::format("is not twice the hidden size over heads, {}", a.head_dim));
  if (k.count_or("attention_hidden_size", a.input) != a.input)
    k.fail("attention_hidden_size", fmt::format("is not twice the hidden size, {}", a.input));
  const auto width = k.any(names_of_dense_width());
  if (!width || *width == 0) k.fail_none(names_of_dense_width(), "a shared block has a feed-forward");
  block.intermediate = *width;
  return block;
}

}  // namespace

std::vector<Layer> read_shared_blocks(const Base& b, const LayerSchedule& schedule) {
  const Keys& k = b.keys;
  const int blocks = k.positive("num_mem_blocks");
  Layer block = block_of(b);
  Layer own;  // as a feed-forward of as many parameters
  own.attention.kind = Attention::Kind::none;
  own.intermediate = static_cast<int>(std::lround(own_parameters(b, block.intermediate) / (3.0 * b.hidden)));
  Layer mamba;
  mamba.attention = read_state_space(b);
  std::vector<Layer> layers;
  int used = 0;
  for (const MixerWord word : schedule.mixers) {
    if (word == MixerWord::mamba_and_full) {
      block.shares_weights = used++ >= blocks;
      layers.push_back(block);
      layers.push_back(own);
    } else if (word != MixerWord::mamba) {
      k.fail("layers_block_type", "expected \"mamba\" and \"hybrid\" beside num_mem_blocks");
    }
    layers.push_back(mamba);
  }
  if (used < blocks) k.fail("num_mem_blocks", fmt::format("speaks of {} blocks, which {} layers use", blocks, used));
  k.pass_all({"ffn_hidden_size", "num_query_groups", "kv_channels", "hybrid_layer_ids"});
  return layers;
}

}  // namespace teapot
