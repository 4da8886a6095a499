#pragma once
// How a fabric chooses among paths: plain data, read from YAML.
// Knows no graph.

#include "sim/config.hpp"

namespace teapot {

struct RoutingPolicy {
  enum class Paths {
    fixed,  ///< one minimal path per destination: d-mod-k in trees, dimension order in grids
  };
  /// How bytes come to another plane or rail than the sender's own.
  enum class CrossPlane {
    source,       ///< over NVLink at the sender to the GPU that owns a port in the receiver's plane (NCCL calls it PXN)
    destination,  ///< on the sender's plane to the receiver's node, then over NVLink there
    network,      ///< through the switches, where the planes are joined
  };

  Paths paths = Paths::fixed;
  CrossPlane cross_plane = CrossPlane::source;
};

/// `routing: static`, or `routing: {policy: static, cross_plane: source}`; what is left out keeps its default.
RoutingPolicy read_routing_policy(const Config& fabric);

}  // namespace teapot
