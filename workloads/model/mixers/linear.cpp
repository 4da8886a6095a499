// Linear attention: a matrix for each head that is decayed, written and read by every token. Gated DeltaNet of
// Qwen3-Next, Kimi Delta Attention (arXiv 2510.26692), Lightning Attention of MiniMax-01. Knows no accelerator.

#include "workloads/model/mixers/parts.hpp"

namespace teapot::linear_mixer {
namespace {

double keys(const Recurrence& r) { return static_cast<double>(r.key_heads) * r.key_dim; }

/// Strength and decay of each head, a product of its own where both come from the hidden state (Qwen3-Next's
/// in_proj_ba).
double head_gates(const Recurrence& r) {
  return r.rule == Recurrence::Rule::delta && r.gate_rank == 0 ? 2.0 * r.value_heads : 0;
}

/// Columns of the product with the hidden state: query, key, value, output gate, and a strength of each head.
double columns(const Recurrence& r) {
  double sum = 2 * keys(r) + r.inner();
  if (r.gate && r.gate_rank == 0) sum += r.inner();
  if (r.rule == Recurrence::Rule::delta && r.gate_rank > 0) sum += r.value_heads;
  return sum;
}

double state(const Recurrence& r) { return r.inner() * r.key_dim; }

/// Multiply-adds with the state: write and read, and under the delta rule what is erased is read first.
double flops(const Attention& a, double) {
  const double passes = a.recurrence.rule == Recurrence::Rule::delta ? 3 : 2;
  return 2 * passes * state(a.recurrence);
}

std::vector<Kernel> projections(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const Recurrence& r = a.recurrence;
  const double m = batch.tokens();
  std::vector<Kernel> kernels = entry_kernels(model, p, m);
  kernels.push_back(gemm("linear-in", p, m, columns(r) / batch.shared_by, model.hidden));
  if (head_gates(r) > 0) kernels.push_back(gemm("linear-gates", p, m, head_gates(r) / batch.shared_by, model.hidden));
  if (r.gate_rank > 0) {  // KDA: decay of each channel and output gate, both of low rank
    kernels.push_back(gemm("gates-a", p, m, (r.gate ? 2.0 : 1.0) * r.gate_rank, model.hidden));
    kernels.push_back(gemm("gates-b", p, m, (keys(r) + (r.gate ? r.inner() : 0)) / batch.shared_by, r.gate_rank));
  }
  const double channels = (2 * keys(r) + r.inner()) / batch.shared_by;
  if (r.kernel > 0) kernels.push_back(elementwise("convolution", m, channels * r.kernel, channels));
  return kernels;
}

std::vector<Kernel> core(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const Recurrence& r = a.recurrence;
  const double inner = r.inner() / batch.shared_by;
  std::vector<Kernel> kernels;
  for (const Sequences& s : batch.sequences) {
    kernels.push_back(recurrence_kernel(a, s, state(r) / batch.shared_by, 2 * inner, flops(a, 0) / batch.shared_by));
  }
  kernels.push_back(elementwise("output-norm", batch.tokens(), r.gate ? 2 * inner : inner, inner));
  add_quantisation(kernels, "quantise", p, batch.tokens(), inner);
  kernels.push_back(gemm("o_proj", p, batch.tokens(), model.hidden, inner));
  return kernels;
}

double parameters(const Attention& a, double h) {
  const Recurrence& r = a.recurrence;
  double sum = h * (columns(r) + head_gates(r)) + r.inner() * h + r.kernel * (2 * keys(r) + r.inner());
  if (r.gate_rank > 0) sum += r.gate_rank * (h + r.value_heads * static_cast<double>(r.key_dim));
  if (r.gate_rank > 0 && r.gate) sum += r.gate_rank * (h + r.inner());
  return sum;
}

std::string name(const Attention& a) {
  if (a.recurrence.rule == Recurrence::Rule::lightning) return "lightning";
  return a.recurrence.gate_rank > 0 ? "delta (KDA)" : "gated delta";
}

const MixerRegistration registration{
    Attention::Kind::linear,
    {projections, core, split_weights, kept_states, parameters, no_values, no_rows, no_rows, flops, flops, name}};

}  // namespace
}  // namespace teapot::linear_mixer
