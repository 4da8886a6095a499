// Multi-head latent attention (MLA, arXiv 2405.04434): one compressed cache for all heads, absorbed into queries and
// values in decoding; over all tokens, or those that an indexer chooses (DeepSeek-V3.2, arXiv 2512.02556).
// Knows no accelerator.

#include "workloads/model/mixers/parts.hpp"

namespace teapot::latent_mixer {
namespace {

/// Tokens whose latent is expanded to keys and values of every head: those of prompts and what is cached before them.
double expanded_tokens(const Attention& a, const Batch& batch) {
  double sum = 0;
  for (const Sequences& s : batch.sequences) {
    if (s.prompt) sum += s.count * (s.new_tokens + s.mean([&](double each) { return a.visible(each); }));
  }
  return sum;
}

std::vector<Kernel> projections(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const double m = batch.tokens();
  const double h = model.hidden;
  std::vector<Kernel> kernels = entry_kernels(model, p, m);
  const double heads = static_cast<double>(a.heads) / batch.shared_by;
  const double latent = a.cached_values();
  const double queries = heads * a.query_dim();
  if (a.q_rank > 0) {
    kernels.push_back(gemm("q_a+kv_a", p, m, a.q_rank + latent, h));
    kernels.push_back(elementwise("norm-split", m, a.q_rank + latent, a.q_rank + latent));
    add_quantisation(kernels, "quantise", p, m, a.q_rank);
    kernels.push_back(gemm("q_b", p, m, queries, a.q_rank));
  } else {
    kernels.push_back(gemm("q+kv_a", p, m, queries + latent, h));
    kernels.push_back(elementwise("norm-split", m, latent, latent));
  }
  if (batch.has(false)) kernels.push_back(batched("absorb-k", p, heads, batch.tokens(false), a.kv_rank, a.nope_dim));
  kernels.push_back(elementwise("rope", m, heads * a.rope_dim + latent, heads * a.rope_dim + latent));
  kernels.push_back(elementwise("cache-write", m, latent, latent));
  add_indexer_projections(kernels, model, a.indexer, p, m, a.q_rank > 0 ? a.q_rank : h);
  return kernels;
}

/// One latent serves all heads, so each GPU reads it whole.
Kernel core_of(const Attention& a, const Precision& p, const Sequences& s, int shared_by) {
  const double heads = static_cast<double>(a.heads) / shared_by;
  const double widths = a.cached_values() + a.kv_rank;  // 576 for scores, 512 for sums
  const double tokens = s.count * s.new_tokens;
  const double context = s.mean([&](double each) { return a.visible(each); });
  Kernel kernel{"attention-core", "mla-decode", p.attention.arithmetic, {}, {}, 1, {}};
  kernel.flops = {2 * heads * widths * context * tokens};
  kernel.bytes =
      s.count * context * activation_bytes(p.kv, 1, a.cached_values()) + Bytes{tokens * heads * widths * bf16};
  kernel.shape.batch = s.count;
  kernel.shape.context = context;
  kernel.shape.queries = s.new_tokens;
  kernel.shape.heads = heads;
  kernel.shape.kv_heads = 1;
  kernel.shape.head_dim = a.head_dim;
  return kernel;
}

/// Prompts are computed with keys and values of every head: 192 wide for scores, 128 for sums in DeepSeek-V3.
Kernel prompt_core_of(const Attention& a, const Precision& p, const Sequences& s, int shared_by) {
  const double heads = static_cast<double>(a.heads) / shared_by;
  const double widths = a.query_dim() + a.value_dim;
  const double seen = looked_at(a, s);
  const double before = s.mean([&](double each) { return a.visible(each); });
  const double tokens = s.count * s.new_tokens;
  Kernel kernel{"attention-prompt", "attention-prefill", p.attention.arithmetic, {}, {}, 1, {}};
  kernel.flops = {2 * heads * widths * seen * tokens};
  // Keys and values, queries and results.
  kernel.bytes = Bytes{(s.count * before + 2 * tokens) * heads * widths * bf16};
  kernel.shape.batch = s.count;
  kernel.shape.context = before;
  kernel.shape.queries = s.new_tokens;
  kernel.shape.heads = heads;
  kernel.shape.kv_heads = heads;
  kernel.shape.head_dim = a.query_dim();
  return kernel;
}

std::vector<Kernel> core(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  std::vector<Kernel> kernels;
  const double heads = static_cast<double>(a.heads) / batch.shared_by;
  if (batch.has(true)) {
    const double expanded = expanded_tokens(a, batch);
    add_quantisation(kernels, "quantise", p, expanded, a.kv_rank);
    kernels.push_back(gemm("kv_b", p, expanded, heads * (a.nope_dim + a.value_dim), a.kv_rank));
    // Each head's key is its own part and the part that all share.
    kernels.push_back(
        elementwise("key-join", expanded, heads * a.nope_dim + a.rope_dim, heads * (a.nope_dim + a.rope_dim)));
  }
  for (const Sequences& s : batch.sequences) {
    add_indexer_scores(kernels, a.indexer, p, s, scored(a, s));
    kernels.push_back(s.prompt ? prompt_core_of(a, p, s, batch.shared_by) : core_of(a, p, s, batch.shared_by));
  }
  if (batch.has(false)) kernels.push_back(batched("absorb-v", p, heads, batch.tokens(false), a.value_dim, a.kv_rank));
  add_quantisation(kernels, "quantise", p, batch.tokens(), heads * a.output_dim());
  kernels.push_back(gemm("o_proj", p, batch.tokens(), model.hidden, heads * a.output_dim()));
  return kernels;
}

/// The way down to the latent is needed whole by each GPU, and so is an indexer.
Bytes weights(const Model& model, const Attention& a, const Format& format, int shared_by) {
  const double h = model.hidden;
  const double whole =
      h * (a.q_rank + a.cached_values()) + indexer_parameters(a.indexer, a.q_rank > 0 ? a.q_rank : h, h);
  return matrices(format, whole + (attention_parameters(model, a) - whole) / shared_by);
}

Bytes kept(const Attention& a, const Format& kv, const Sequences& s, int) {
  const double rows = s.count * s.mean([&](double each) { return a.kept(each + s.kept_more()); });
  const double tokens = s.count * s.mean([&](double each) { return each + s.kept_more(); });
  return rows * activation_bytes(kv, 1, a.cached_values()) + tokens * indexer_row(a.indexer);
}

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
  const std::string text = a.indexer.top > 0 ? "MLA + indexer" : "MLA";
  return a.window > 0 ? text + " + window" : text;
}

const MixerRegistration registration{Attention::Kind::latent,
                                     {projections, core, weights, kept, parameters, cached_values, visible,
                                      within_window, decode_flops, forward_flops, name}};

}  // namespace
}  // namespace teapot::latent_mixer
