// Serving the same requests closer together.
// Does not print.

#include "analysis/serving/load_curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace teapot {
namespace {

bool closed(const ArrivalProcess& a) { return a.kind == ArrivalProcess::Kind::closed_loop; }

/// What a load of 1 offers.
double offered_by(const ArrivalProcess& a) {
  if (closed(a)) return a.concurrency;
  if (a.kind != ArrivalProcess::Kind::trace) return a.rate_per_s;
  const double span = a.trace.empty() ? 0 : a.trace.back().at_s - a.trace.front().at_s;
  return span > 0 ? static_cast<double>(a.trace.size()) / span : static_cast<double>(a.trace.size());
}

std::string unit_of(const ArrivalProcess& a) { return closed(a) ? "in flight" : "requests/s"; }

constexpr double widest = 1024;  // load searched, up and down
constexpr double near = 1.01;

/// Halfway between two loads, where there is something between them.
std::optional<double> between(const ServingScenario& s, double low, double high) {
  if (high / low <= near) return std::nullopt;
  const double middle = std::sqrt(low * high);
  if (!closed(s.arrivals)) return middle;
  const auto least = std::lround(low * s.arrivals.concurrency);
  const auto most = std::lround(high * s.arrivals.concurrency);
  if (most - least < 2) return std::nullopt;
  const auto count = std::clamp(std::lround(middle * s.arrivals.concurrency), least + 1, most - 1);
  return static_cast<double>(count) / s.arrivals.concurrency;
}

}  // namespace

double LoadPoint::power() const {
  return report.e2e_ms.any() && report.e2e_ms.mean > 0 ? report.requests_per_s / (report.e2e_ms.mean / 1e3) : 0;
}

ServingScenario at_load(const ServingScenario& scenario, double load) {
  ServingScenario s = scenario;
  ArrivalProcess& a = s.arrivals;
  const auto too_many = [&] { throw ConfigError(fmt::format("load {:g}: more requests than can be served", load)); };
  if (closed(a)) {
    const double count = std::max(1.0, std::round(a.concurrency * load));
    if (count > 1e6) too_many();
    a.concurrency = static_cast<int>(count);
  } else if (a.kind == ArrivalProcess::Kind::trace) {
    for (Arrival& each : a.trace) each.at_s /= load;
  } else {
    a.rate_per_s *= load;
    if (a.rate_per_s * a.duration_s > 5e6) too_many();
  }
  const auto all = arrivals(a);
  if (all.empty()) throw ConfigError(fmt::format("load {:g}: no request comes", load));
  for (const Arrival& each : all) {
    if (fits(each, s.shape)) continue;
    throw ConfigError(fmt::format("load {:g}: a request of {} and {} tokens needs more cache than there is", load,
                                  each.prompt_tokens, each.output_tokens));
  }
  return s;
}

std::int64_t may_be_late(double part, std::size_t all) {
  const auto count = static_cast<double>(all);
  auto late = static_cast<std::int64_t>((1 - part) * count) + 1;
  while (late > 0 && (count - static_cast<double>(late)) / count < part) --late;  // as `kept` is compared
  return late;
}

LoadPoint served_at(const ServingScenario& scenario, double load, const Serve& serve, std::optional<double> part) {
  ServingScenario s = load == 1 ? scenario : at_load(scenario, load);
  if (part && s.limits.ttft && !closed(s.arrivals)) {  // of a closed loop nobody knows how many will come
    s.shape.patience = {s.limits.ttft->value, may_be_late(*part, arrivals(s.arrivals).size())};
  }
  const ServingResult result = serve(s);
  return {load, offered_by(s.arrivals), serving_report(s, result), result.record.grows, result.record.gave_up};
}

LoadCurve load_curve(const ServingScenario& scenario, std::vector<double> loads, const Serve& serve) {
  std::sort(loads.begin(), loads.end());
  loads.erase(std::unique(loads.begin(), loads.end()), loads.end());
  LoadCurve curve;
  curve.unit = unit_of(scenario.arrivals);
  for (const double load : loads) curve.points.push_back(served_at(scenario, load, serve));
  for (std::size_t p = 0; p < curve.points.size(); ++p) {
    if (curve.points[p].power() > curve.points[curve.knee].power()) curve.knee = p;
    if (curve.points[p].report.goodput_per_s > curve.points[curve.best].report.goodput_per_s) curve.best = p;
  }
  return curve;
}

MostLoad most_load(const ServingScenario& scenario, double part, const Serve& serve) {
  if (!scenario.limits.ttft && !scenario.limits.tpot) {
    throw ConfigError("--max-load: the scenario has no `requests.limits` (such as {ttft: 2 s, tpot: 50 ms})");
  }
  MostLoad most;
  most.part = part;
  most.unit = unit_of(scenario.arrivals);
  const auto keeps = [&](double load) {
    most.visited.push_back(served_at(scenario, load, serve, part));
    const LoadPoint& p = most.visited.back();
    const bool kept = !p.grows && !p.gave_up && p.kept() >= part;
    if (kept && (!most.best || p.load > most.best->load)) most.best = p;
    return kept;
  };
  double low = 1;
  double high = 1;
  const double least = closed(scenario.arrivals) ? 1.0 / scenario.arrivals.concurrency : 1 / widest;
  if (keeps(1)) {
    do low = std::exchange(high, high * 2);
    while (high <= widest && keeps(high));
    most.bounded = high <= widest;
  } else {
    do high = std::exchange(low, std::max(least, low / 2));
    while (!keeps(low) && low > least);
  }
  while (most.best && most.bounded) {
    const auto middle = between(scenario, low, high);
    if (!middle) break;
    (keeps(*middle) ? low : high) = *middle;
  }
  std::sort(most.visited.begin(), most.visited.end(),
            [](const LoadPoint& a, const LoadPoint& b) { return a.load < b.load; });
  return most;
}

}  // namespace teapot
