// The engine against closed forms and against itself: operators, transfers, overlap, and both depths of the network.

#include "sim/engine.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "sim/config.hpp"
#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using namespace teapot::testing;

namespace {

const doctest::Approx exactly(Seconds time) { return doctest::Approx(time.value).epsilon(1e-12); }

Traffic uniform(int ranks, double copies = 1) { return all_to_all(one_group(ranks), copies); }

/// Random copies from 0 to 20 for each pair, the first ranks up to `skew` times more popular as receivers.
Traffic random_traffic(int ranks, std::uint64_t seed, double skew) {
  std::vector<double> dense(static_cast<std::size_t>(ranks * ranks));
  for (auto& copies : dense) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    copies = static_cast<double>(seed >> 33 & 0x1f);
  }
  for (int s = 0; s < ranks; ++s) {
    for (int d = 0; d < ranks; ++d) {
      dense[static_cast<std::size_t>(s * ranks + d)] *= 1 + (skew - 1) * (d < ranks / 8 ? 1 : 0);
    }
  }
  return from_dense(ranks, dense);
}

Timeline at_depth(const Program& p, const Network& n, NetworkDepth depth) {
  SimulationOptions options;
  options.network = depth;
  return simulate(p, n, options);
}

}  // namespace

TEST_CASE("engine: an all-to-all through one switch takes its bytes over the link plus two hops") {
  const Network network = star(8, 50.0_GBps, 1.0_us);
  const Program p = program(8, {collective(uniform(8), 1.0_MB)});
  const Seconds formula = 7 * 1.0_MB / 50.0_GBps + 2 * 1.0_us;
  CHECK(simulate(p, network).step.value == exactly(formula));
  CHECK(simulate(p, network).step.value == exactly(142.0_us));
  CHECK(at_depth(p, network, NetworkDepth::pair).step.value == doctest::Approx(formula.value).epsilon(1e-9));
}

TEST_CASE("engine: a collective without bytes costs its overhead and latency only") {
  Operator op = collective(uniform(8), 0.0_B);
  std::get<Collective>(op.work).overhead = 20.0_us;
  const Network network = star(8, 50.0_GBps, 1.0_us);
  CHECK(simulate(program(8, {op}), network).step.value == exactly(22.0_us));
  CHECK(at_depth(program(8, {op}), network, NetworkDepth::pair).step.value == doctest::Approx(22e-6).epsilon(1e-9));
}

TEST_CASE("engine: a wire's efficiency, message cost and latency slow the links of its tier, and no other") {
  Operator op = collective(uniform(4), 1.0_MB);
  auto wire = std::make_shared<Wire>();
  wire->tiers["nic"] = {0.8, 2.0_us, 7.0_us};
  wire->tiers["nvlink"] = {0.1, 9.0_us, 9.0_us};
  std::get<Collective>(op.work).wire = wire;
  const Seconds formula = 3 * (1.0_MB / (0.8 * 50.0_GBps) + 2.0_us) + 7.0_us;
  CHECK(simulate(program(4, {op}), star(4, 50.0_GBps, 0.0_us)).step.value == exactly(formula));
  CHECK(at_depth(program(4, {op}), star(4, 50.0_GBps, 0.0_us), NetworkDepth::pair).step.value ==
        doctest::Approx(formula.value).epsilon(1e-6));
}

TEST_CASE("engine: both depths agree within 1% on uniform, random and skewed traffic over two bottlenecks") {
  for (const int ranks : {16, 32}) {
    for (const double skew : {1.0, 4.0}) {
      for (const auto trunk : {25.0_GBps, 1000.0_GBps}) {
        CAPTURE(ranks);
        CAPTURE(skew);
        CAPTURE(trunk.value);
        const Network network = dumbbell(ranks, 50.0_GBps, trunk, 1.0_us);
        const Program p = program(ranks, {collective(random_traffic(ranks, 7, skew), 10.0_KB)});
        const Timeline fluid = simulate(p, network);
        const Timeline pairs = at_depth(p, network, NetworkDepth::pair);
        CHECK(fluid.step.value == doctest::Approx(pairs.step.value).epsilon(0.01));
        for (std::size_t l = 0; l < network.links.size(); ++l) {
          CHECK(fluid.links[l].bytes.value == doctest::Approx(pairs.links[l].bytes.value).epsilon(1e-12));
        }
      }
    }
  }
}

TEST_CASE("engine: every link carries exactly the bytes of the pairs routed over it") {
  const int ranks = 16;
  const Network network = dumbbell(ranks, 50.0_GBps, 25.0_GBps, 0.0_us);
  const Traffic traffic = random_traffic(ranks, 3, 2);
  std::vector<double> bytes(network.links.size());
  for (int s = 0; s < ranks; ++s) {
    traffic.for_each_receiver(s, [&](int d, double copies) {
      for (const Hop& hop : network.route(s, d)) bytes[static_cast<std::size_t>(hop.link)] += copies * 7408;
    });
  }
  const Timeline timeline = simulate(program(ranks, {collective(traffic, 7408.0_B)}), network);
  for (std::size_t l = 0; l < bytes.size(); ++l) CHECK(timeline.links[l].bytes.value == bytes[l]);
}

