// What collectives put on links, against sums over pairs: unicast, multicast, reduction, puts and gets.

#include "sim/collective_load.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <cmath>

#include <map>

#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using namespace teapot::testing;

namespace {

Traffic random_matrix(int ranks) {
  std::vector<double> dense(static_cast<std::size_t>(ranks * ranks));
  for (auto& copies : dense) copies = *rc::gen::inRange(0, 400);
  return from_dense(ranks, dense);
}

/// Copies by link, pair by pair along the network's own routes.
std::vector<double> by_hand(const Network& network, const Traffic& sent) {
  std::vector<double> copies(network.links.size());
  for (int s = 0; s < sent.ranks; ++s) {
    sent.for_each_receiver(s, [&](int d, double count) {
      for (const Hop& hop : network.route(s, d)) copies[static_cast<std::size_t>(hop.link)] += count * hop.share;
    });
  }
  return copies;
}

struct Load {
  Network network;
  Program program;
  RouteTable routes{network, program};
  Load(Network n, Operator op) : network(std::move(n)), program(testing::program(network.ranks(), {std::move(op)})) {}
  std::vector<double> copies() {
    const auto& collective = std::get<Collective>(program.operators[0].work);
    Transposes transposes;
    const CollectiveLoad load = load_of(routes, collective, *started_by(collective, transposes));
    std::vector<double> all;
    for (int l = 0; l < static_cast<int>(network.links.size()); ++l) {
      all.push_back(load.copies[static_cast<std::size_t>(routes.stand_in(l))]);
    }
    return all;
  }
};

Operator carried(Traffic traffic, Collective::Carry carry, Collective::Start start = Collective::Start::sender) {
  Operator op = collective(std::move(traffic), 1.0_KB);
  std::get<Collective>(op.work).carry = carry;
  std::get<Collective>(op.work).start = start;
  return op;
}

}  // namespace

TEST_CASE("collective load: unicast is the sum over the pairs' routes, put or fetched") {
  rc::check([] {
    const int ranks = *rc::gen::inRange(2, 20);
    const Network network = dumbbell(ranks, 50.0_GBps, 25.0_GBps, 1.0_us);
    const Traffic traffic = random_matrix(ranks);
    const auto expected = by_hand(network, traffic);
    RC_ASSERT(Load(network, carried(traffic, Collective::Carry::each)).copies() == expected);
    RC_ASSERT(Load(network, carried(traffic, Collective::Carry::each, Collective::Start::receiver)).copies() ==
              expected);
  });
}

TEST_CASE("collective load: multicast crosses the trunk once for a sender, reduction once for a receiver") {
  const int ranks = 8;  // four on each side
  const Traffic all = all_to_all(one_group(ranks), 3);
  for (const auto start : {Collective::Start::sender, Collective::Start::receiver}) {
    Load once(dumbbell(ranks, 50.0_GBps, 25.0_GBps, 1.0_us), carried(all, Collective::Carry::once, start));
    const auto multicast = once.copies();
    CHECK(multicast[16] == 4 * 3);  // trunk: each of the four senders of a side once
    CHECK(multicast[0] == 3);       // up from rank 0: once for all of its receivers
    CHECK(multicast[1] == 7 * 3);   // down to rank 0: one copy from each other rank
    Load summed(dumbbell(ranks, 50.0_GBps, 25.0_GBps, 1.0_us), carried(all, Collective::Carry::summed, start));
    const auto reduction = summed.copies();
    CHECK(reduction[16] == 4 * 3);  // trunk: one sum for each of the four receivers of the other side
    CHECK(reduction[0] == 7 * 3);   // up from rank 0: another part for each receiver
    CHECK(reduction[1] == 3);       // down to rank 0: one sum
  }
}

