// Which models a decode step can run: those whose layers have kernels.
// Knows no kernel.

#include <algorithm>

#include "workloads/model/model.hpp"

namespace teapot {
namespace {

std::string unknown_mixer(const Attention& a) {
  if (a.recurrent()) return attention_name(a) + " layers";
  if (a.kind == Attention::Kind::compressed) return "compressed attention";
  if (a.indexer.top > 0) return "an indexer";
  if (a.borrows_cache || a.one_key_value || a.input > 0) return "shared keys and values";
  if (a.kind == Attention::Kind::grouped && (a.gate > 0 || a.q_rank > 0 || a.value_dim > 0))
    return "gated or factorised attention";
  return "";
}

}  // namespace

std::string unknown_to_a_step(const Model& model) {
  for (const Layer& layer : model.layers) {
    if (!layer.attention.mixes() || !layer.feeds_forward()) return "layers that only mix or only feed forward";
    if (const std::string mixer = unknown_mixer(layer.attention); !mixer.empty()) return mixer;
    if (!layer.experts && layer.intermediate != model.intermediate) return "dense layers of different widths";
  }
  if (model.experts.zero > 0) return "choices that compute nothing";
  return model.experts.latent > 0 ? "experts of a latent width" : "";
}

}  // namespace teapot
