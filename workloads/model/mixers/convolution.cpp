// LFM2's short convolution: three projections in, a convolution over a few tokens between two gates, one out.
// Knows no layer and no model.

#include "workloads/model/mixers/mixer.hpp"

namespace teapot {
namespace {

double parameters(const Attention& a, double h) {
  const Recurrence& r = a.recurrence;
  return h * 3 * r.inner() + r.inner() * r.kernel + r.inner() * h;
}

double flops(const Attention& a, double) { return 2 * a.recurrence.inner() * a.recurrence.kernel; }

double none(const Attention&, double) { return 0; }

}  // namespace

const Mixer convolution_mixer{parameters,
                              [](const Attention&) { return 0.0; },
                              none,
                              none,
                              flops,
                              flops,
                              [](const Attention&) { return std::string{"short convolution"}; }};

}  // namespace teapot
