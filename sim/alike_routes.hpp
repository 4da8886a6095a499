#pragma once
// Routes of sources that are alike, stored once: a way out of each, and what all of them have in common.
// Knows no transfers and no time.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "sim/network.hpp"
#include "sim/shared_paths.hpp"

namespace teapot {

/// The ranks of a source's scale-up domain around it, or where those are most of all the source alone.
struct Home {
  int first = 0;
  int last = 0;
  bool holds(int rank) const { return first <= rank && rank <= last; }
};
Home home_of(const Network& network, int ranks, int source);

/// The routes of sources with one number in Network::alike to all ranks that are not at home with them.
struct AlikeRoutes {
  /// Destinations that are reached the same way out, over as many tiers and with the same latency.
  struct Kind {
    Route out;                  // of the first source
    double latency_s = 0;       // of whole routes
    std::uint32_t tiers = 0;    // a bit for each
    std::vector<int> examples;  // a few destinations, of different homes
  };
  std::vector<Kind> kinds;
  std::vector<std::uint32_t> kind;           // by destination
  std::vector<SharedPaths::Id> rest;         // by destination: what follows the way out
  std::vector<int> members;                  // sources of which this holds
  std::vector<std::vector<Route>> ways_out;  // of each member, by kind

  /// Of these sources, which the network says are alike. Two of them are asked for all of their routes, the others for
  /// one of each kind and a few more: who answers otherwise is no member. `rests` holds what follows the ways out;
  /// `tiers` tells those of a route.
  using Tiers = std::function<std::uint32_t(const Route&)>;
  AlikeRoutes(const Network& network, int ranks, const std::vector<int>& sources, SharedPaths& rests,
              const Tiers& tiers);

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  bool find_kinds(const Network& network, int ranks, int first, int second, const Tiers& tiers, SharedPaths& rests);
  bool take(const Network& network, int destination, const Route& a, const Route& b, const Tiers& tiers,
            std::vector<Route>& second_out, SharedPaths& rests);
  bool take_alone(const Network& network, int destination, const Route& route, const std::vector<Route>& outs,
                  const std::vector<Route>& others_outs, const Tiers& tiers, SharedPaths& rests);
  bool agrees(const Network& network, int destination, const Route& route, const SharedPaths& rests,
              const Route& out) const;
  bool add_member(const Network& network, int ranks, int source, const SharedPaths& rests);
};

}  // namespace teapot
