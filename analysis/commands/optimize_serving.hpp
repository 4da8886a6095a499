#pragma once
// `./teapot optimize` of a scenario with `requests:`.
// Does not know how a service is simulated.

#include <string>
#include <vector>

#include "analysis/commands/choices.hpp"
#include "analysis/sweep/costs.hpp"
#include "analysis/sweep/service_choice.hpp"

namespace teapot {

struct ServiceSearch {
  std::vector<ChoiceAxis> axes;
  ServiceGoal goal;
  PriceFiles prices;
  std::string cache;
  bool json = false;
};

/// Serves each cluster and prints them in order. Throws SimulationError where none keeps the limits, and the
/// ConfigError of the last where none can be served.
void optimize_serving(const Tree& base, const ServiceSearch& search);

}  // namespace teapot
