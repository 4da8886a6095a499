// LFM2's short convolution: three projections in, a convolution over a few tokens between two gates, one out.
// Knows no accelerator.

#include "workloads/model/mixers/parts.hpp"

namespace teapot::convolution_mixer {
namespace {

std::vector<Kernel> projections(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  std::vector<Kernel> kernels = entry_kernels(model, p, batch.tokens());
  kernels.push_back(gemm("conv-in", p, batch.tokens(), 3 * a.recurrence.inner() / batch.shared_by, model.hidden));
  return kernels;
}

std::vector<Kernel> core(const Model& model, const Attention& a, const Precision& p, const Batch& batch) {
  const double inner = a.recurrence.inner() / batch.shared_by;
  const double m = batch.tokens();
  std::vector<Kernel> kernels{elementwise("convolution", m, inner * (a.recurrence.kernel + 2), inner)};
  add_quantisation(kernels, "quantise", p, m, inner);
  kernels.push_back(gemm("conv-out", p, m, model.hidden, inner));
  return kernels;
}

double parameters(const Attention& a, double h) {
  const Recurrence& r = a.recurrence;
  return h * 3 * r.inner() + r.inner() * r.kernel + r.inner() * h;
}

double flops(const Attention& a, double) { return 2 * a.recurrence.inner() * a.recurrence.kernel; }

std::string name(const Attention&) { return "short convolution"; }

const MixerRegistration registration{
    Attention::Kind::convolution,
    {projections, core, split_weights, kept_states, parameters, no_values, no_rows, no_rows, flops, flops, name}};

}  // namespace
}  // namespace teapot::convolution_mixer
