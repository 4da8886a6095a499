#pragma once
// What a technology is like where a fabric does not say: latencies of its cables, switches and adapters, its PCIe bus,
// what software adds to a message. Knows no kind of fabric; the figures are data (topologies/technologies/).

#include "sim/config.hpp"

namespace teapot {

/// The fabric with the keys of its technologies under its own: what is written stays. `technology` is a name or a list,
/// one for the network between nodes and one for the scale-up switch; by default InfiniBand of the NICs' speed and
/// NVLink. `ideal` adds nothing: no latency, no PCIe bus. `networked`: the kind has a network between nodes.
Config with_technology(const Config& fabric, bool networked);

}  // namespace teapot
