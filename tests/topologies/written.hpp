#pragma once
// Fabrics written in tests, and their routes in words.
// Simulates nothing.

#include <doctest/doctest.h>

#include <initializer_list>
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

/// Calls f(fabric) for each that is shipped and small enough to be built, with each of the routings.
template <class F>
void on_every_fabric(std::initializer_list<const char*> routings, F&& f) {
  for (const auto& name : fabric_names()) {
    for (const char* routing : routings) {
      CAPTURE(name);
      CAPTURE(routing);
      const Config config = config_of("{from: " + name + ", routing: " + routing + "}");
      Site site;
      const Figures figures = figures_of(config, site);
      if (!figures.no_graph.empty() || site.endpoints() > 20'000) continue;
      f(build_fabric(config));
    }
  }
}

}  // namespace teapot::testing
