// Sums over routes.
// Knows links only.

#include "sim/network.hpp"

#include "sim/index.hpp"

namespace teapot {

Seconds latency(const Network& network, const Route& route) {
  Seconds sum;
  for (const auto& hop : route) sum += hop.share * network.links[at(hop.link)].latency;
  return sum;
}

}  // namespace teapot
