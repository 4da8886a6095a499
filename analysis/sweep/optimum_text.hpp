#pragma once
// What a search for the cheapest deployment found: a table, what was ruled out and why, and the same as JSON.
// Does not search.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/sweep/optimizer.hpp"

namespace teapot {

/// "fabric x, gpus 64": a value for each axis; "the scenario" where there are none.
std::string choices_text(const std::vector<std::string>& choices, const std::vector<std::string>& axes);

/// `axes`: the names of what was chosen between, in the order of Candidate::choices; `limit` in ms.
std::string optimum_text(const Optimum& optimum, const std::vector<std::string>& axes, double limit);
nlohmann::ordered_json optimum_json(const Optimum& optimum, const std::vector<std::string>& axes, double limit);

}  // namespace teapot