TEST_CASE("collective load: multicast carries the tokens that go to anybody behind a link, in the mean") {
  const int ranks = 8;  // four on each side
  const double tokens = 64, copies = 16;
  Traffic all = all_to_all(one_group(ranks), copies);
  all.tokens = tokens;
  const auto to_any_of = [&](int peers) { return tokens * (1 - std::pow(1 - copies / tokens, peers)); };
  for (const auto start : {Collective::Start::sender, Collective::Start::receiver}) {
    Load once(dumbbell(ranks, 50.0_GBps, 25.0_GBps, 1.0_us), carried(all, Collective::Carry::once, start));
    const auto multicast = once.copies();
    CHECK(multicast[0] == doctest::Approx(to_any_of(7)).epsilon(1e-12));       // up from rank 0
    CHECK(multicast[16] == doctest::Approx(4 * to_any_of(4)).epsilon(1e-12));  // trunk, for each sender of a side
    CHECK(multicast[1] == doctest::Approx(7 * copies).epsilon(1e-12));         // down: all that it is sent
    Load summed(dumbbell(ranks, 50.0_GBps, 25.0_GBps, 1.0_us), carried(all, Collective::Carry::summed, start));
    CHECK(summed.copies()[1] == doctest::Approx(to_any_of(7)).epsilon(1e-12));
    CHECK(summed.copies()[16] == doctest::Approx(4 * to_any_of(4)).epsilon(1e-12));
  }
}

TEST_CASE(
    "collective load: multicast carries the most that any receiver behind a link needs, never more than unicast") {
  rc::check([] {
    const int ranks = *rc::gen::inRange(2, 16);
    const Network network = dumbbell(ranks, 50.0_GBps, 25.0_GBps, 1.0_us);
    const Traffic traffic = random_matrix(ranks);
    const auto each = Load(network, carried(traffic, Collective::Carry::each)).copies();
    const auto once = Load(network, carried(traffic, Collective::Carry::once)).copies();
    const auto summed = Load(network, carried(traffic, Collective::Carry::summed)).copies();
    const auto turned = Load(network, carried(transposed(traffic), Collective::Carry::once)).copies();
    for (std::size_t l = 0; l < each.size(); ++l) {
      RC_ASSERT(once[l] <= each[l]);
      RC_ASSERT(summed[l] == turned[l ^ 1U]);  // a reduction is the multicast of the transpose, the other way
    }
    for (int s = 0; s < ranks; ++s) {
      double most = 0;
      traffic.for_each_receiver(s, [&](int, double copies) { most = std::max(most, copies); });
      RC_ASSERT(once[static_cast<std::size_t>(2 * s)] == most);
    }
  });
}

TEST_CASE("collective load: a copy's time on a link is its bytes at the wire's rate and a message") {
  Collective collective;
  collective.bytes_per_copy = 1.0_MB;
  auto wire = std::make_shared<Wire>();
  wire->tiers["nic"] = {0.5, 3.0_us, 0.0_us};
  collective.wire = wire;
  const Network network = star(2, 50.0_GBps, 0.0_us);
  CHECK(time_of_copy(collective, network.links[0]).value == doctest::Approx(1e6 / 25e9 + 3e-6).epsilon(1e-12));
  collective.wire = nullptr;
  CHECK(time_of_copy(collective, network.links[0]).value == doctest::Approx(1e6 / 50e9).epsilon(1e-12));
}

TEST_CASE("collective load: the latency of a rank is that of the longest way from one of its senders") {
  const Network network = dumbbell(4, 50.0_GBps, 25.0_GBps, 1.0_us);
  const Program p = program(4, {collective(from_dense(4, {0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}), 1.0_KB)});
  const RouteTable routes{network, p};
  const auto& work = std::get<Collective>(p.operators[0].work);
  const CollectiveLoad load = load_of(routes, work, *work.traffic);
  CHECK(load.latency_s[1] == doctest::Approx(3e-6).epsilon(1e-12));  // from rank 2 over the trunk
  CHECK(load.latency_s[0] == 0);
}
