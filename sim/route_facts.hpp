#pragma once
// What the fluid model works out of a network's routes and of matrices alone: the same for every program that runs on
// those routes, whatever its times. Knows no time, no bytes and no operator.

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "sim/batch_sums.hpp"
#include "sim/collective_support.hpp"
#include "sim/network.hpp"
#include "sim/place_blocks.hpp"
#include "sim/program.hpp"
#include "sim/recent.hpp"
#include "sim/route_table.hpp"
#include "sim/shape_ways.hpp"
#include "sim/traffic.hpp"
#include "sim/used_pairs.hpp"

namespace teapot {

/// Where links stand in columns: those in rows first (final, near, middle), so that what a batch puts on them is put on
/// all at once, then all others.
struct LinkPlaces {
  LinkPlaces(const LinkRows& rows, std::size_t links);
  std::vector<int> place_of;  ///< by link
  std::vector<int> link_at;   ///< by place; no link: -1
};

/// What single ranks put on links, of matrices whose programs come again.
class KeptLoads {
 public:
  struct OfMatrix {
    std::vector<std::vector<ShortBlock>> of_rank;  // empty: not known
    std::vector<WideBlock> of_all;                 // likewise
  };

  /// All must outlive this. `matrices`: so many at most, the last ones.
  KeptLoads(const RouteTable& routes, const LinkRows& rows, const LinkPlaces& places, BatchSums& sums,
            std::size_t matrices);
  /// Of a matrix that senders start, with routes in parts and counts that are short (LinkCopies::in_parts); null where
  /// a rank sends so much that its sums are not, or where matrices do not come again.
  std::shared_ptr<OfMatrix> of(const std::shared_ptr<const Traffic>& started);
  /// What a rank puts on links.
  std::span<const ShortBlock> alone(OfMatrix& known, const Traffic& started, int rank);
  /// The same of several together, each once; valid until the next call.
  std::span<const WideBlock> together(OfMatrix& known, const Traffic& started, const std::vector<int>& ranks);

 private:
  const RouteTable& routes_;
  const LinkRows& rows_;
  const LinkPlaces& places_;
  BatchSums& sums_;
  PlaceSums by_place_;
  std::vector<ShortBlock> found_;   // of one rank, before they are kept in as much memory as they need
  std::vector<WideBlock> several_;  // of the last call
  struct Kept {
    bool looked_at = false;           // whether its sums are short enough: not before it is to be kept
    std::shared_ptr<OfMatrix> loads;  // null: they are not
  };
  bool worth_keeping() const;

  Recent<std::shared_ptr<const Traffic>, Kept> kept_;
  std::size_t came_ = 0, came_again_ = 0;
};

struct RouteFacts {
  /// `matrices`: of how many what follows from them is kept.
  RouteFacts(RouteTable table, LinkRows link_rows, int ranks, std::size_t matrices);
  RouteFacts(const RouteFacts&) = delete;
  RouteFacts& operator=(const RouteFacts&) = delete;

  RouteTable routes;
  LinkRows rows;
  LinkPlaces places;
  Transposes transposes;
  Supports supports;
  BatchSums sums;
  std::unique_ptr<KeptLoads> loads;  ///< null: programs do not come again
};

/// Of a program that runs once.
std::shared_ptr<RouteFacts> facts_of(const Network& network, const Program& program);

/// What a table of routes is made from beside the network.
struct RoutesAsked {
  explicit RoutesAsked(const Program& program);
  bool operator==(const RoutesAsked&) const = default;

  int ranks, endpoints;
  UsedPairs used;
  std::vector<Wire> wires;  // each once; of none, where a collective has none: one without tiers
};

/// Facts of routes that came before, for a process that runs many programs; those of the last few networks.
class KnownRoutes {
 public:
  /// Those of this program's routes on this network.
  std::shared_ptr<RouteFacts> of(const Network& network, const Program& program);

 private:
  struct Known {
    Network network;  // the last that led to these routes, and what was asked of it
    RoutesAsked asked;
    std::shared_ptr<RouteFacts> facts;
  };
  std::vector<Known> known_;  // asked for last: last
};

}  // namespace teapot
