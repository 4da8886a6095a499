// An engine that is kept: programs one after another in one process, as the workers of a sweep run them.

#include <doctest/doctest.h>

#include <algorithm>

#include "sim/engine.hpp"
#include "sim/isolated.hpp"
#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using namespace teapot::testing;

namespace {

Traffic uneven(std::uint64_t seed) {
  std::vector<double> dense(std::size_t{32} * 32);
  for (auto& copies : dense) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    copies = static_cast<double>(seed >> 33 & 0x1f);
  }
  return from_dense(32, dense);
}

Operator back_of(Operator op) {
  std::get<Collective>(op.work).reversed = true;
  return op;
}

bool same_use(const Timeline& a, const Timeline& b) {
  return std::equal(
      a.links.begin(), a.links.end(), b.links.begin(), b.links.end(),
      [](const LinkUse& x, const LinkUse& y) { return x.bytes == y.bytes && x.busy.value == y.busy.value; });
}

}  // namespace

TEST_CASE("engine: a process with an engine of its own simulates one program after another, each as a child would") {
  // Facts of routes and matrices are kept: those of other routes, latencies and bandwidths are others'.
  const std::vector<Network> networks{dumbbell(32, 50.0_GBps, 30.0_GBps, 1.0_us), star(32, 50.0_GBps, 1.0_us),
                                      dumbbell(32, 50.0_GBps, 40.0_GBps, 1.0_us),
                                      dumbbell(32, 50.0_GBps, 30.0_GBps, 2.0_us)};
  Network halted = star(2, 1.0_GBps, 0.0_us);
  halted.links[0].bandwidth = {0};
  std::vector<Program> programs;
  std::vector<std::vector<Timeline>> alone(networks.size());
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    programs.push_back(program(32, {collective(uneven(seed), 7408.0_B), compute({1.0_ms}, {0}),
                                    back_of(collective(uneven(seed + 9), 14336.0_B, {1}))}));
    for (std::size_t n = 0; n < networks.size(); ++n) alone[n].push_back(simulate(programs.back(), networks[n]));
  }
  // What differs, from a process that keeps its engine: this one must go on without.
  const std::string wrong = isolated([&](const Progress&) {
    std::string text;
    keep_engine();
    for (int round = 0; round < 500; ++round) {
      const std::size_t i = static_cast<std::size_t>(round) % programs.size();
      const std::size_t n = static_cast<std::size_t>(round) / 3 % networks.size();
      const Timeline t = simulate(programs[i], networks[n]);
      const Timeline& as_alone = alone[n][i];
      if (t.start_s != as_alone.start_s || t.end_s != as_alone.end_s || t.events != as_alone.events ||
          !same_use(t, as_alone))
        text += "round " + std::to_string(round) + "; ";
      if (round != 100) continue;
      try {
        simulate(program(2, {collective(all_to_all(one_group(2), 1), 1.0_KB), compute({1.0_ms}, {0})}), halted);
        text += "no halt; ";
      } catch (const SimulationKilled&) {
        text += "spoilt; ";
      } catch (const SimulationError& e) {
        if (std::string{e.what()}.find("nothing can happen any more, and 4 of") == std::string::npos) text += e.what();
      }
    }
    try {
      simulate(programs[0], networks[0], {NetworkDepth::pair, false, {}});
      text += "a second engine; ";
    } catch (const SimulationKilled&) {
    }
    return text;
  });
  CHECK(wrong.empty());
}
