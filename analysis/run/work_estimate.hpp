#pragma once
// What a run will take, before it starts: what would go on for days is refused, what takes longer than a moment
// announced. Knows no clock; speeds are those of a processor of 2024.

#include <string>

#include "analysis/scenario/scenario.hpp"

namespace teapot {

struct WorkEstimate {
  double choices = 0;      ///< of an expert by a token, drawn one by one; none where the load is balanced
  double messages = 0;     ///< between two GPUs, one by one at depth `pair`
  double seconds() const;  ///< of drawing: the simulation says itself how far it is
};

/// Until the fabric that a scenario names stands, with all its links and names, whichever part of it is used; 0 where
/// it names none that can be counted.
double fabric_seconds(const Tree& scenario);

WorkEstimate work_of(const Scenario& scenario);

/// Throws ConfigError that says how much it is, and what needs less.
void require_feasible(const WorkEstimate& work);

}  // namespace teapot