TEST_CASE("engine: a reversed collective carries the transpose") {
  const int ranks = 8;
  Operator forth = collective(random_traffic(ranks, 5, 3), 1.0_KB);
  Operator back = forth;
  std::get<Collective>(back.work).reversed = true;
  const Network network = star(ranks, 1.0_GBps, 0.0_us);
  const Timeline a = simulate(program(ranks, {forth}), network);
  const Timeline b = simulate(program(ranks, {back}), network);
  for (std::size_t l = 0; l < network.links.size(); l += 2) {
    CHECK(a.links[l].bytes == b.links[l + 1].bytes);
    CHECK(a.links[l + 1].bytes == b.links[l].bytes);
  }
  CHECK(a.step.value == doctest::Approx(b.step.value).epsilon(1e-12));
}

TEST_CASE("engine: two transfers at once share a link evenly, and by weight where they have one") {
  const Network network = star(2, 1.0_GBps, 0.0_us);
  Operator first = collective(uniform(2), 1.0_MB);  // 1 ms alone
  Operator second = collective(uniform(2), 1.0_MB);
  second.stream = 2;
  Program p{2, {"compute", "communication", "background"}, {first, second}};
  Timeline even = simulate(p, network);
  CHECK(even.end(0, 0).value == exactly(2.0_ms));
  CHECK(even.end(1, 0).value == exactly(2.0_ms));
  std::get<Collective>(p.operators[0].work).weight = 3;  // drains at 3/4: done at 4/3 ms
  Timeline weighted = simulate(p, network);
  CHECK(weighted.end(0, 0).value == exactly(4.0_ms / 3));
  CHECK(weighted.end(1, 0).value == exactly(2.0_ms));
}

TEST_CASE("engine: a rank that enters late adds its bytes when it arrives") {
  const Network network = star(2, 1.0_GBps, 0.0_us);
  // Rank 0 sends 1 MB at once; rank 1 computes 5 ms first. Each is done when both directions have drained.
  const Program p = program(2, {compute({0.0_ms, 5.0_ms}), collective(uniform(2), 1.0_MB, {0})});
  const Timeline t = simulate(p, network);
  CHECK(t.start(1, 0).value == 0);
  CHECK(t.start(1, 1).value == exactly(5.0_ms));
  CHECK(t.end(1, 1).value == exactly(6.0_ms));
  CHECK(t.end(1, 0).value == exactly(6.0_ms));
}

TEST_CASE("engine: ranks that share no link are done on their own") {
  const Network network = star(4, 1.0_GBps, 0.0_us);
  const Program p =
      program(4, {compute({0.0_ms, 0.0_ms, 7.0_ms, 7.0_ms}), collective(all_to_all(groups_of(4, 2), 1), 1.0_MB, {0})});
  const Timeline t = simulate(p, network);
  CHECK(t.end(1, 0).value == exactly(1.0_ms));
  CHECK(t.end(1, 1).value == exactly(1.0_ms));
  CHECK(t.end(1, 2).value == exactly(8.0_ms));
}

TEST_CASE("engine: a group of many ranks ends like the exact matrix says") {
  // From 64 receivers a rank on, a rank is taken to touch all links of its group; with everybody talking to everybody
  // this is what the matrix says too.
  const int ranks = 96;
  const Network network = star(ranks, 50.0_GBps, 1.0_us);
  const Traffic traffic = random_traffic(ranks, 11, 3);
  const Timeline t = simulate(program(ranks, {collective(traffic, 7408.0_B)}), network);
  double busiest = 0;
  for (const auto& use : t.links) busiest = std::max(busiest, use.busy.value);
  CHECK(t.step.value == doctest::Approx(busiest + 2e-6).epsilon(1e-12));
}

TEST_CASE("engine: operators of one stream follow each other, those of two overlap") {
  const Network network = star(2, 1.0_GBps, 0.0_us);
  const Timeline apart =
      simulate(program(2, {compute({3.0_ms}), collective(uniform(2), 1.0_MB, {0}), compute({2.0_ms}, {1})}), network);
  CHECK(apart.step.value == exactly(6.0_ms));
  const Timeline overlapped =
      simulate(program(2, {compute({3.0_ms}), collective(uniform(2), 1.0_MB), compute({2.0_ms})}), network);
  CHECK(overlapped.step.value == exactly(5.0_ms));
}

TEST_CASE("engine: communication kernels that hold SMs slow computing down while they are in flight") {
  const Network network = star(2, 1.0_GBps, 0.0_us);
  Operator op = collective(uniform(2), 1.0_MB);
  std::get<Collective>(op.work).sm_share = 0.2;
  // 1 ms at speed 0.8 does 0.8 ms of work, 2.2 ms are left at full speed.
  CHECK(simulate(program(2, {op, compute({3.0_ms})}), network).step.value == exactly(3.2_ms));
}

