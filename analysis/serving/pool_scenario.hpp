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

/// Seconds that the cache of so many tokens takes, alone, from the first prefill unit to the first decode unit, which
/// stands behind all prefill units.
struct CacheTransfer {
  const Scenario& prefill;
  const Scenario& decode;
  int prefill_gpus = 0;  ///< of all units
  Bytes bytes_per_token;
};
std::function<double(int tokens)> cache_transfer(const Network& network, const CacheTransfer& transfer);

}  // namespace teapot
