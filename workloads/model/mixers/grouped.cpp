// Attention with keys and values of each KV head (MHA, GQA, MQA), over the whole cache, a window, chunks, or tokens
// that an indexer chooses. Knows no accelerator.

#include <algorithm>

#include "workloads/model/mixers/parts.hpp"

namespace teapot::grouped_mixer {
namespace {

double values_of_key_and_value(const Attention& a) {
  return a.one_key_value ? a.head_dim : a.head_dim + a.output_dim();
}

/// Tokens it looks at: those of an image where it is cross-attention, else as far back as its window goes.
double rows_of(const Attention& a, double context) { return a.cross > 0 ? a.cross : within_window(a, context); }

/// KV heads of one GPU: split as far as there are any.
double kv_heads(const Attention& a, int shared_by) {
  return std::max(1.0, static_cast<double>(a.kv_heads) / shared_by);
}

double input_width(const Attention& a, double hidden) { return a.input > 0 ? a.input : hidden; }

std::vector<Kernel> projections(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const double m = batch.tokens();
  const double in = input_width(a, model.hidden);
  std::vector<Kernel> kernels = entry_kernels(model, p, m);
  const double heads = static_cast<double>(a.heads) / batch.shared_by;
  const double made = a.borrows_cache || a.cross > 0 ? 0 : kv_heads(a, batch.shared_by) * values_of_key_and_value(a);
  const double queries = heads * a.head_dim;
  if (a.q_rank > 0) {  // Step-3: one narrow query for all heads first
    kernels.push_back(gemm("q_a+kv", p, m, a.q_rank + made, in));
    kernels.push_back(elementwise("norm-split", m, a.q_rank, a.q_rank));
    add_quantisation(kernels, "quantise", p, m, a.q_rank);
    kernels.push_back(gemm("q_b", p, m, queries, a.q_rank));
  } else {
    kernels.push_back(gemm("qkv", p, m, queries + made + heads * a.gate, in));
  }
  if (a.head_norm) kernels.push_back(elementwise("head-norm", m, queries + made / 2, queries + made / 2));
  kernels.push_back(elementwise("rope", m, queries + made, queries + made));
  if (made > 0) kernels.push_back(elementwise("cache-write", m, made, made));
  add_indexer_projections(kernels, model, a.indexer, p, m, a.q_rank > 0 ? a.q_rank : in);
  return kernels;
}

Kernel core_of(const Attention& a, const Precision& p, const Sequences& s, int shared_by) {
  const double heads = static_cast<double>(a.heads) / shared_by;
  const double cached = kv_heads(a, shared_by) * values_of_key_and_value(a);
  const double widths = a.head_dim + a.output_dim();  // scores over the key's, sums over the value's
  const double tokens = s.count * s.new_tokens;
  const double context = s.mean([&](double each) { return a.visible(each); });
  Kernel kernel{"attention-core", "gqa-decode", p.attention.arithmetic, {}, {}, 1, {}};
  kernel.flops = {2 * heads * widths * context * tokens};
  kernel.bytes = s.count * context * activation_bytes(p.kv, 1, cached) + Bytes{tokens * heads * widths * bf16};
  kernel.shape.batch = s.count;
  kernel.shape.context = context;
  kernel.shape.queries = s.new_tokens;
  kernel.shape.heads = heads;
  kernel.shape.kv_heads = kv_heads(a, shared_by);
  kernel.shape.head_dim = a.head_dim;
  return kernel;
}

/// Scores and sums of prompts, computed at once: each new token looks back at what comes before it.
Kernel prompt_core_of(const Attention& a, const Precision& p, const Sequences& s, int shared_by) {
  const double heads = static_cast<double>(a.heads) / shared_by;
  const double cached = kv_heads(a, shared_by) * values_of_key_and_value(a);
  const double widths = a.head_dim + a.output_dim();
  const double before = s.mean([&](double each) { return a.visible(each); });
  const double tokens = s.count * s.new_tokens;
  Kernel kernel{"attention-prompt", "attention-prefill", p.attention.arithmetic, {}, {}, 1, {}};
  kernel.flops = {2 * heads * widths * looked_at(a, s) * tokens};
  kernel.bytes =
      (s.count * before + tokens) * activation_bytes(p.kv, 1, cached) + Bytes{tokens * heads * widths * bf16};
  kernel.shape.batch = s.count;
  kernel.shape.context = before;
  kernel.shape.queries = s.new_tokens;
  kernel.shape.heads = heads;
  kernel.shape.kv_heads = kv_heads(a, shared_by);
  kernel.shape.head_dim = a.head_dim;
  return kernel;
}

std::vector<Kernel> core(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  std::vector<Kernel> kernels;
  for (const Sequences& s : batch.sequences) {
    add_indexer_scores(kernels, a.indexer, p, s, scored(a, s));
    kernels.push_back(s.prompt ? prompt_core_of(a, p, s, batch.shared_by) : core_of(a, p, s, batch.shared_by));
  }
  const double columns = static_cast<double>(a.heads) / batch.shared_by * a.output_dim();
  if (a.gate > 0) kernels.push_back(elementwise("output-gate", batch.tokens(), 2 * columns, columns));
  add_quantisation(kernels, "quantise", p, batch.tokens(), columns);
  kernels.push_back(gemm("o_proj", p, batch.tokens(), model.hidden, columns));
  return kernels;
}

Bytes weights(const Model& model, const Attention& a, const Format& format, int shared_by) {
  double split = attention_parameters(model, a);
  // Each GPU holds one KV head at least.
  if (a.kv_heads < shared_by && !a.borrows_cache) {
    split += input_width(a, model.hidden) * values_of_key_and_value(a) * (shared_by - a.kv_heads);
  }
  return matrices(format, split / shared_by);
}

Bytes kept(const Attention& a, const Format& kv, const Sequences& s, int shared_by) {
  const double rows = s.count * s.mean([&](double each) { return a.kept(each + s.kept_more()); });
  const double tokens =
      a.borrows_cache || a.cross > 0 ? 0 : s.count * s.mean([&](double each) { return each + s.kept_more(); });
  return rows * activation_bytes(kv, 1, values_of_key_and_value(a) * kv_heads(a, shared_by)) +
         tokens * indexer_row(a.indexer);
}

double parameters(const Attention& a, double hidden) {
  const double in = input_width(a, hidden);
  const double queries = static_cast<double>(a.heads) * a.head_dim;
  // Step-3's multi-matrix factorisation (arXiv 2507.19427).
  const double query = a.q_rank > 0 ? in * a.q_rank + a.q_rank * queries : in * queries;
  const double keys = a.borrows_cache ? 0 : in * a.kv_heads * values_of_key_and_value(a);
  const double gate = in * a.heads * a.gate;
  return query + keys + gate + a.heads * a.output_dim() * hidden +
         indexer_parameters(a.indexer, a.q_rank > 0 ? a.q_rank : in, in);
}

double cached_values(const Attention& a) { return a.kv_heads * values_of_key_and_value(a); }

double visible(const Attention& a, double context) { return chosen(a.indexer, rows_of(a, context)); }

double flops(const Attention& a, double seen) { return 2 * (a.head_dim + a.output_dim()) * a.heads * seen; }

double decode_flops(const Attention& a, double context) {
  return flops(a, visible(a, context)) + indexer_flops(a.indexer, context);
}

std::string name(const Attention& a) {
  std::string text = a.kv_heads == a.heads ? "MHA" : a.kv_heads == 1 ? "MQA" : "GQA";
  if (a.indexer.top > 0) text += " + indexer";
  if (a.window > 0) text += a.chunked ? " + chunks" : " + window";
  if (a.cross > 0) text += " over an image";
  return text;
}

const MixerRegistration registration{
    Attention::Kind::grouped,
    {projections, core, weights, kept, parameters, cached_values, visible, rows_of, decode_flops, flops, name}};

}  // namespace
}  // namespace teapot::grouped_mixer
