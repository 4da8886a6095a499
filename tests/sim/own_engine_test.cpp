// An engine that is kept: programs one after another in one process, as the workers of a sweep run them.

#include <doctest/doctest.h>

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

}  // namespace

TEST_CASE("engine: a process with an engine of its own simulates one program after another, each as a child would") {
  const Network network = dumbbell(32, 50.0_GBps, 30.0_GBps, 1.0_us);
  Network halted = star(2, 1.0_GBps, 0.0_us);
  halted.links[0].bandwidth = {0};
  std::vector<Program> programs;
  std::vector<Timeline> alone;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    programs.push_back(program(32, {collective(uneven(seed), 7408.0_B), compute({1.0_ms}, {0}),
                                    collective(uneven(seed + 9), 14336.0_B, {1})}));
    alone.push_back(simulate(programs.back(), network));
  }
  // What differs, from a process that keeps its engine: this one must go on without.
  const std::string wrong = isolated([&](const Progress&) {
    std::string text;
    keep_engine();
    for (int round = 0; round < 500; ++round) {
      const std::size_t i = static_cast<std::size_t>(round) % programs.size();
      const Timeline t = simulate(programs[i], network);
      if (t.start_s != alone[i].start_s || t.end_s != alone[i].end_s || t.events != alone[i].events)
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
      simulate(programs[0], network, {NetworkDepth::pair, false, {}});
      text += "a second engine; ";
    } catch (const SimulationKilled&) {
    }
    return text;
  });
  CHECK(wrong.empty());
}
