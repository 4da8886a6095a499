#pragma once
// Which nodes of a fabric a job gets: neighbours, nodes far apart, nodes by chance, or a list.
// Knows no job but its size.

#include <cstdint>
#include <vector>

#include "sim/config.hpp"
#include "topologies/fabric.hpp"

namespace teapot {

/// Reads `placement` of a section: packed, scattered, random or a list of nodes. The nodes of `gpus` GPUs in the order
/// of their ranks; empty where they are the first ones. Throws ConfigError where a list names a node that the fabric
/// lacks, or one twice, or too few.
std::vector<int> read_allocation(const Config& section, const Fabric& fabric, int gpus, std::uint64_t seed);

/// The network of `gpus` GPUs on these nodes: rank after rank, node after node.
Network on_nodes(const Fabric& fabric, const std::vector<int>& nodes, int gpus);

}  // namespace teapot
