// Sums over routes.
// Knows links only.

#include "sim/network.hpp"

namespace teapot {

Seconds latency(const Network& network, const Route& route) {
  Seconds sum;
  for (const auto& hop : route) sum += hop.share * network.links[static_cast<std::size_t>(hop.link)].latency;
  return sum;
}

}  // namespace teapot
