// Reads a routing policy.
// Does not know what the policies do.

#include "topologies/policy.hpp"

namespace teapot {
namespace {

const std::vector<std::string> policies = {"static"};

}  // namespace

RoutingPolicy read_routing_policy(const Config& fabric) {
  RoutingPolicy policy;
  if (!fabric.has("routing")) return policy;
  const Config routing = fabric.at("routing");
  if (routing.is_scalar()) {
    fabric.choice("routing", policies);
    return policy;
  }
  if (routing.has("policy")) routing.choice("policy", policies);
  const auto cross = routing.choice_or("cross_plane", {"source", "destination", "network"}, "source");
  if (cross == "destination") policy.cross_plane = RoutingPolicy::CrossPlane::destination;
  if (cross == "network") policy.cross_plane = RoutingPolicy::CrossPlane::network;
  return policy;
}

}  // namespace teapot
