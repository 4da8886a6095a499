#pragma once
// What a sweep says at its end: its table, and which points are worth a look.
// Computes nothing.

#include <string>

#include "analysis/sweep/sweep.hpp"

namespace teapot {

std::string sweep_text(const SweepSummary& summary);

}  // namespace teapot
