#pragma once
// A report for people (a summary for the terminal) and for programs (one JSON object).
// Computes nothing: every figure is a Report's.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/scenario/scenario.hpp"

namespace teapot {

/// The resource whose raise lowers the step most, as simulated.
struct Binding {
  std::string resource;
  std::string meaning;
  double gain = 0;  ///< part of the step that 10% more of it saves
};

std::string summary_text(const Scenario& scenario, const Run& run, const Report& report,
                         const std::optional<Binding>& binding = {});
/// Names are fixed by the contract of the JSON output; `wall_s` is the only field that differs between equal runs.
nlohmann::ordered_json summary_json(const Scenario& scenario, const Run& run, const Report& report,
                                    const std::optional<Binding>& binding = {});

}  // namespace teapot
