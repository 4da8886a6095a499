// Choices that are kept: the same as drawn anew, whatever was asked before.

#include "workloads/routing/known_choices.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace teapot;

namespace {

std::vector<std::uint16_t> anew(const Gate& gate, const GateSeed& seed, int gpu, int tokens) {
  std::vector<std::uint16_t> counts(static_cast<std::size_t>(gate.experts));
  Random random{seed.seed, seed.layer, seed.micro_batch, gpu};
  Chooser::uniform(gate).count_next(random, tokens, counts.data());
  return counts;
}

}  // namespace

TEST_CASE("known choices: more tokens of a GPU are drawn after those of before, fewer anew, and both are as if first") {
  const bool holds = rc::check([] {
    const Gate gate = *rc::gen::element(Gate{256, 8, 1, 1}, Gate{256, 8, 8, 4}, Gate{160, 6, 1, 1}, Gate{8, 2, 1, 1},
                                        Gate{64, 12, 1, 1});
    KnownChoices known;
    for (int asked = 0; asked < 20; ++asked) {
      const GateSeed seed{*rc::gen::inRange<std::uint64_t>(0, 2), *rc::gen::inRange(0, 2), *rc::gen::inRange(0, 2)};
      const int gpu = *rc::gen::inRange(0, 4);
      const int tokens = *rc::gen::inRange(0, 50);
      const auto expected = anew(gate, seed, gpu, tokens);
      const std::uint16_t* const counts = known.of(gate, seed, 4)->of(gpu, tokens);
      RC_ASSERT(std::equal(expected.begin(), expected.end(), counts));
    }
  });
  CHECK(holds);
}

TEST_CASE("known choices: gates of other experts, limits, seeds, layers and micro-batches are kept apart") {
  KnownChoices known;
  const Gate gate{256, 8, 1, 1};
  const GateChoices* const first = known.of(gate, {1, 0, 0}, 64);
  CHECK(known.of(gate, {1, 0, 0}, 64) == first);
  for (const Gate& other : {Gate{128, 8, 1, 1}, Gate{256, 6, 1, 1}, Gate{256, 8, 8, 4}})
    CHECK(known.of(other, {1, 0, 0}, 64) != first);
  for (const GateSeed& other : {GateSeed{2, 0, 0}, GateSeed{1, 1, 0}, GateSeed{1, 0, 1}})
    CHECK(known.of(gate, other, 64) != first);
}

TEST_CASE("known choices: no more gates are kept where those that are take much memory") {
  KnownChoices known;
  const Gate gate{256, 8, 1, 1};
  int gates = 0;
  for (; gates < 1000; ++gates) {
    GateChoices* const choices = known.of(gate, {1, gates, 0}, 256);
    if (choices == nullptr) break;
    choices->of(255, 1);  // 65,536 counts
  }
  CHECK(gates > 200);
  CHECK(gates < 300);
  CHECK(known.of(gate, {1, 0, 0}, 256) != nullptr);
  CHECK(KnownChoices{}.of(gate, {1, 0, 0}, 2048) == nullptr);
}
