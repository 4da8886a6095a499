#pragma once
// The hosts of a scenario: what `host:`, `memory:` and `traffic:` say, and what follows for network and machine.
// Does not know what a step does with them.

#include "analysis/scenario/scenario.hpp"
#include "workloads/layout/memory.hpp"

namespace teapot {

/// Reads `host` and `memory` where anything lies off the GPU. Throws ConfigError.
void read_host(const Config& config, Scenario& scenario, PartReader& parts);
/// Reads `traffic`: how classes of traffic share links.
void read_traffic(const Config& config, Scenario& scenario);
/// A box around the scenario's GPUs, where no fabric is named: one scale-up switch and the host's links.
Tree box_of(const Scenario& scenario);
/// The links of a host in a fabric that does not say its own.
void plug_in_host(const HostPart& host, Tree& fabric);
/// What ranks of the network have for hosts, and how fast these compute. Throws where the network has none.
void use_host(const Config& config, Scenario& scenario);
/// How long the part of its host's CPUs that a rank has takes for kernels.
TimeKernel cpu_time(const Scenario& scenario);
/// Throws DoesNotFit where the GPUs of a host want more of it than it has.
void require_host_memory(const Scenario& scenario, const Memory& need);
/// Puts the whole host and its CPU in place of their names.
void resolve_host(const Config& config, Tree& all, PartReader& parts);

}  // namespace teapot
