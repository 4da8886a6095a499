#pragma once
// A service under several loads: throughput against latency, with its knee; and the most load that keeps the limits.
// Knows no output but its own words.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/serving/serving_report.hpp"

namespace teapot {

struct LoadPoint {
  double load = 1;     ///< times the scenario's
  double offered = 0;  ///< requests a second; in flight, of a closed loop
  ServingReport report;
  bool grows = false;    ///< the queue does, without end
  bool gave_up = false;  ///< too many had been late: the report is of those who had ended

  /// Throughput over time in the system, requests/s / s: Kleinrock, Power and deterministic rules of thumb for
  /// probabilistic problems in computer communications, 1979.
  double power() const;
  /// Part of the requests that kept all limits.
  double kept() const { return report.finished > 0 ? static_cast<double>(report.good) / report.finished : 0; }
};

/// Serves a scenario: with simulated steps, or as a test wants.
using Serve = std::function<ServingResult(const ServingScenario&)>;

/// The scenario with `load` times as many requests: a second, in flight, or by a trace whose times are shorter. Throws
/// ConfigError where that is too many, or one of them cannot be held.
ServingScenario at_load(const ServingScenario& scenario, double load);
/// The most of `all` that may be late where `part` must not be: of 10 and 0.9 one, though (1 - 0.9) x 10 < 1 in binary.
std::int64_t may_be_late(double part, std::size_t all);
/// `part`: of the requests that must keep the limit of TTFT; a service of which too many did not is given up.
LoadPoint served_at(const ServingScenario& scenario, double load, const Serve& serve, std::optional<double> part = {});

struct LoadCurve {
  std::string unit;               ///< of what is offered
  std::vector<LoadPoint> points;  ///< by load
  std::size_t knee = 0;           ///< the most power
  std::size_t best = 0;           ///< the most goodput, the least load of several

  bool reached() const { return knee + 1 < points.size(); }  ///< some load was beyond it
};
LoadCurve load_curve(const ServingScenario& scenario, std::vector<double> loads, const Serve& serve);

/// The most load of which `part` of the requests keep the limits and no queue grows, to 1% of the load: doubled or
/// halved from the scenario's, then bisected; it takes for granted that more load keeps no more. Throws ConfigError
/// where the scenario has no limits.
struct MostLoad {
  double part = 0.99;
  std::string unit;
  std::optional<LoadPoint> best;   ///< none: not even a 1,024th of the load keeps them
  std::vector<LoadPoint> visited;  ///< by load
  bool bounded = true;             ///< some load does not keep them
};
MostLoad most_load(const ServingScenario& scenario, double part, const Serve& serve);

std::string load_text(const LoadCurve& curve);
std::string load_text(const MostLoad& most, const ServingScenario& scenario);
nlohmann::ordered_json load_json(const LoadCurve& curve);
nlohmann::ordered_json load_json(const MostLoad& most);

}  // namespace teapot
