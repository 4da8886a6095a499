// Flops and bytes of each kernel of a layer.
// Knows no accelerator.

#include "workloads/step/layer_kernels.hpp"

#include <algorithm>

namespace teapot {
namespace {

constexpr double bf16 = 2;  // bytes; what kernels hand to each other between matrix products

Kernel gemm(const std::string& name, const Precision& p, double m, double n, double k) {
  // Sparse weights (2:4) are multiplied at twice the speed: half of the products are left out.
  Kernel kernel{name, "gemm", p.activations.arithmetic, {2 * m * n * k * p.weights.density}, {}, 1, {}};
  kernel.bytes = activation_bytes(p.activations, m, k) + weight_bytes(p.weights, n, k) + Bytes{m * n * bf16};
  kernel.shape.m = m;
  kernel.shape.n = n;
  kernel.shape.k = k;
  return kernel;
}

/// `matrices` products of m x k by k x n, one for each head; weights and values in the format of attention.
Kernel batched(const std::string& name, const Precision& p, double matrices, double m, double n, double k) {
  Kernel kernel{name, "batched-gemm", p.attention.arithmetic, {2 * matrices * m * n * k}, {}, 1, {}};
  kernel.bytes = matrices * (activation_bytes(p.attention, m, k) + weight_bytes(p.attention, n, k)) +
                 Bytes{matrices * m * n * bf16};
  kernel.shape.m = m;
  kernel.shape.n = n;
  kernel.shape.k = k;
  kernel.shape.groups = matrices;
  return kernel;
}

/// Reads and writes so many numbers of two bytes for each of m rows.
Kernel elementwise(const std::string& name, double m, double values_read, double values_written) {
  Kernel kernel{name, "elementwise", "bf16", {m * values_read}, {m * (values_read + values_written) * bf16}, 1, {}};
  kernel.shape.m = m;
  kernel.shape.n = values_written;
  kernel.shape.k = values_read;
  return kernel;
}

/// Turns BF16 activations into those the next matrix product wants; nothing where they are BF16 already.
void add_quantisation(std::vector<Kernel>& kernels, const std::string& name, const Precision& p, double m,
                      double values) {
  if (p.activations.bits >= 16) return;
  Kernel kernel = elementwise(name, m, values, 0);
  kernel.bytes += activation_bytes(p.activations, m, values);
  kernels.push_back(kernel);
}

Kernel core(const Attention& a, const Precision& p, const Batch& batch) {
  const bool latent = a.kind == Attention::Kind::latent;
  const double heads = static_cast<double>(a.heads) / batch.shared_by;
  // One latent serves all heads, so each GPU keeps it whole; KV heads are split as far as there are any.
  const double kv_heads = latent ? 1 : std::max(1.0, static_cast<double>(a.kv_heads) / batch.shared_by);
  const double cached = latent ? a.cached_values() : 2 * kv_heads * a.head_dim;
  // Scores over the key's width, sums over the value's: 576 and 512 for MLA's latent, head_dim both for the others.
  const double widths = latent ? a.cached_values() + a.kv_rank : 2.0 * a.head_dim;
  Kernel kernel{"attention-core", latent ? "mla-decode" : "gqa-decode", p.attention.arithmetic, {}, {}, 1, {}};
  kernel.flops = {2 * heads * widths * batch.context * batch.tokens()};
  kernel.bytes = batch.requests * batch.context * activation_bytes(p.kv, 1, cached) +
                 Bytes{batch.tokens() * heads * widths * bf16};
  kernel.shape.batch = batch.requests;
  kernel.shape.context = batch.context;
  kernel.shape.queries = batch.queries;
  kernel.shape.heads = heads;
  kernel.shape.kv_heads = kv_heads;
  kernel.shape.head_dim = a.head_dim;
  return kernel;
}

}  // namespace

std::vector<Kernel> projection_kernels(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const double m = batch.tokens();
  const double h = model.hidden;
  const double heads = static_cast<double>(a.heads) / batch.shared_by;
  std::vector<Kernel> kernels{elementwise("norm", m, 2 * h, h)};  // adds the residual on the way
  add_quantisation(kernels, "quantise", p, m, h);
  if (a.kind == Attention::Kind::grouped) {
    const double kv_heads = std::max(1.0, static_cast<double>(a.kv_heads) / batch.shared_by);
    const double columns = (heads + 2 * kv_heads) * a.head_dim;
    kernels.push_back(gemm("qkv", p, m, columns, h));
    kernels.push_back(elementwise("rope", m, columns, columns));
    return kernels;
  }
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

std::vector<Kernel> attention_kernels(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const double heads = static_cast<double>(a.heads) / batch.shared_by;
  const double columns = heads * a.output_dim();
  std::vector<Kernel> kernels{core(a, p, batch)};
  if (a.kind == Attention::Kind::latent) {
    kernels.push_back(batched("absorb-v", p, heads, batch.tokens(), a.value_dim, a.kv_rank));
  }
  add_quantisation(kernels, "quantise", p, batch.tokens(), columns);
  kernels.push_back(gemm("o_proj", p, batch.tokens(), model.hidden, columns));
  return kernels;
}

Kernel norm_kernel(const Model& model, double tokens) {
  return elementwise("norm", tokens, 2.0 * model.hidden, model.hidden);
}

std::vector<Kernel> gate_kernels(const Model& model, double tokens) {
  // The gate stays in BF16 whatever the weights are (arXiv 2412.19437, section 3.3.1).
  const Precision plain{format("bf16"), format("bf16"), format("bf16"), format("bf16"), 0, {}, {}};
  return {norm_kernel(model, tokens), gemm("router", plain, tokens, model.experts.routed, model.hidden),
          elementwise("top-k", tokens, model.experts.routed, 2.0 * model.experts.top_k)};
}

std::vector<Kernel> feed_forward_kernels(const std::string& name, const Model& model, const Precision& p,
                                         double intermediate, double tokens, int shared_by) {
  const double width = intermediate / shared_by;
  const double up = model.gated ? 2 * width : width;
  std::vector<Kernel> kernels;
  add_quantisation(kernels, "quantise", p, tokens, model.hidden);
  kernels.push_back(gemm(name + "-up", p, tokens, up, model.hidden));
  kernels.push_back(elementwise(name + "-activation", tokens, up, width));
  kernels.push_back(gemm(name + "-down", p, tokens, model.hidden, width));
  return kernels;
}

std::vector<Kernel> expert_kernels(const Model& model, const Precision& p, double tokens, double active,
                                   int shared_by) {
  const double width = static_cast<double>(model.experts.intermediate) / shared_by;
  const double up = model.gated ? 2 * width : width;
  const auto grouped = [&](const char* name, double n, double k) {
    Kernel kernel = gemm(name, p, tokens, n, k);
    kernel.kind = "grouped-gemm";
    kernel.bytes =
        activation_bytes(p.activations, tokens, k) + active * weight_bytes(p.weights, n, k) + Bytes{tokens * n * bf16};
    kernel.shape.groups = active;
    return kernel;
  };
  return {grouped("experts-up", up, model.hidden), elementwise("experts-activation", tokens, up, width),
          grouped("experts-down", model.hidden, width)};
}

std::vector<Kernel> head_kernels(const Model& model, double tokens, int shared_by) {
  const Precision plain{format("bf16"), format("bf16"), format("bf16"), format("bf16"), 0, {}, {}};
  const double columns = static_cast<double>(model.vocabulary) / shared_by;
  return {norm_kernel(model, tokens), gemm("head", plain, tokens, columns, model.hidden),
          elementwise("sample", tokens, columns, 1)};
}

std::vector<Kernel> mtp_entry_kernels(const Model& model, const Precision& p, double tokens) {
  std::vector<Kernel> kernels{elementwise("norm", tokens, 2.0 * model.hidden, 2.0 * model.hidden)};
  add_quantisation(kernels, "quantise", p, tokens, 2.0 * model.hidden);
  kernels.push_back(gemm("mtp-join", p, tokens, model.hidden, 2.0 * model.hidden));
  return kernels;
}

}  // namespace teapot
