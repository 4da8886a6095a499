#pragma once
// Fabrics written in tests, and their routes in words.
// Simulates nothing.

#include <string>

#include "sim/catalogue.hpp"
#include "topologies/topology.hpp"

namespace teapot::testing {

inline Config config_of(const std::string& yaml) {
  return Config{resolve_named(Config::parse(yaml), "topologies", "fabric")};
}

inline Fabric build(const std::string& yaml) { return build_fabric(config_of(yaml)); }

/// Names of the links from GPU to GPU.
inline std::string text(const Network& network, int source, int destination) {
  std::string names;
  for (const Hop& hop : network.route(source, destination))
    names += (names.empty() ? "" : " ") + network.links[static_cast<std::size_t>(hop.link)].name;
  return names;
}

}  // namespace teapot::testing
