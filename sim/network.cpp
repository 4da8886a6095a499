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

BytesPerSecond scale_up_bandwidth(const Network& network) {
  for (int to = 1; to < network.ranks(); ++to) {
    if (network.domain[static_cast<std::size_t>(to)] != network.domain[0]) continue;
    BytesPerSecond narrowest;
    for (const auto& hop : network.route(0, to)) {
      const BytesPerSecond rate = network.links[static_cast<std::size_t>(hop.link)].bandwidth / hop.share;
      if (narrowest == BytesPerSecond{} || rate < narrowest) narrowest = rate;
    }
    return narrowest;
  }
  return {};
}

}  // namespace teapot
