// Linear attention: a matrix for each head that is decayed, written and read by every token. Gated DeltaNet of
// Qwen3-Next, Kimi Delta Attention (arXiv 2510.26692), Lightning Attention of MiniMax-01. Knows no layer and no model.

#include "workloads/model/mixers/mixer.hpp"

namespace teapot {
namespace {

double parameters(const Attention& a, double h) {
  const Recurrence& r = a.recurrence;
  const double keys = static_cast<double>(r.key_heads) * r.key_dim;
  double sum = h * (2 * keys + r.inner()) + r.inner() * h;                    // query, key, value; output
  sum += r.kernel * (2 * keys + r.inner());                                   // convolution over each channel
  if (r.rule == Recurrence::Rule::delta) sum += h * r.value_heads;            // strength of the write
  if (r.gate_rank > 0) {                                                      // decay of each channel, low rank
    sum += r.gate_rank * (h + r.value_heads * static_cast<double>(r.key_dim));
  } else if (r.rule == Recurrence::Rule::delta) {
    sum += h * r.value_heads;  // decay of each head
  }
  if (r.gate) sum += r.gate_rank > 0 ? r.gate_rank * (h + r.inner()) : h * r.inner();
  return sum;
}

/// Multiply-adds with the state: write and read, and under the delta rule what is erased is read first.
double flops(const Attention& a, double) {
  const double passes = a.recurrence.rule == Recurrence::Rule::delta ? 3 : 2;
  return 2 * passes * a.recurrence.inner() * a.recurrence.key_dim;
}

double none(const Attention&, double) { return 0; }

std::string name(const Attention& a) {
  if (a.recurrence.rule == Recurrence::Rule::lightning) return "lightning";
  return a.recurrence.gate_rank > 0 ? "delta (KDA)" : "gated delta";
}

}  // namespace

const Mixer linear_mixer{parameters, [](const Attention&) { return 0.0; }, none, none, flops, flops, name};

}  // namespace teapot
