// Programs beside one another on one network, simulated: alone where they share no link, slower where they do.

#include "sim/side_by_side.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "sim/engine.hpp"
#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using namespace teapot::testing;

namespace {

/// Ranks of a dumbbell of 8: who is `left` stays on the left side, others cross the trunk. In the order of a program.
Network chosen(const std::vector<int>& ranks) {
  Network network = dumbbell(8, 50.0_GBps, 50.0_GBps, 1.0_us);
  const auto route = network.route;
  const std::vector<int> gpus = network.gpus, domain = network.domain;
  network.gpus.clear();
  network.domain.clear();
  for (const int rank : ranks) {
    network.gpus.push_back(gpus[static_cast<std::size_t>(rank)]);
    network.domain.push_back(domain[static_cast<std::size_t>(rank)]);
  }
  network.route = [route, ranks](int source, int destination) {
    return route(ranks[static_cast<std::size_t>(source)], ranks[static_cast<std::size_t>(destination)]);
  };
  return network;
}

/// Two ranks that compute, exchange, and compute for different times.
Program exchange(double bytes, Seconds first) {
  return program(2, {compute({first, 1.0_ms}), collective(all_to_all(groups_of(2, 2), 1), Bytes{bytes}, {0}),
                     compute({1.0_ms, 2.0_ms}, {1})});
}

std::vector<double> ends_of(const SideBySide& all, const Timeline& timeline, std::size_t job) {
  std::vector<double> ends;
  for (const int op : all.ends[job]) ends.push_back(timeline.end(op, all.first_rank[job]).value);
  return ends;
}

double carried(const Timeline& timeline) {
  double sum = 0;
  for (const LinkUse& use : timeline.links) sum += use.bytes.value;
  return sum;
}

}  // namespace

TEST_CASE("side by side: programs on links of their own take what they take alone, to the last digit") {
  const Program a = exchange(5e6, 1.0_ms), b = exchange(9e6, 3.0_ms);
  const double a_alone = simulate(a, chosen({0, 1})).step.value;
  const double b_alone = simulate(b, chosen({4, 5})).step.value;
  const SideBySide all = side_by_side({{&a, 3}, {&b, 1}});
  const Timeline t = simulate(all.program, chosen({0, 1, 4, 5}));
  CHECK(ends_of(all, t, 0)[0] == a_alone);
  CHECK(ends_of(all, t, 1)[0] == b_alone);
  // A repeat begins on all ranks when the one before has ended on the last.
  CHECK(ends_of(all, t, 0)[1] == doctest::Approx(2 * a_alone).epsilon(1e-14));
  CHECK(ends_of(all, t, 0)[2] == doctest::Approx(3 * a_alone).epsilon(1e-14));
}

TEST_CASE("side by side: two equal exchanges over one cable take twice its time") {
  const Program a = program(2, {collective(all_to_all(groups_of(2, 2), 1), Bytes{50e6})});
  // Alone 50 MB / 50 GB/s = 1 ms and three links of 1 us; together the trunk carries 100 MB each way.
  CHECK(simulate(a, chosen({0, 4})).step.value == doctest::Approx(1.003e-3));
  const SideBySide all = side_by_side({{&a, 1}, {&a, 1}});
  const Timeline t = simulate(all.program, chosen({0, 4, 1, 5}));
  CHECK(ends_of(all, t, 0)[0] == doctest::Approx(2.003e-3));
  CHECK(ends_of(all, t, 1)[0] == doctest::Approx(2.003e-3));
}

TEST_CASE("side by side: links carry what the programs put on them, and none is faster than alone") {
  const Program a = exchange(50e6, 1.0_ms), b = exchange(20e6, 2.0_ms);
  const Timeline a_alone = simulate(a, chosen({0, 4})), b_alone = simulate(b, chosen({1, 5}));
  const SideBySide all = side_by_side({{&a, 2}, {&b, 3}});
  const Timeline t = simulate(all.program, chosen({0, 4, 1, 5}));
  CHECK(carried(t) == doctest::Approx(2 * carried(a_alone) + 3 * carried(b_alone)).epsilon(1e-12));
  CHECK(ends_of(all, t, 0)[1] >= 2 * a_alone.step.value * (1 - 1e-9));
  CHECK(ends_of(all, t, 1)[2] >= 3 * b_alone.step.value * (1 - 1e-9));
  CHECK(ends_of(all, t, 0)[1] + ends_of(all, t, 1)[2] > 2 * a_alone.step.value + 3 * b_alone.step.value);
}

TEST_CASE("side by side: one program once is itself") {
  const Program a = exchange(5e6, 1.0_ms);
  const SideBySide all = side_by_side({{&a, 1}});
  const Timeline alone = simulate(a, chosen({0, 4})), t = simulate(all.program, chosen({0, 4}));
  CHECK(std::equal(alone.end_s.begin(), alone.end_s.end(), t.end_s.begin()));
  CHECK(t.step == alone.step);
}
