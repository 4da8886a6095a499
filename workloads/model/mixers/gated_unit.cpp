// Griffin's recurrent block (arXiv 2402.19427, section 2.4), as RecurrentGemma has it: two branches of the hidden
// state, one through a convolution and the RG-LRU, whose two gates are block-diagonal, a block for each head.
// Knows no accelerator.

#include "workloads/model/mixers/parts.hpp"

namespace teapot::gated_unit_mixer {
namespace {

double state(const Recurrence& r) { return r.inner(); }

/// Decay, gate the input and add, for every channel.
double flops(const Attention& a, double) { return 2 * 2 * state(a.recurrence); }

std::vector<Kernel> projections(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const double m = batch.tokens();
  const double inner = a.recurrence.inner() / batch.shared_by;
  std::vector<Kernel> kernels = entry_kernels(model, p, m);
  kernels.push_back(gemm("unit-in", p, m, 2 * inner, model.hidden));
  kernels.push_back(elementwise("convolution", m, inner * a.recurrence.kernel, inner));
  return kernels;
}

std::vector<Kernel> core(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const Recurrence& r = a.recurrence;
  const double m = batch.tokens();
  const double heads = static_cast<double>(r.value_heads) / batch.shared_by;
  const double inner = r.inner() / batch.shared_by;
  std::vector<Kernel> kernels{batched("unit-gates", p, heads, m, 2.0 * r.value_dim, r.value_dim)};
  for (const Sequences& s : batch.sequences) {
    kernels.push_back(recurrence_kernel(a, s, state(r) / batch.shared_by, 3 * inner, flops(a, 0) / batch.shared_by));
  }
  kernels.push_back(elementwise("output-gate", m, 2 * inner, inner));
  add_quantisation(kernels, "quantise", p, m, inner);
  kernels.push_back(gemm("unit-out", p, m, model.hidden, inner));
  return kernels;
}

double parameters(const Attention& a, double h) {
  const Recurrence& r = a.recurrence;
  const double gates = 2.0 * r.inner() * r.value_dim + r.inner();  // and the decay of each channel
  return h * 2 * r.inner() + r.inner() * r.kernel + gates + r.inner() * h;
}

std::string name(const Attention&) { return "RG-LRU"; }

const MixerRegistration registration{
    Attention::Kind::gated_unit,
    {projections, core, split_weights, kept_states, parameters, no_values, no_rows, no_rows, flops, flops, name}};

}  // namespace
}  // namespace teapot::gated_unit_mixer
