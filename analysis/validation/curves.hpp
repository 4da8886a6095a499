#pragma once
// TPOT over the batch, simulated and measured: what shows a step where none should be.
// Knows no model by name; which are drawn is a file beside it.

#include <string>
#include <utility>
#include <vector>

namespace teapot {

/// One model on one deployment.
struct BatchCurve {
  std::string label;
  std::vector<std::pair<double, double>> decode;     ///< batch and TPOT in ms, simulated, decode alone
  std::vector<std::pair<double, double>> simulated;  ///< with what prompts of others add, as it was measured
  std::vector<std::pair<double, double>> measured;   ///< requests in decode and mean TPOT in ms
};

/// The curves of analysis/validation/curves.yaml, with the points of the case that it names. Throws ConfigError.
std::vector<BatchCurve> batch_curves();
/// Both axes logarithmic: an SVG of 720 x 560.
std::string curves_plot(const std::vector<BatchCurve>& curves);

}  // namespace teapot
