#pragma once
// A training step as one page that opens offline: the pipeline drawn, where the time goes, the report.
// Does not compute any figure.

#include <string>

#include "analysis/training/training_run.hpp"

namespace teapot {

/// `inputs`: the scenario as written (YAML).
std::string training_page(const TrainingScenario& scenario, const TrainingResult& result, const std::string& inputs);

}  // namespace teapot
