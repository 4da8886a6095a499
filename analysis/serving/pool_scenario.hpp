#pragma once
// The scenario of one unit of a pool, the fabric that all pools share, and the way of a cache from one pool to another.
// Knows no requests.

#include <functional>

#include "analysis/scenario/scenario.hpp"
#include "topologies/fabric.hpp"

namespace teapot {

/// The scenario of one unit of a pool: `deployment:` with the pool's keys over it, and a load that hardly takes memory.
Tree pool_tree(const Tree& tree, const Config& pool, const char* phase);

/// The fabric that a scenario names, or the default one. Throws ConfigError.
Fabric fabric_of(const Tree& tree);

/// From which pool to which caches go. On the fabric all units that decode stand first, then those that prefill.
struct CacheTransfer {
  const Scenario& prefill;
  const Scenario& decode;
  int decode_gpus = 0;  ///< of all units
  Bytes bytes_per_token;
};
/// Seconds that the cache of so many tokens takes, alone, from the first prefill unit to the first decode unit.
std::function<double(int tokens)> cache_transfer(const Network& network, const CacheTransfer& transfer);

/// The first decode unit, and who sends caches to it.
struct CacheStreams {
  Network network;       ///< its ranks are the unit's; its last passive endpoints the GPUs that send
  int first_sender = 0;  ///< among the passive endpoints
  int senders = 1;       ///< groups of a prefill unit: each sends one cache at a time
  int sender_gpus = 1;   ///< of one of them
  Bytes bytes_per_token;
};
CacheStreams cache_streams(const Network& network, const CacheTransfer& transfer);

}  // namespace teapot
