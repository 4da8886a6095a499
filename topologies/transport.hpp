#pragma once
// What carries messages over a network between nodes: whether full queues stop what feeds them, and which paths packets
// take where a fabric does not say. Knows no kind of fabric; the figures are data (topologies/transports/).

#include "sim/config.hpp"
#include "sim/network.hpp"

namespace teapot {

/// `transport: roce-pfc-dcqcn`, or `{from: .., input_buffer: 1 MB}`; without, queues never stop anything.
Backlog read_transport(const Config& fabric);

/// Keys of a fabric that follow from its transport; an empty mapping where none is written.
Tree implied_by_transport(const Config& fabric);

}  // namespace teapot
