// The choices of tokens: counting them is the same as looking at each.

#include "workloads/routing/gate.hpp"

#include <doctest/doctest.h>

using namespace teapot;

TEST_CASE("gate: how often each expert is chosen is counted from the choices of each token") {
  const auto compare = [](const Chooser& chooser) {
    constexpr int tokens = 500;
    std::vector<std::uint32_t> counted(static_cast<std::size_t>(chooser.gate().experts));
    chooser.count(Random{3, chooser.gate().experts}, tokens, counted.data());
    std::vector<std::uint32_t> seen(counted.size());
    chooser.each_token(Random{3, chooser.gate().experts}, tokens, [&](const std::uint16_t* chosen) {
      for (int i = 0; i < chooser.gate().top_k; ++i) ++seen[chosen[i]];
    });
    CHECK(counted == seen);
  };
  for (const Gate& gate :
       {Gate{256, 8, 1, 1}, Gate{256, 3, 1, 1}, Gate{128, 8, 1, 1}, Gate{8, 2, 1, 1}, Gate{8, 8, 1, 1},
        Gate{256, 12, 1, 1}, Gate{160, 6, 1, 1}, Gate{512, 10, 1, 1}, Gate{256, 8, 8, 4}}) {
    CAPTURE(gate.experts);
    CAPTURE(gate.top_k);
    compare(Chooser::uniform(gate));
  }
  std::vector<double> weights(64, 1.0);
  weights[5] = 40;
  compare(Chooser::weighted({64, 6, 1, 1}, weights));
}
