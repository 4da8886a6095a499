#pragma once
// What a serving stack adds to kernels and wires.
// Knows no stack by name; each is a YAML file of platforms/runtimes.

#include "sim/config.hpp"
#include "sim/costs.hpp"

namespace teapot {

/// From the mapping that resolve_named(..., "platforms/runtimes", "runtime") gives. Throws ConfigError.
RuntimeCost read_runtime(const Config& config);

}  // namespace teapot
