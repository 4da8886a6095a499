// DeepSeek-V4's attention: one key-value row for all heads, the last tokens as they are and earlier ones pooled, a row
// for each `compression` of them; with an indexer (CSA) or without (HCA). Shapes from the published configuration and
// transformers' modelling code of deepseek_v4. Knows no layer and no model.

#include <algorithm>

#include "workloads/model/mixers/mixer.hpp"

namespace teapot {
namespace {

double pooled(const Attention& a, double context) { return a.compression > 0 ? context / a.compression : 0; }

/// Pooling takes a value and a weight; where an indexer chooses, windows overlap and both are twice as wide.
double compressor(double hidden, double dim, bool overlaps) { return hidden * dim * 2 * (overlaps ? 2 : 1); }

double parameters(const Attention& a, double h) {
  const double queries = static_cast<double>(a.heads) * a.head_dim;
  const double query = a.q_rank > 0 ? h * a.q_rank + a.q_rank * queries : h * queries;
  // The output in groups of heads, each to o_rank values, and those together to the hidden size.
  const double output = queries * a.o_rank + static_cast<double>(a.o_groups) * a.o_rank * h;
  double sum = query + h * a.head_dim + output;
  if (a.compression > 0) sum += compressor(h, a.head_dim, a.indexer.top > 0);
  if (a.indexer.top > 0) {
    sum += static_cast<double>(a.q_rank) * a.indexer.heads * a.indexer.dim + h * a.indexer.heads +
           compressor(h, a.indexer.dim, true);
  }
  return sum;
}

double cached_values(const Attention& a) { return a.head_dim; }

double visible(const Attention& a, double context) {
  return within_window(a, context) + chosen(a.indexer, pooled(a, context));
}

double kept(const Attention& a, double context) { return within_window(a, context) + pooled(a, context); }

double core(const Attention& a, double seen) { return 2 * 2.0 * a.head_dim * a.heads * visible(a, seen); }

double decode_flops(const Attention& a, double context) {
  return core(a, context) + indexer_flops(a.indexer, pooled(a, context));
}

std::string name(const Attention& a) {
  if (a.compression == 0) return "MQA + window";
  return a.indexer.top > 0 ? "compressed sparse" : "heavily compressed";
}

}  // namespace

const Mixer compressed_mixer{parameters, cached_values, visible, kept, decode_flops, core, name};

}  // namespace teapot
