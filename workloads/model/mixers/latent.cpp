// Multi-head latent attention (arXiv 2405.04434), with or without an indexer that chooses the tokens it reads
// (DeepSeek-V3.2, arXiv 2512.02556). Knows no layer and no model.

#include "workloads/model/mixers/mixer.hpp"

namespace teapot {
namespace {

double parameters(const Attention& a, double h) {
  const double query = a.q_rank > 0 ? h * a.q_rank + a.q_rank * a.heads * a.query_dim() : h * a.heads * a.query_dim();
  return query + h * (a.kv_rank + a.rope_dim) + static_cast<double>(a.kv_rank) * a.heads * (a.nope_dim + a.value_dim) +
         a.heads * a.output_dim() * h + h * a.heads * a.gate +
         indexer_parameters(a.indexer, a.q_rank > 0 ? a.q_rank : h, h);
}

double cached_values(const Attention& a) { return a.kv_rank + a.rope_dim; }

double visible(const Attention& a, double context) { return chosen(a.indexer, within_window(a, context)); }

double decode_flops(const Attention& a, double context) {
  return 2 * (cached_values(a) + a.kv_rank) * a.heads * visible(a, context) + indexer_flops(a.indexer, context);
}

double forward_flops(const Attention& a, double seen) { return 2 * (a.query_dim() + a.output_dim()) * a.heads * seen; }

std::string name(const Attention& a) {
  std::string text = a.indexer.top > 0 ? "MLA + indexer" : "MLA";
  return a.window > 0 ? text + " + window" : text;
}

}  // namespace

const Mixer latent_mixer{parameters, cached_values, visible, within_window, decode_flops, forward_flops, name};

}  // namespace teapot
