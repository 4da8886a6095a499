// How often parts are away, and what that means for TPOT.
// Does not simulate.

#include <algorithm>
#include <cmath>

#include "analysis/availability/availability.hpp"

namespace teapot {
namespace {

Reliability read_part(const Config& parts, const char* name) {
  const Config part = parts.at(name);
  part.has("source");
  part.has("repair_estimate");
  return {part.positive<double>("mtbf_hours"), part.non_negative<double>("repair_hours")};
}

/// Probability that all parts of a class work.
double all_up(const PartClass& parts) { return std::pow(1 - parts.reliability.down(), parts.count); }

}  // namespace

ReliabilityList read_reliability(const Config& config) {
  config.has("source");
  config.has("year");
  const Config parts = config.at("parts");
  ReliabilityList list{read_part(parts, "gpu"), read_part(parts, "nic"), read_part(parts, "cable"),
                       read_part(parts, "switch")};
  config.reject_unread_keys();
  return list;
}

double available(const Availability& availability) {
  double up = 1;
  for (const PartClass& parts : availability.classes) {
    if (!parts.tpot_ms) up *= all_up(parts);
  }
  return up;
}

double expected_tpot_ms(const Availability& availability) {
  double mean = availability.tpot_ms;
  for (const PartClass& parts : availability.classes) {
    if (parts.tpot_ms) mean += parts.count * parts.reliability.down() * (*parts.tpot_ms - availability.tpot_ms);
  }
  return mean;
}

double degraded(const Availability& availability) {
  double up = 1;
  for (const PartClass& parts : availability.classes) {
    if (parts.tpot_ms) up *= all_up(parts);
  }
  return 1 - up;
}

double tpot_quantile_ms(const Availability& availability, double part) {
  const double none = 1 - degraded(availability);
  std::vector<std::pair<double, double>> states{{availability.tpot_ms, none}};  // TPOT and its probability
  double slowest = availability.tpot_ms;
  for (const PartClass& parts : availability.classes) {
    if (!parts.tpot_ms) continue;
    const double down = parts.reliability.down();
    states.emplace_back(*parts.tpot_ms, none * parts.count * down / (1 - down));
    slowest = std::max(slowest, *parts.tpot_ms);
  }
  std::sort(states.begin(), states.end());
  double sum = 0;
  for (const auto& [tpot_ms, probability] : states) {
    sum += probability;
    if (sum >= part) return tpot_ms;
  }
  return slowest;
}

}  // namespace teapot
