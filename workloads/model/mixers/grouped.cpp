// Attention with keys and values of each KV head: MHA, GQA, MQA; full, with a window, or in chunks.
// Knows no layer and no model.

#include "workloads/model/mixers/mixer.hpp"

namespace teapot {
namespace {

double values_of_key_and_value(const Attention& a) {
  return a.one_key_value ? a.head_dim : a.head_dim + a.output_dim();
}

double parameters(const Attention& a, double hidden) {
  const double in = a.input > 0 ? a.input : hidden;
  const double queries = static_cast<double>(a.heads) * a.head_dim;
  // Step-3's multi-matrix factorisation: one narrow query for all heads (arXiv 2507.19427).
  const double query = a.q_rank > 0 ? in * a.q_rank + a.q_rank * queries : in * queries;
  const double keys = a.borrows_cache ? 0 : in * a.kv_heads * values_of_key_and_value(a);
  const double gate = in * a.heads * a.gate;
  return query + keys + gate + a.heads * a.output_dim() * hidden +
         indexer_parameters(a.indexer, a.q_rank > 0 ? a.q_rank : in, in);
}

double cached_values(const Attention& a) { return a.kv_heads * values_of_key_and_value(a); }

double visible(const Attention& a, double context) { return chosen(a.indexer, within_window(a, context)); }

double flops(const Attention& a, double seen) { return 2 * (a.head_dim + a.output_dim()) * a.heads * seen; }

double decode_flops(const Attention& a, double context) {
  return flops(a, visible(a, context)) + indexer_flops(a.indexer, context);
}

std::string name(const Attention& a) {
  std::string text = a.kv_heads == a.heads ? "MHA" : a.kv_heads == 1 ? "MQA" : "GQA";
  if (a.indexer.top > 0) text += " + indexer";
  if (a.window > 0) text += a.chunked ? " + chunks" : " + window";
  return text;
}

}  // namespace

const Mixer grouped_mixer{parameters, cached_values, visible, within_window, decode_flops, flops, name};

}  // namespace teapot
