// Blocks of ranks: when one stands for all.

#include "sim/blocks.hpp"

#include <doctest/doctest.h>

using namespace teapot;
using namespace teapot::literals;

namespace {

/// Pairs of ranks, each pair under a switch of its own; all switches under one.
Network pairs(int count) {
  Network n;
  const auto link = [&](int from, int to, const char* tier) {
    n.links.push_back({"l" + std::to_string(n.links.size()), tier, from, to, 10.0_GBps, Seconds{1e-6}});
  };
  const int root = 3 * count;
  for (int p = 0; p < count; ++p) {
    for (int i = 0; i < 2; ++i) {
      n.gpus.push_back(3 * p + i);
      n.domain.push_back(2 * p + i);
      link(3 * p + i, 3 * p + 2, "nic");  // 6p + 2i: up
      link(3 * p + 2, 3 * p + i, "nic");  // 6p + 2i + 1: down
    }
    link(3 * p + 2, root, "leaf");
    link(root, 3 * p + 2, "leaf");
  }
  n.nodes.resize(static_cast<std::size_t>(root) + 1);
  n.route = [](int from, int to) -> Route {
    if (from == to) return {};
    const auto first = [](int rank) { return 6 * (rank / 2); };
    Route route{{first(from) + 2 * (from % 2), 1}};
    if (from / 2 != to / 2) {
      route.push_back({first(from) + 4, 1});
      route.push_back({first(to) + 5, 1});
    }
    route.push_back({first(to) + 2 * (to % 2) + 1, 1});
    return route;
  };
  return n;
}

}  // namespace

TEST_CASE("blocks: those under switches of their own are alike") {
  CHECK(compare_blocks(pairs(4), 2) == Blocks::alike);
  CHECK(compare_blocks(pairs(4), 8) == Blocks::alike);  // one block is like itself
  CHECK(compare_blocks(pairs(4), 1) == Blocks::alike);  // ranks that talk to nobody use no link
}

TEST_CASE("blocks: one slower or farther link in any of them tells it apart") {
  for (const int link : {0, 7, 19}) {
    Network slow = pairs(4);
    slow.links[static_cast<std::size_t>(link)].bandwidth = 9.0_GBps;
    CHECK(compare_blocks(slow, 2) == Blocks::uneven);
    Network far = pairs(4);
    far.links[static_cast<std::size_t>(link)].latency = Seconds{2e-6};
    CHECK(compare_blocks(far, 2) == Blocks::uneven);
  }
  Network unused = pairs(4);
  unused.links[4].bandwidth = 1.0_GBps;  // between switches: no pair of a block goes there
  CHECK(compare_blocks(unused, 2) == Blocks::alike);
}

TEST_CASE("blocks: that lie across switches, so that two of them cross one link, share it") {
  Network n = pairs(4);
  const auto straight = n.route;
  // Ranks in another order: blocks {0, 2} and {1, 3} both climb from switch 0 to switch 1, and so on.
  n.route = [straight](int from, int to) {
    constexpr int order[] = {0, 2, 1, 3, 4, 6, 5, 7};
    return straight(order[from], order[to]);
  };
  CHECK(compare_blocks(n, 2) == Blocks::shared);
  CHECK(compare_blocks(n, 4) == Blocks::alike);
}

TEST_CASE("blocks: a way that takes other links, or as many in another order, is uneven") {
  Network n = pairs(4);
  const auto straight = n.route;
  n.route = [straight](int from, int to) {
    Route route = straight(from, to);
    if (from == 6) route.push_back({22, 1});  // a detour in the last block
    return route;
  };
  CHECK(compare_blocks(n, 2) == Blocks::uneven);
}