TEST_CASE("engine: a program that comes to a halt is an error that names what is left") {
  Network network = star(2, 1.0_GBps, 0.0_us);
  network.links[0].bandwidth = {0};  // nothing drains, so what waits for the collective never runs
  const Program p = program(2, {collective(uniform(2), 1.0_KB), compute({1.0_ms}, {0})});
  CHECK_THROWS_WITH_AS(simulate(p, network),
                       "the simulation could not finish: nothing can happen any more, and 4 of the operators are left: "
                       "dispatch on rank 0 did not end",
                       SimulationError);
}

TEST_CASE("engine: the same program twice gives the same timeline to the last bit") {
  const Network network = dumbbell(32, 50.0_GBps, 30.0_GBps, 1.0_us);
  const Program p = program(32, {collective(random_traffic(32, 9, 4), 7408.0_B), compute({1.0_ms}, {0}),
                                 collective(random_traffic(32, 10, 4), 14336.0_B, {1})});
  const Timeline a = simulate(p, network);
  const Timeline b = simulate(p, network);
  CHECK(a.start_s == b.start_s);
  CHECK(a.end_s == b.end_s);
}

TEST_CASE("engine: more bandwidth never makes a collective slower") {
  const Program p = program(24, {collective(random_traffic(24, 21, 5), 7408.0_B)});
  double last = 1e9;
  for (const double trunk : {10.0, 20.0, 40.0, 80.0, 160.0}) {
    const double step = simulate(p, dumbbell(24, 50.0_GBps, trunk * 1.0_GBps, 1.0_us)).step.value;
    CHECK(step <= last);
    last = step;
  }
}

TEST_CASE("engine: pair depth refuses a network that spreads over several paths") {
  Network network = star(2, 1.0_GBps, 0.0_us);
  network.route = [](int s, int d) { return s == d ? Route{} : Route{{2 * s, 0.5}, {2 * d + 1, 1}}; };
  CHECK_THROWS_AS(at_depth(program(2, {collective(uniform(2), 1.0_MB)}), network, NetworkDepth::pair), ConfigError);
}

TEST_CASE("engine: a collective of some ranks needs no other, at both depths") {
  const Network network = star(4, 1.0_GBps, 0.0_us);
  std::vector<double> pair(16);
  pair[0 * 4 + 2] = pair[2 * 4 + 0] = 1;
  Operator some = collective(from_dense(4, pair), 1.0_MB);
  some.on = ranks({0, 2});
  for (const auto depth : {NetworkDepth::collective, NetworkDepth::pair}) {
    const Timeline t = at_depth(program(4, {some, compute({3.0_ms})}), network, depth);
    CHECK(t.end(0, 0).value == doctest::Approx(1e-3).epsilon(1e-9));
    CHECK(t.end(0, 2).value == doctest::Approx(1e-3).epsilon(1e-9));
    CHECK_FALSE(t.ran(0, 1));
    CHECK(t.step.value == doctest::Approx(3e-3).epsilon(1e-9));
  }
}

TEST_CASE("engine: both depths agree on gets, passive endpoints and puts into them") {
  Network network = star(4, 1.0_GBps, 1.0_us);  // two ranks, and two pools
  network.gpus.resize(2);
  network.passive = {3, 4};
  std::vector<double> copies(9);
  copies[2 * 3 + 0] = 2;  // the pool holds what both ranks fetch
  copies[2 * 3 + 1] = 1;
  Operator fetch = collective(from_dense(3, copies), 1.0_MB);
  std::get<Collective>(fetch.work).start = Collective::Start::receiver;
  Operator put = collective(from_dense(3, {0, 0, 3, 0, 0, 0, 0, 0, 0}), 1.0_MB);
  Program p = program(2, {fetch, put});
  p.passive = {1};
  const Timeline fluid = simulate(p, network);
  const Timeline pairs = at_depth(p, network, NetworkDepth::pair);
  CHECK(fluid.step.value == doctest::Approx(6e-3 + 2e-6).epsilon(1e-9));
  CHECK(pairs.step.value == doctest::Approx(fluid.step.value).epsilon(0.01));
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    CHECK(fluid.links[l].bytes.value == doctest::Approx(pairs.links[l].bytes.value).epsilon(1e-12));
  }
}

TEST_CASE("engine: pair depth refuses what only the fluid model knows") {
  const Network network = star(2, 1.0_GBps, 0.0_us);
  Operator op = collective(uniform(2), 1.0_MB);
  std::get<Collective>(op.work).priority = 1;
  CHECK_THROWS_AS(at_depth(program(2, {op}), network, NetworkDepth::pair), ConfigError);
  std::get<Collective>(op.work).priority = 0;
  std::get<Collective>(op.work).carry = Collective::Carry::once;
  CHECK_THROWS_AS(at_depth(program(2, {op}), network, NetworkDepth::pair), ConfigError);
}
