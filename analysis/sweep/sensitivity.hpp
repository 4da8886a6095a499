#pragma once
// What a little more or less of each resource changes: by simulating again, so that it is what a user who changes the
// scenario sees. Knows no output format.

#include <functional>
#include <string>
#include <vector>

#include "analysis/scenario/scenario.hpp"
#include "analysis/scenario/training_scenario.hpp"

namespace teapot {

struct Sensitivity {
  std::string resource;
  std::string meaning;
  Seconds tpot_less;       ///< with the part taken away
  Seconds tpot_more;       ///< with the part added
  double tokens_less = 0;  ///< tokens/s/GPU
  double tokens_more = 0;
  /// Part of TPOT that more of the resource saves, over the part that was added; 1 where TPOT is inverse to it.
  double elasticity = 0;
};

struct SensitivityTable {
  Seconds tpot;
  double tokens_per_s_per_gpu = 0;
  double part = 0.1;
  std::vector<Sensitivity> rows;  ///< the largest change first
};

/// Of a training step, whose time stands in the place of TPOT; a step is simulated twice for each resource.
SensitivityTable sensitivity(const TrainingScenario& scenario, double part,
                             const std::function<void(double fraction)>& progress = {});

/// Every resource that what_if() knows (a time such as latency counts as a speed), and the batch, which is rounded to
/// whole requests, to even ones where two micro-batches share them. Throws as run() does.
SensitivityTable sensitivity(const Scenario& scenario, double part,
                             const std::function<void(double fraction)>& progress = {});

}  // namespace teapot
