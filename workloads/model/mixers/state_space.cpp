// Mamba (arXiv 2312.00752) and Mamba-2 (arXiv 2405.21060): a state of key_dim numbers for each inner channel.
// Knows no layer and no model.

#include "workloads/model/mixers/mixer.hpp"

namespace teapot {
namespace {

double parameters(const Attention& a, double h) {
  const Recurrence& r = a.recurrence;
  const double inner = r.inner();
  if (r.rule == Recurrence::Rule::selective) {
    return h * 2 * inner + inner * r.kernel + inner * (r.step_rank + 2.0 * r.key_dim) + r.step_rank * inner +
           inner * r.key_dim + inner * h;  // in, convolution, x, step sizes, A, out
  }
  const double shared = 2.0 * r.key_heads * r.key_dim;  // B and C
  return h * (2 * inner + shared + r.value_heads) + (inner + shared) * r.kernel + inner * h;
}

/// Write and read of every number of the state.
double flops(const Attention& a, double) { return 2 * 2 * a.recurrence.inner() * a.recurrence.key_dim; }

double none(const Attention&, double) { return 0; }

std::string name(const Attention& a) {
  return a.recurrence.rule == Recurrence::Rule::selective ? "Mamba" : "Mamba-2";
}

}  // namespace

const Mixer state_space_mixer{parameters, [](const Attention&) { return 0.0; }, none, none, flops, flops, name};

}  // namespace teapot
