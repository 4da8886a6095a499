#pragma once
// A training step in words and as JSON.
// Does not compute any figure.

#include <nlohmann/json.hpp>
#include <string>

#include "analysis/training/training_run.hpp"

namespace teapot {

nlohmann::ordered_json training_json(const TrainingScenario& scenario, const TrainingResult& result);
std::string training_text(const TrainingScenario& scenario, const TrainingResult& result);

/// The waterfall as a table, and as JSON: [{group, part, s}].
std::string waterfall_text(const TrainingResult& result);
nlohmann::ordered_json waterfall_json(const TrainingResult& result);

/// The figures that a published step may be compared in, by name.
std::map<std::string, double> training_figures(const TrainingResult& result);

}  // namespace teapot
