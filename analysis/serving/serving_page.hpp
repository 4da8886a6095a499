#pragma once
// What the page of a service shows, as data: verdict, percentiles, distributions, series over time, loads.
// Knows no page: analysis/output/html draws it.

#include <nlohmann/json_fwd.hpp>

#include "analysis/serving/load_curve.hpp"

namespace teapot {

/// A sentence or two: what came first, how it was kept to, and what failed or grew without end.
std::string serving_verdict(const ServingScenario& scenario, const ServingResult& result, const ServingReport& report);

/// `curve` and `most`: null where no other load was served. `inputs`: the scenario as written.
nlohmann::ordered_json serving_page(const ServingScenario& scenario, const ServingResult& result,
                                    const ServingReport& report, const LoadCurve* curve, const MostLoad* most,
                                    const std::string& inputs);

}  // namespace teapot
