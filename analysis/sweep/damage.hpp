#pragma once
// Whether what lies in a sweep's folder is what a sweep writes: power fails, and people edit.
// Does not simulate anew what is damaged.

#include <string>
#include <vector>

#include "analysis/sweep/folder.hpp"
#include "analysis/sweep/results.hpp"

namespace teapot {

/// The result with a digest of all it says, by which a change of any of it is found.
Json sealed(Json result);
/// What every later step of a sweep takes for granted of a result: its seal, its own key, and figures above zero or an
/// error.
bool is_sound(const Json& result, const std::string& key);
/// Likewise of what `run --json` prints, which has neither key nor prices.
bool is_run(const Json& result);
/// Likewise of plan.json.
bool is_plan(const Json& plan);

/// Names damaged results on stderr, and takes what is no file out of the way.
void report_damaged(const SweepFolder& folder, const std::vector<std::string>& keys, const char* consequence);
void report_damaged_plan(const SweepFolder& folder);

}  // namespace teapot
