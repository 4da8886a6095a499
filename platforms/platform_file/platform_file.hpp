#pragma once
// SimGrid platform files (XML 4.1): a network written as one, and a network read from one, whoever wrote it.
// Knows no kind of fabric; declarations here show no SimGrid type.

#include <cstddef>
#include <limits>
#include <string>

#include "sim/network.hpp"

namespace teapot {

/// What a platform file can hold beyond the network.
struct PlatformExtras {
  BytesPerSecond hbm;  ///< speed of each GPU's memory, written as a disk of its host; none where it is zero
};

struct PlatformFile {
  std::string xml;
  std::size_t pairs = 0;         ///< of different ranks, and of a rank and a host, each way
  std::size_t spread_pairs = 0;  ///< pairs that the network spreads over several paths; the file keeps one of them
  std::size_t bypasses = 0;      ///< pairs whose route no shortest path gives, written one by one
  std::size_t left_out = 0;      ///< links that no route between GPUs, or between a GPU and its CPU, crosses
};

/// The network as one flat zone with `routing="DijkstraCache"`: SimGrid's routes between GPUs, and between them and the
/// hosts that hold bytes for them, are exactly the network's. Throws ConfigError where that would take a line for each
/// of more than 500,000 pairs.
PlatformFile to_platform_file(const Network& network, const PlatformExtras& extras = {});
inline std::string to_platform_xml(const Network& network) { return to_platform_file(network).xml; }

/// Loads a file through SimGrid, in a child process, with the routes of its first `max_ranks` ranks.
/// Ranks are the hosts with a `rank` property; without any, those whose role or name says gpu; without any, all hosts.
/// Throws ConfigError with the file's name (and SimGrid's own words) where the file cannot be used.
Network read_platform(const std::string& file, int max_ranks = std::numeric_limits<int>::max());

}  // namespace teapot
