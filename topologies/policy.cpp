// Reads a routing policy.
// Does not know what the policies do.

#include "topologies/policy.hpp"

#include <algorithm>

#include "sim/limits.hpp"

namespace teapot {
namespace {

const std::vector<std::string> policies = {"static", "ecmp", "adaptive", "valiant", "ugal"};

RoutingPolicy::Paths paths_of(const std::string& word) {
  return static_cast<RoutingPolicy::Paths>(std::find(policies.begin(), policies.end(), word) - policies.begin());
}

}  // namespace

RoutingPolicy read_routing_policy(const Config& fabric) {
  using Paths = RoutingPolicy::Paths;
  RoutingPolicy policy;
  if (!fabric.has("routing", {"Which of several paths packets take: a word, or {policy: .., ...}", "ecmp", "static"}))
    return policy;
  const Config routing = fabric.at("routing");
  if (routing.is_scalar()) {
    policy.paths = paths_of(fabric.choice("routing", policies));
    return policy;
  }
  policy.paths =
      paths_of(routing.choice_or("policy", policies, "static", {"Which of several paths packets take", "ecmp"}));
  const auto cross = routing.choice_or(
      "cross_plane", {"source", "destination", "network"}, "source",
      {"Where a message to another plane changes: over NVLink at its source or destination, or in the network",
       "source", "", "pxn"});
  if (cross == "destination") policy.cross_plane = RoutingPolicy::CrossPlane::destination;
  if (cross == "network") policy.cross_plane = RoutingPolicy::CrossPlane::network;
  policy.seed = static_cast<std::uint64_t>(
      routing.get_or<std::int64_t>("seed", 1, {"Of the hashes of ECMP and the detours of Valiant", "1"}));
  if (policy.paths == Paths::ecmp)
    policy.flows = routing.positive_or<int>("flows", policy.flows,
                                            {"Queue pairs of each pair of GPUs, hashed one by one (ecmp)", "4"});
  if (policy.paths == Paths::valiant || policy.paths == Paths::ugal)
    policy.intermediates =
        routing.positive_or<int>("intermediates", policy.intermediates, {"Detours of each pair (valiant, ugal)", "4"});
  limits::at_most(routing, "flows", policy.flows, limits::paths);
  limits::at_most(routing, "intermediates", policy.intermediates, limits::paths);
  if (policy.paths == Paths::ugal &&
      routing.has("minimal_share", {"Part of the traffic on minimal paths (ugal)", "0.5", "what evens out the loads"}))
    policy.minimal_share = routing.fraction("minimal_share");
  return policy;
}

const char* to_text(RoutingPolicy::Paths paths) { return policies[static_cast<std::size_t>(paths)].c_str(); }

}  // namespace teapot
