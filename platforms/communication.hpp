#pragma once
// What the kernels of a communication library cost beyond the bytes: its software floor and how well it uses links.
// Knows no fabric: links are named by tier, as fabrics name them.

#include "sim/config.hpp"
#include "sim/costs.hpp"

namespace teapot {

/// From the mapping that resolve_named(..., "platforms/communication", "communication library") gives: for each
/// operation its overhead, SM share and use of tiers. The result throws ConfigError for an operation the library lacks.
CollectiveCosts read_communication(const Config& config);

}  // namespace teapot
