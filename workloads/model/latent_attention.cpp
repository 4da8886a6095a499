// Multi-head latent attention (MLA): one compressed cache for all heads, absorbed into queries and values in decoding.
// Knows no accelerator.

#include "workloads/model/kernels.hpp"
#include "workloads/model/mixer.hpp"

namespace teapot {
namespace {

std::vector<Kernel> projections(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const double m = batch.tokens();
  const double h = model.hidden;
  std::vector<Kernel> kernels{elementwise("norm", m, 2 * h, h)};  // adds the residual on the way
  add_quantisation(kernels, "quantise", p, m, h);
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
  kernels.push_back(batched("absorb-k", p, heads, m, a.kv_rank, a.nope_dim));
  kernels.push_back(elementwise("rope", m, heads * a.rope_dim + latent, heads * a.rope_dim + latent));
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

std::vector<Kernel> core(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  std::vector<Kernel> kernels;
  for (const Sequences& s : batch.sequences) kernels.push_back(core_of(a, p, s, batch.shared_by));
  const double heads = static_cast<double>(a.heads) / batch.shared_by;
  kernels.push_back(batched("absorb-v", p, heads, batch.tokens(), a.value_dim, a.kv_rank));
  add_quantisation(kernels, "quantise", p, batch.tokens(), heads * a.output_dim());
  kernels.push_back(gemm("o_proj", p, batch.tokens(), model.hidden, heads * a.output_dim()));
  return kernels;
}

/// The way down to the latent is needed whole by each GPU.
Bytes weights(const Model& model, const Attention& a, const Format& format, int shared_by) {
  const double whole = static_cast<double>(model.hidden) * (a.q_rank + a.cached_values());
  return matrices(format, whole + (attention_parameters(model, a) - whole) / shared_by);
}

Bytes kept(const Attention& a, const Format& kv, const Sequences& s, int) {
  const double tokens = s.count * s.mean([&](double each) { return a.visible(each); });
  return tokens * activation_bytes(kv, 1, a.cached_values());
}

const MixerRegistration registration{Attention::Kind::latent, {projections, core, weights, kept}};

}  // namespace
}  // namespace teapot
