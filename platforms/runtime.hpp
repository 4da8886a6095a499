#pragma once
// What a serving stack adds to kernels and wires.
// Knows no stack by name; each is a YAML file of platforms/runtimes.

#include "sim/config.hpp"
#include "sim/costs.hpp"

namespace teapot {

/// From the mapping that resolve_named(..., "platforms/runtimes", "runtime") gives. Throws ConfigError.
/// A stack is fitted on one step, which leaves no residual to take its error from: half, unless its file says
/// otherwise.
RuntimeCost read_runtime(const Config& config);
}  // namespace teapot
