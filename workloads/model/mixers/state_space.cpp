// Mamba (arXiv 2312.00752) and Mamba-2 (arXiv 2405.21060): a state of key_dim numbers for each inner channel.
// Knows no accelerator.

#include "workloads/model/mixers/parts.hpp"

namespace teapot::state_space_mixer {
namespace {

bool first_mamba(const Recurrence& r) { return r.rule == Recurrence::Rule::selective; }

/// B and C of all groups.
double shared_channels(const Recurrence& r) { return first_mamba(r) ? 0 : 2.0 * r.key_heads * r.key_dim; }

double columns(const Recurrence& r) {
  return 2 * r.inner() + shared_channels(r) + (first_mamba(r) ? 0 : r.value_heads);
}

double state(const Recurrence& r) { return r.inner() * r.key_dim; }

/// Write and read of every number of the state.
double flops(const Attention& a, double) { return 2 * 2 * state(a.recurrence); }

std::vector<Kernel> projections(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const Recurrence& r = a.recurrence;
  const double m = batch.tokens();
  const double inner = r.inner() / batch.shared_by;
  std::vector<Kernel> kernels = entry_kernels(model, p, m);
  kernels.push_back(gemm("ssm-in", p, m, columns(r) / batch.shared_by, model.hidden));
  const double channels = inner + shared_channels(r) / batch.shared_by;
  kernels.push_back(elementwise("convolution", m, channels * r.kernel, channels));
  if (first_mamba(r)) {
    kernels.push_back(gemm("ssm-x", p, m, r.step_rank + 2.0 * r.key_dim, inner));
    kernels.push_back(gemm("ssm-dt", p, m, inner, r.step_rank));
  }
  return kernels;
}

std::vector<Kernel> core(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const Recurrence& r = a.recurrence;
  const double inner = r.inner() / batch.shared_by;
  std::vector<Kernel> kernels;
  for (const Sequences& s : batch.sequences) {
    kernels.push_back(recurrence_kernel(a, s, state(r) / batch.shared_by, 2 * inner, flops(a, 0) / batch.shared_by));
  }
  kernels.push_back(elementwise("output-norm", batch.tokens(), 2 * inner, inner));
  add_quantisation(kernels, "quantise", p, batch.tokens(), inner);
  kernels.push_back(gemm("ssm-out", p, batch.tokens(), model.hidden, inner));
  return kernels;
}

double parameters(const Attention& a, double h) {
  const Recurrence& r = a.recurrence;
  const double inner = r.inner();
  double sum = h * columns(r) + (inner + shared_channels(r)) * r.kernel + inner * h;
  // Steps, B and C from the channels, steps to all channels, and A.
  if (first_mamba(r)) sum += inner * (r.step_rank + 2.0 * r.key_dim) + r.step_rank * inner + inner * r.key_dim;
  return sum;
}

std::string name(const Attention& a) { return first_mamba(a.recurrence) ? "Mamba" : "Mamba-2"; }

const MixerRegistration registration{
    Attention::Kind::state_space,
    {projections, core, split_weights, kept_states, parameters, no_values, no_rows, no_rows, flops, flops, name}};

}  // namespace
}  // namespace teapot::state_space_mixer
