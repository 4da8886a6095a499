#pragma once
// What the two kinds of GPUs do and hold where attention and feed-forwards have GPUs of their own.
// Knows no timeline.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/run/report.hpp"
#include "analysis/scenario/scenario.hpp"

namespace teapot {

/// The GPUs after those of the sides before, up to so many; times are summed over all up to there.
void add_side(Seconds compute, Seconds exposed, int ranks, Seconds step, std::vector<SideTime>& sides);
/// A line for each; empty where all GPUs do all.
std::string sides_text(const Scenario& scenario, const Report& report);
nlohmann::ordered_json sides_json(const Scenario& scenario, const Report& report);

}  // namespace teapot
