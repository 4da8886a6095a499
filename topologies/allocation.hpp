#pragma once
// Which nodes of a fabric a job gets: neighbours, nodes far apart, nodes by chance, or a list.
// Knows no job but its size.

#include <cstdint>
#include <set>
#include <vector>

#include "sim/config.hpp"
#include "topologies/fabric.hpp"

namespace teapot {

/// Reads `placement` of a section: packed, scattered, random or a list of nodes. The nodes of `gpus` GPUs in the order
/// of their ranks; empty where they are the first ones. Throws ConfigError where a list names a node that the fabric
/// lacks, or one twice, or too few.
std::vector<int> read_allocation(const Config& section, const Fabric& fabric, int gpus, std::uint64_t seed);
/// The same from the nodes that others have left; never empty. Throws ConfigError where too few are.
std::vector<int> read_allocation(const Config& section, const Fabric& fabric, int gpus, std::uint64_t seed,
                                 const std::set<int>& taken);

/// The network of `gpus` GPUs on these nodes: rank after rank, node after node.
Network on_nodes(const Fabric& fabric, const std::vector<int>& nodes, int gpus);
/// The GPUs with these numbers in the fabric, in the order of ranks.
Network on_gpus(const Fabric& fabric, const std::vector<int>& gpus);
/// The numbers of the first GPUs of these nodes.
std::vector<int> gpus_of(const Fabric& fabric, const std::vector<int>& nodes, int gpus);

}  // namespace teapot
