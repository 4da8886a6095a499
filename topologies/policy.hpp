#pragma once
// How a fabric chooses among paths: plain data, read from YAML.
// Knows no graph.

#include <cstdint>

#include "sim/config.hpp"

namespace teapot {

struct RoutingPolicy {
  enum class Paths {
    fixed,     ///< one minimal path per destination: d-mod-k in trees, dimension order in grids
    ecmp,      ///< each flow takes the minimal path its hash falls on, collisions included
    adaptive,  ///< bytes spread evenly over all minimal next hops, as packet spraying does
    valiant,   ///< by way of random switches, minimal to each and from each (Valiant 1982)
    ugal,      ///< part of the bytes minimal, part by way of random switches (Singh 2005)
  };
  /// How bytes come to another plane or rail than the sender's own.
  enum class CrossPlane {
    source,       ///< over NVLink at the sender to the GPU that owns a port in the receiver's plane (NCCL calls it PXN)
    destination,  ///< on the sender's plane to the receiver's node, then over NVLink there
    network,      ///< through the switches, where the planes are joined
  };

  Paths paths = Paths::fixed;
  CrossPlane cross_plane = CrossPlane::source;
  std::uint64_t seed = 1;     ///< of the hash and of the random switches
  int flows = 1;              ///< ecmp: connections of a pair, hashed apart
  int intermediates = 4;      ///< valiant, ugal: random switches of a pair, an equal share by way of each
  double minimal_share = -1;  ///< ugal: part of the bytes on minimal paths; negative: H_v / (H_m + H_v), see Paths
};

/// `routing: ecmp`, or `routing: {policy: ecmp, cross_plane: source, seed: 7, flows: 4}`; what is left out keeps its
/// default. The policies are static, ecmp, adaptive, valiant and ugal.
RoutingPolicy read_routing_policy(const Config& fabric);

/// The name of the policy in YAML.
const char* to_text(RoutingPolicy::Paths paths);

}  // namespace teapot
