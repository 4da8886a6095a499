#pragma once
// What chunks are called: by their pass and what their stages are made of.
// Knows no time.

#include <string>
#include <vector>

#include "analysis/scenario/training_scenario.hpp"

namespace teapot {

/// What each stage is made of; two with the same text take the same time.
std::vector<std::string> signatures_of(const TrainingScenario& scenario);
/// F, B, B input, W or F&B, and of which stages.
std::string name_of_chunk(const Task& task, const std::vector<std::string>& signatures);

}  // namespace teapot
