#pragma once
// How far predictions of whole steps were from measured ones, and what that says of a step like them.
// Knows no scenario; the cases are a data file beside this one.

#include <string>
#include <vector>

namespace teapot {

/// What makes two steps alike.
struct StepTraits {
  std::string engine;
  std::string model;
  std::string kind;  ///< of the model: dense, experts, latent experts, ...
  std::string gpu;
  double memory_bandwidth = 0;  ///< of that GPU, bytes a second: tells how far two GPUs are apart
  std::string layout;           ///< one, tp, tp+ep, dp+ep
  double requests_per_gpu = 1;
  double prompts = 0;  ///< part of the time that goes to prompts computed beside decoding
};

/// A measured step, predicted with the stack's numbers fitted without its model.
struct MeasuredStep {
  StepTraits traits;
  double over_prediction = 1;  ///< measured time over the predicted one
  double over_bound = 1;       ///< measured time over the lower bound
};

/// Of analysis/run/measured-steps.csv, in its order; read once. Throws ConfigError.
const std::vector<MeasuredStep>& measured_steps();

/// Those whose `trait` is another.
std::vector<MeasuredStep> without(const std::vector<MeasuredStep>& steps, std::string StepTraits::*trait,
                                  const std::string& value);

/// How much a measured step says of another: 1 where all traits are equal, towards 0 the less they are.
double likeness(const StepTraits& a, const StepTraits& b);

/// Factors on a predicted time between which nine measurements of ten lie: weighted quantiles of what steps like it
/// were off, wider the fewer there are and the less they are like it.
struct Factors {
  double low = 1;
  double high = 1;
};
Factors spread(const StepTraits& step, const std::vector<MeasuredStep>& measured);
/// How far above its lower bound nine measurements of ten stay.
double above_bound(const StepTraits& step, const std::vector<MeasuredStep>& measured);

}  // namespace teapot
