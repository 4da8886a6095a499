#pragma once
// The communication libraries that a step went through.
// Knows no library.

#include <string>
#include <utility>
#include <vector>

#include "analysis/run/report.hpp"
#include "analysis/scenario/scenario.hpp"

namespace teapot {

using UsedLibraries = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// Each library with its operations, among those that the step calls.
UsedLibraries used_libraries(const Scenario& scenario, const Report& report);

}  // namespace teapot
