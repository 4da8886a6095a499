#pragma once
// Measured steps predicted by stacks that never saw their model, and bands that never saw what they are of.
// Knows no case.

#include <string>
#include <vector>

#include "analysis/run/measured_steps.hpp"

namespace teapot {

/// Part of the measured steps that lie inside the band which the others give, where those with the same `trait` are
/// left out each time.
double left_out_coverage(const std::vector<MeasuredStep>& steps, std::string StepTraits::*trait);

/// Markdown: errors of steps whose model was left out of the fit of their stack, by model, accelerator and engine; the
/// coverage of bands when models, accelerators and engines are left out; how many steps lie below their lower bound.
std::string left_out_table(const std::vector<MeasuredStep>& steps);

}  // namespace teapot
