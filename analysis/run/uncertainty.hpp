#pragma once
// How far a step may be off: the residuals of the parts it is made of, propagated.
// Knows no output format.

#include <string>
#include <vector>

#include "analysis/run/measured_steps.hpp"
#include "analysis/run/report.hpp"
#include "analysis/scenario/scenario.hpp"

namespace teapot {

/// A part of the step whose constants come from one fit.
struct UncertainPart {
  std::string name;  ///< kind of kernel, "exposed <operation>" or "runtime"
  Seconds time;
  double error = 0;  ///< median relative residual of the fit
};

struct Band {
  Seconds low;
  Seconds high;
  std::vector<UncertainPart> parts;  ///< most uncertain first

  static constexpr double coverage = 0.9;  ///< part of measurements that are meant to lie inside
};

/// Errors of one fit are taken as one (they add up), those of different fits as independent (their squares add up).
/// The band holds nine cases in ten: 1.645 standard deviations, a median residual being 0.6745 of one.
Band band(Seconds step, std::vector<UncertainPart> parts);

/// What the step has in common with measured ones.
StepTraits step_traits(const Scenario& scenario);

/// What measured steps like it were off, and at least what the residuals of the fits of its parts propagate to. Of a
/// lower bound: from the bound to what measurements stayed above it. `prompts`: the part of its time that prompts of
/// others take where they are added to the step.
Band uncertainty(const Scenario& scenario, const Report& report,
                 const std::vector<MeasuredStep>& measured = measured_steps(), double prompts = 0);

}  // namespace teapot
