// Kernels and figures that several kinds share.
// Knows no kind.

#include "workloads/model/mixers/parts.hpp"

#include <algorithm>

namespace teapot {

double within_window(const Attention& a, double context) {
  return a.window > 0 && a.window < context ? a.window : context;
}

double looked_at(const Attention& a, const Sequences& s) {
  if (a.cross > 0) return a.cross;
  // A chunk that starts anew holds half of itself in the mean.
  const double window = a.chunked ? a.window / 2.0 : a.window;
  const double top = a.indexer.top;
  const double most = window > 0 && top > 0 ? std::min(window, top) : std::max(window, top);
  return s.mean([&](double each) { return causal_mean(each, s.new_tokens, most); });
}

double scored(const Attention& a, const Sequences& s) {
  // MLA's indexer has no window; the others' scores keep to theirs.
  const bool whole = a.kind == Attention::Kind::latent;
  if (s.prompt) return s.mean([&](double each) { return causal_mean(each, s.new_tokens, whole ? 0 : a.window); });
  return s.mean([&](double each) { return whole ? each : within_window(a, each); });
}

std::vector<Kernel> entry_kernels(const Model& model, const Precision& p, double tokens) {
  const double h = model.hidden;
  std::vector<Kernel> kernels{elementwise("norm", tokens, 2 * h, h)};  // adds the residual on the way
  add_quantisation(kernels, "quantise", p, tokens, h);
  return kernels;
}

double indexer_parameters(const Indexer& indexer, double query, double hidden) {
  if (indexer.top == 0) return 0;
  return query * indexer.heads * indexer.dim + hidden * (indexer.dim + indexer.heads);  // queries; key and head weights
}

double chosen(const Indexer& indexer, double rows) {
  return indexer.top > 0 ? std::min<double>(indexer.top, rows) : rows;
}

double indexer_flops(const Indexer& indexer, double rows) {
  return indexer.top > 0 ? 2.0 * indexer.heads * indexer.dim * rows : 0;
}

Bytes indexer_row(const Indexer& indexer) {
  if (indexer.top == 0) return {};
  return {indexer.plain_keys ? bf16 * indexer.dim : indexer.dim + 4.0};
}

void add_indexer_projections(std::vector<Kernel>& kernels, const Model& model, const Indexer& indexer,
                             const Precision& p, double tokens, double query) {
  if (indexer.top == 0) return;
  kernels.push_back(gemm("index-q", p, tokens, static_cast<double>(indexer.heads) * indexer.dim, query));
  kernels.push_back(gemm("index-k", p, tokens, indexer.dim + indexer.heads, model.hidden));
}

void add_indexer_scores(std::vector<Kernel>& kernels, const Indexer& indexer, const Precision& p, const Sequences& s,
                        double rows) {
  if (indexer.top == 0) return;
  const double tokens = s.count * s.new_tokens;
  Kernel scores{"index-scores", "gqa-decode", p.attention.arithmetic, {}, {}, 1, {}};
  scores.flops = {indexer_flops(indexer, rows) * tokens};
  scores.bytes = s.count * rows * indexer_row(indexer) + Bytes{tokens * rows * 4};  // a score of FP32 for each key
  scores.shape.batch = s.count;
  scores.shape.context = rows;
  scores.shape.queries = s.new_tokens;
  kernels.push_back(scores);
  kernels.push_back(elementwise("index-choice", tokens, 2 * rows, 2.0 * indexer.top));  // reads those scores
}

Kernel recurrence_kernel(const Attention& a, const Sequences& s, double values, double channels,
                         double flops_per_token) {
  const double tokens = s.count * s.new_tokens;
  Kernel kernel = elementwise("recurrence", tokens, channels, channels);
  kernel.flops = {tokens * flops_per_token};
  kernel.bytes += Bytes{2 * s.count * values * a.recurrence.state_bytes};
  return kernel;
}

Bytes kept_states(const Attention& a, const Format&, const Sequences& s, int shared_by) {
  return s.count * state_bytes(a) / shared_by;
}

double no_rows(const Attention&, double) { return 0; }
double no_values(const Attention&) { return 0; }

Bytes split_weights(const Model& model, const Attention& a, const Format& format, int shared_by) {
  return matrices(format, attention_parameters(model, a) / shared_by);
}

}  // namespace teapot
