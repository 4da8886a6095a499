#pragma once
// What a user must know of a run beside its figures.
// Knows no output format.

#include <string>
#include <vector>

#include "analysis/run/report.hpp"
#include "analysis/scenario/scenario.hpp"

namespace teapot {

/// What was taken for granted, and what in a design holds another part of it back.
std::vector<std::string> warnings(const Scenario& scenario, const Report& report);

}  // namespace teapot
