// Maps the links of each block onto those of the first.
// Does not know what they carry.

#include "sim/blocks.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "sim/index.hpp"

namespace teapot {
namespace {

bool alike(const Link& a, const Link& b) {
  return a.bandwidth == b.bandwidth && a.latency == b.latency && a.tier == b.tier;
}

bool same_hop(const Hop& a, const Hop& b) { return a.link == b.link && a.share == b.share; }

/// Which routes of a block are asked for: of ranks that the network says are alike, one is asked for all; the others
/// for those at home and for one of each way out, since what follows is the same for all of them.
class Asked {
 public:
  /// `routes`: of the first block, [from * size + to].
  Asked(const Network& network, int size, const std::vector<Route>& routes) : network_(network), size_(size) {
    for (int from = 0; from < size; ++from) {
      like_.push_back(like_of(from));
      asked_.emplace_back();
      const Route* const own = routes.data() + at(from) * at(size);
      const Route* const others = routes.data() + at(like_.back()) * at(size);
      std::vector<std::pair<Route, Route>> ways;  // out of both
      for (int to = 0; to < size; ++to) {
        if (like_.back() == from || at_home(from, to) || at_home(like_.back(), to) || is_new(own[to], others[to], ways))
          asked_.back().push_back(to);
      }
    }
  }
  /// The destinations of each rank, in order, that tell whether a block's routes are as the first one's: fewer than all
  /// where its ranks are alike and at home as those of the first.
  const std::vector<int>& of(int from) const { return asked_[at(from)]; }
  bool hold_for(int block) const {
    if (network_.alike.empty()) return true;
    const int first = block * size_;
    for (int r = 0; r < size_; ++r) {
      if (network_.alike[at(first + r)] != network_.alike[at(first + like_[at(r)])]) return false;
      if (r > 0 && (network_.domain[at(first + r)] == network_.domain[at(first + r - 1)]) != at_home(r, r - 1))
        return false;
    }
    return true;
  }

 private:
  bool at_home(int one, int other) const { return network_.domain[at(one)] == network_.domain[at(other)]; }
  /// The first of those that it is alike, or itself.
  int like_of(int rank) const {
    if (network_.alike.empty() || network_.alike[at(rank)] < 0) return rank;
    const auto first = network_.alike.begin();
    return static_cast<int>(std::find(first, first + rank, network_.alike[at(rank)]) - first);
  }
  /// Whether the way out, up to where the other's goes on alike, has not been met.
  static bool is_new(const Route& own, const Route& other, std::vector<std::pair<Route, Route>>& ways) {
    if (own.size() != other.size()) return true;
    std::size_t out = own.size();
    while (out > 0 && same_hop(own[out - 1], other[out - 1])) --out;
    const auto is_it = [&](const std::pair<Route, Route>& way) {
      return way.first.size() == out && std::equal(way.first.begin(), way.first.end(), own.begin(), same_hop) &&
             std::equal(way.second.begin(), way.second.end(), other.begin(), same_hop);
    };
    if (std::any_of(ways.begin(), ways.end(), is_it)) return false;
    const auto end = static_cast<std::ptrdiff_t>(out);
    ways.emplace_back(Route{own.begin(), own.begin() + end}, Route{other.begin(), other.begin() + end});
    return true;
  }

  const Network& network_;
  int size_;
  std::vector<int> like_;  // by rank of a block
  std::vector<std::vector<int>> asked_;
};

class BlockMap {
 public:
  BlockMap(const Network& network, int size)
      : network_(network),
        size_(size),
        owner_(network.links.size(), -1),
        image_(network.links.size(), -1),
        routes_(first_routes()),
        asked_(network, size, routes_) {
    for (int to = 0; to < size; ++to) all_.push_back(to);
  }

  /// The first difference that a block shows.
  Blocks compare(int block) {
    std::fill(image_.begin(), image_.end(), -1);
    const bool few = asked_.hold_for(block);
    for (int from = 0; from < size_; ++from) {
      for (const int to : few ? asked_.of(from) : all_) {
        const Blocks found = compare(block, network_.route(block * size_ + from, block * size_ + to),
                                     routes_[at(from) * at(size_) + at(to)]);
        if (found != Blocks::alike) return found;
      }
    }
    return Blocks::alike;
  }

 private:
  /// The first block's, and its links.
  std::vector<Route> first_routes() {
    std::vector<Route> routes;
    for (int from = 0; from < size_; ++from) {
      for (int to = 0; to < size_; ++to) {
        routes.push_back(network_.route(from, to));
        for (const Hop& hop : routes.back()) owner_[at(hop.link)] = 0;
      }
    }
    return routes;
  }

  Blocks compare(int block, const Route& route, const Route& first) {
    if (route.size() != first.size()) return Blocks::uneven;
    for (std::size_t i = 0; i < route.size(); ++i) {
      const int link = route[i].link;
      int& owner = owner_[at(link)];
      if (owner >= 0 && owner != block) return Blocks::shared;
      // A link of the block for each of the first's, the same one each time and never one for two.
      int& image = image_[at(first[i].link)];
      if (image < 0 && owner < 0) {
        image = link;
        owner = block;
        if (!alike(network_.links[at(link)], network_.links[at(first[i].link)])) return Blocks::uneven;
      }
      if (image != link || route[i].share != first[i].share) return Blocks::uneven;
    }
    return Blocks::alike;
  }

  const Network& network_;
  int size_;
  std::vector<int> owner_;     // by link: the block that uses it; -1: none yet
  std::vector<int> image_;     // by link of the first block: the one in its place
  std::vector<Route> routes_;  // of the first block, [from * size + to]
  Asked asked_;
  std::vector<int> all_;
};

}  // namespace

Blocks compare_blocks(const Network& network, int size) {
  assert(size > 0 && network.ranks() % size == 0);
  BlockMap map{network, size};
  for (int block = 1; block < network.ranks() / size; ++block) {
    const Blocks found = map.compare(block);
    if (found != Blocks::alike) return found;
  }
  return Blocks::alike;
}

}  // namespace teapot
