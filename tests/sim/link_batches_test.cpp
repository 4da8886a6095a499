// What ranks put on links together, kept and made from what was kept, against what each puts there.

#include "sim/link_batches.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <vector>

#include "sim/random.hpp"
#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using namespace teapot::testing;

namespace {

constexpr int senders = 12;

/// NICs and five trunks, two of which each pair takes in these parts.
Network over_two_trunks(double share) {
  Network network = star(senders, 50.0_GBps, 1.0_us);
  const int first = static_cast<int>(network.links.size());
  for (int t = 0; t < 5; ++t) network.links.push_back({"trunk-" + std::to_string(t), "leaf", 0, 0, 100.0_GBps, 1.0_us});
  network.route = [first, share](int source, int destination) {
    const int one = (source * 3 + destination) % 5;
    return Route{{2 * source, 1}, {first + one, share}, {first + (one + 2) % 5, 1 - share}, {2 * destination + 1, 1}};
  };
  return network;
}

/// Or nothing between some, who wait for each other all the same: what goes to rank 4 has links without copies.
Traffic three_each(bool but_some) {
  Traffic traffic(senders);
  for (int from = 0; from < senders; ++from) {
    for (int to = 0; to < senders; ++to) {
      if (to != from) traffic.add(to, but_some && to == 4 ? 0 : 3);
    }
    traffic.end_row();
  }
  traffic.groups = one_group(senders);
  return traffic;
}

std::map<int, double> sums(const std::vector<LinkBatches::OnLink>& batch) {
  std::map<int, double> of_link;
  for (const auto& [link, copies] : batch) of_link[link] += copies;
  return of_link;
}

/// Some ranks, of which the first is always one, so that one batch follows another.
std::vector<int> some_ranks(Random& random) {
  std::vector<int> ranks{0};
  for (int rank = 1; rank < senders; ++rank) {
    if (random.below(4) != 0) ranks.push_back(rank);
  }
  if (random.below(5) == 0) std::swap(ranks.front(), ranks.back());
  return ranks;
}

}  // namespace

TEST_CASE("link batches: those made from one before are the same to the bit as rank by rank") {
  for (const double share : {0.5, 0.3}) {  // sums of the second depend on their order
    for (const bool some_have_none : {false, true}) {
      const Network network = over_two_trunks(share);
      const Program p = program(senders, {collective(three_each(some_have_none), 1.0_KB)});
      const auto& exchange = std::get<Collective>(p.operators.front().work);
      const RouteTable routes{network, p};
      LinkCopies copies{routes, exchange, *exchange.traffic};
      CHECK(copies.exact() == (share == 0.5));
      LinkBatches kept{network.links.size()};
      LinkBatches plain{network.links.size()};
      CHECK(kept.recall(exchange.traffic, exchange) == -1);
      const int number = kept.recall(exchange.traffic, exchange);
      CHECK(number >= 0);
      Random random{7};
      for (int i = 0; i < 60; ++i) {
        const std::vector<int> ranks = some_ranks(random);
        CHECK(sums(kept.of(copies, ranks, number)) == sums(plain.of(copies, ranks, -1)));
      }
    }
  }
}
