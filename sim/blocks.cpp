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

class BlockMap {
 public:
  BlockMap(const Network& network, int size)
      : network_(network), size_(size), owner_(network.links.size(), -1), image_(network.links.size(), -1) {}

  /// The first block's links, and its routes for the others to be compared with.
  void take_first() {
    for (int from = 0; from < size_; ++from) {
      for (int to = 0; to < size_; ++to) {
        routes_.push_back(network_.route(from, to));
        for (const Hop& hop : routes_.back()) owner_[at(hop.link)] = 0;
      }
    }
  }

  /// The first difference that a block shows.
  Blocks compare(int block) {
    std::fill(image_.begin(), image_.end(), -1);
    for (int from = 0; from < size_; ++from) {
      for (int to = 0; to < size_; ++to) {
        const Blocks found = compare(block, network_.route(block * size_ + from, block * size_ + to),
                                     routes_[at(from) * at(size_) + at(to)]);
        if (found != Blocks::alike) return found;
      }
    }
    return Blocks::alike;
  }

 private:
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
  std::vector<int> owner_;  // by link: the block that uses it; -1: none yet
  std::vector<int> image_;  // by link of the first block: the one in its place
  std::vector<Route> routes_;
};

}  // namespace

Blocks compare_blocks(const Network& network, int size) {
  assert(size > 0 && network.ranks() % size == 0);
  BlockMap map{network, size};
  map.take_first();
  for (int block = 1; block < network.ranks() / size; ++block) {
    const Blocks found = map.compare(block);
    if (found != Blocks::alike) return found;
  }
  return Blocks::alike;
}

}  // namespace teapot
