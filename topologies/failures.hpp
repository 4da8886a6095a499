#pragma once
// Parts of a fabric that are broken or slow, named in its YAML.
// Knows no kind of fabric and does not reroute: routing leaves failed links out.

#include "sim/config.hpp"
#include "topologies/fabric.hpp"

namespace teapot {

/// `failures: [{link: leaf-0-1-2}, {switch: spine-0-4}, {plane: 3}, {nic: nic-0-3}]` fail for good;
/// `degrade: [{link: nic-0-3, bandwidth: 0.5, latency: 2}]` multiplies both, with the same ways to name a part and
/// `tier` besides. A link may be a cable or one direction of it. Throws ConfigError for a name that is not there.
void apply_failures(const Config& config, Fabric& fabric);

}  // namespace teapot
