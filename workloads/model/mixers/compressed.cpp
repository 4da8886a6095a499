// DeepSeek-V4's attention: one key-value row for all heads, the last tokens as they are and earlier ones pooled, a row
// for each `compression` of them; with an indexer (CSA) or without (HCA). Shapes from the published configuration and
// transformers' modelling code of deepseek_v4. Knows no accelerator.

#include <algorithm>

#include "workloads/model/mixers/parts.hpp"

namespace teapot::compressed_mixer {
namespace {

double pooled(const Attention& a, double context) { return a.compression > 0 ? context / a.compression : 0; }

/// Pooling takes a value and a weight; where an indexer chooses, windows overlap and both are twice as wide.
double compressor_columns(double dim, bool overlaps) { return dim * 2 * (overlaps ? 2 : 1); }

double pooling_columns(const Attention& a) {
  double columns = a.compression > 0 ? compressor_columns(a.head_dim, a.indexer.top > 0) : 0;
  if (a.indexer.top > 0) columns += compressor_columns(a.indexer.dim, true) + a.indexer.heads;
  return columns;
}

double index_queries(const Attention& a) {
  return a.indexer.top > 0 ? static_cast<double>(a.indexer.heads) * a.indexer.dim : 0;
}

std::vector<Kernel> projections(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const double m = batch.tokens();
  std::vector<Kernel> kernels = entry_kernels(model, p, m);
  const double queries = static_cast<double>(a.heads) / batch.shared_by * a.head_dim;
  const double down = a.q_rank + a.head_dim + pooling_columns(a);
  kernels.push_back(gemm("q_a+kv+pool", p, m, down, model.hidden));
  kernels.push_back(elementwise("norm-split", m, down, down));
  add_quantisation(kernels, "quantise", p, m, a.q_rank);
  kernels.push_back(gemm("q_b", p, m, queries, a.q_rank));
  if (a.indexer.top > 0) kernels.push_back(gemm("index-q", p, m, index_queries(a), a.q_rank));
  kernels.push_back(elementwise("rope", m, queries + a.head_dim, queries + a.head_dim));
  return kernels;
}

Kernel core_of(const Attention& a, const Precision& p, const Sequences& s, int shared_by) {
  const double heads = static_cast<double>(a.heads) / shared_by;
  const double tokens = s.count * s.new_tokens;
  const double rows = s.mean([&](double each) { return a.visible(each); });
  Kernel kernel{"attention-core", "mla-decode", p.attention.arithmetic, {}, {}, 1, {}};
  kernel.flops = {2 * heads * 2.0 * a.head_dim * rows * tokens};
  kernel.bytes = s.count * rows * activation_bytes(p.kv, 1, a.head_dim) + Bytes{tokens * heads * 2 * a.head_dim * bf16};
  kernel.shape.batch = s.count;
  kernel.shape.context = rows;
  kernel.shape.queries = s.new_tokens;
  kernel.shape.heads = heads;
  kernel.shape.kv_heads = 1;
  kernel.shape.head_dim = a.head_dim;
  return kernel;
}

std::vector<Kernel> core(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  std::vector<Kernel> kernels;
  const double m = batch.tokens();
  for (const Sequences& s : batch.sequences) {
    add_indexer_scores(kernels, a.indexer, p, s, s.mean([&](double each) { return pooled(a, each); }));
    kernels.push_back(core_of(a, p, s, batch.shared_by));
  }
  const double groups = std::max(1.0, static_cast<double>(a.o_groups) / batch.shared_by);
  const double in_group = static_cast<double>(a.heads) * a.head_dim / a.o_groups;
  kernels.push_back(batched("o_a", p, groups, m, a.o_rank, in_group));
  add_quantisation(kernels, "quantise", p, m, groups * a.o_rank);
  kernels.push_back(gemm("o_b", p, m, model.hidden, groups * a.o_rank));
  return kernels;
}

/// What makes the narrow query, rows and the indexer's keys is needed whole by each GPU.
Bytes weights(const Model& model, const Attention& a, const Format& format, int shared_by) {
  const double whole =
      model.hidden * (a.q_rank + a.head_dim + pooling_columns(a)) + static_cast<double>(a.q_rank) * index_queries(a);
  return matrices(format, whole + (attention_parameters(model, a) - whole) / shared_by);
}

Bytes kept(const Attention& a, const Format& kv, const Sequences& s, int) {
  const double rows = s.count * s.mean([&](double each) { return a.kept(each); });
  const double keys = s.count * s.mean([&](double each) { return pooled(a, each); });
  return rows * activation_bytes(kv, 1, a.head_dim) + keys * indexer_row(a.indexer);
}

double parameters(const Attention& a, double h) {
  const double queries = static_cast<double>(a.heads) * a.head_dim;
  // The output in groups of heads, each to o_rank values, and those together to the hidden size.
  const double output = queries * a.o_rank + static_cast<double>(a.o_groups) * a.o_rank * h;
  return h * (a.q_rank + a.head_dim + pooling_columns(a)) + a.q_rank * (queries + index_queries(a)) + output;
}

double cached_values(const Attention& a) { return a.head_dim; }

double visible(const Attention& a, double context) {
  return within_window(a, context) + chosen(a.indexer, pooled(a, context));
}

double rows(const Attention& a, double context) { return within_window(a, context) + pooled(a, context); }

double core_flops(const Attention& a, double seen) { return 2 * 2.0 * a.head_dim * a.heads * visible(a, seen); }

double decode_flops(const Attention& a, double context) {
  return core_flops(a, context) + indexer_flops(a.indexer, pooled(a, context));
}

std::string name(const Attention& a) {
  if (a.compression == 0) return "MQA + window";
  return a.indexer.top > 0 ? "compressed sparse" : "heavily compressed";
}

const MixerRegistration registration{
    Attention::Kind::compressed,
    {projections, core, weights, kept, parameters, cached_values, visible, rows, decode_flops, core_flops, name}};

}  // namespace
}  // namespace teapot::compressed_mixer
