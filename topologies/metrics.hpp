#pragma once
// What the shape of a fabric's network is worth: distances, path diversity, bisection, and the latency of a message.
// Knows no kind of fabric.

#include <functional>
#include <string>

#include "topologies/topology.hpp"

namespace teapot {

struct Metrics {
  int diameter = 0;          ///< cables between the farthest two switches that have endpoints
  double mean_path = 0;      ///< cables between the switches of two different endpoints, the mean over all pairs
  double minimal_paths = 1;  ///< paths with the fewest cables between two switches with endpoints, the mean
  int sampled = 0;           ///< minimal_paths is the mean from so many switches; 0: from all
  BytesPerSecond bisection;  ///< one direction, between two halves of the endpoints
  std::string bisection_basis;
  Seconds latency_near;    ///< of the wire, two endpoints of one switch, line to line
  Seconds latency_far;     ///< of the wire, two endpoints as far apart as routing takes them in a plane
  Seconds latency_nvlink;  ///< inside a scale-up domain
  BytesPerSecond nvlink_bandwidth;
};

/// Exact over all pairs of switches; 16,352 switches take some seconds. `progress` gets fractions done.
Metrics metrics_of(const Fabric& fabric, const Figures& figures, const std::function<void(double)>& progress = {});

/// Links between the first and the second half of the endpoints, in their order, one direction: an upper bound of the
/// bisection where every switch has endpoints.
BytesPerSecond cut_between_halves(const Fabric& fabric);

}  // namespace teapot
