// Attention with keys and values of each KV head (MHA, GQA, MQA), over the whole cache or a window of it.
// Knows no accelerator.

#include <algorithm>

#include "workloads/model/kernels.hpp"
#include "workloads/model/mixer.hpp"

namespace teapot {
namespace {

/// KV heads of one GPU: split as far as there are any.
double kv_heads(const Attention& a, int shared_by) {
  return std::max(1.0, static_cast<double>(a.kv_heads) / shared_by);
}

std::vector<Kernel> projections(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const double m = batch.tokens();
  const double h = model.hidden;
  std::vector<Kernel> kernels{elementwise("norm", m, 2 * h, h)};  // adds the residual on the way
  add_quantisation(kernels, "quantise", p, m, h);
  const double heads = static_cast<double>(a.heads) / batch.shared_by;
  const double columns = (heads + 2 * kv_heads(a, batch.shared_by)) * a.head_dim;
  kernels.push_back(gemm("qkv", p, m, columns, h));
  kernels.push_back(elementwise("rope", m, columns, columns));
  return kernels;
}

Kernel core_of(const Attention& a, const Precision& p, const Sequences& s, int shared_by) {
  const double heads = static_cast<double>(a.heads) / shared_by;
  const double cached = 2 * kv_heads(a, shared_by) * a.head_dim;
  const double widths = 2.0 * a.head_dim;  // scores over the key's, sums over the value's
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

std::vector<Kernel> core(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  std::vector<Kernel> kernels;
  for (const Sequences& s : batch.sequences) kernels.push_back(core_of(a, p, s, batch.shared_by));
  const double columns = static_cast<double>(a.heads) / batch.shared_by * a.output_dim();
  add_quantisation(kernels, "quantise", p, batch.tokens(), columns);
  kernels.push_back(gemm("o_proj", p, batch.tokens(), model.hidden, columns));
  return kernels;
}

Bytes weights(const Model& model, const Attention& a, const Format& format, int shared_by) {
  double split = attention_parameters(model, a);
  // Each GPU holds one KV head at least.
  if (a.kv_heads < shared_by) split += 2.0 * model.hidden * a.head_dim * (shared_by - a.kv_heads);
  return matrices(format, split / shared_by);
}

Bytes kept(const Attention& a, const Format& kv, const Sequences& s, int shared_by) {
  const double tokens = s.count * s.mean([&](double each) { return a.visible(each); });
  return tokens * activation_bytes(kv, 1, 2.0 * a.head_dim * kv_heads(a, shared_by));
}

const MixerRegistration registration{Attention::Kind::grouped, {projections, core, weights, kept}};

}  // namespace
}  // namespace teapot
