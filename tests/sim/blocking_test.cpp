// Links that stop: sums by hand, and what must hold whatever the exchange.

#include "sim/blocking.hpp"

#include <doctest/doctest.h>

#include "sim/fixed_mix.hpp"
#include "tests/sim/packets/leaf_spine.hpp"

namespace teapot::packets {
namespace {

constexpr Backlog shallow{1, Bytes{}};

LeafSpine small(int spines) {
  LeafSpine fabric;
  fabric.hosts = 16;
  fabric.leaves = 4;
  fabric.spines = spines;
  fabric.spread = true;
  return fabric;
}

}  // namespace

// B's half for the hot link holds up its other half: both go at 1 / 1.5, so that A is done at 1.5; B has 1 left.
TEST_CASE("fixed mix: a sender held up for one receiver is held up for all") {
  CHECK(end_of({{1, 2}, {{{0, 1.0}}, {{0, 0.5}}}}, 1) == doctest::Approx(2.5).epsilon(1e-12));
}

TEST_CASE("fixed mix: nobody waits where no link is asked for more than it has") {
  CHECK(end_of({{3, 2}, {{{0, 0.5}}, {{0, 0.5}}}}, 1) == doctest::Approx(3).epsilon(1e-12));
  CHECK(end_of({{0, 0}, {{}, {}}}, 1) == 0);
}

TEST_CASE("fixed mix: who does not use the hot link goes at full speed") {
  CHECK(end_of({{1, 1, 2}, {{{0, 1.0}}, {{0, 1.0}}, {{1, 1.0}}}}, 2) == doctest::Approx(2).epsilon(1e-12));
}

TEST_CASE("blocking: a uniform exchange is the same to the last digit, whatever the oversubscription") {
  for (const int spines : {4, 2, 1}) {
    const Matrix matrix = uniform(16, 65536);
    CHECK(fluid_s(small(spines), matrix, shallow) == fluid_s(small(spines), matrix, {}));
  }
}

// Host 0 and host 4 send a to host 8, and host 0 another a to host 12: with A = 4, B = 0 the sum by hand above, over
// the bound of 2 a.
TEST_CASE("blocking: two senders, one hot receiver, by hand") {
  Matrix matrix(16 * 16);
  const double a = 1e6;
  matrix[4 * 16 + 8] = matrix[0 * 16 + 8] = matrix[0 * 16 + 12] = a;
  const double second = a / 50e9;
  CHECK(fluid_s(small(4), matrix, {}) == doctest::Approx(2 * second).epsilon(1e-12));
  CHECK(fluid_s(small(4), matrix, shallow) == doctest::Approx(2.5 * second).epsilon(1e-12));
  CHECK(fluid_s(small(4), matrix, {0.5, Bytes{}}) == doctest::Approx(2.25 * second).epsilon(1e-12));
}

// Of 2 a on the way to host 8, the four inputs from spines hold a fifth: so much less is held up.
TEST_CASE("blocking: what buffers hold holds nobody up") {
  Matrix matrix(16 * 16);
  const double a = 1e6;
  matrix[4 * 16 + 8] = matrix[0 * 16 + 8] = matrix[0 * 16 + 12] = a;
  const double second = a / 50e9;
  CHECK(fluid_s(small(4), matrix, {1, Bytes{a / 10}}) == doctest::Approx((2 + 0.5 * 0.8) * second).epsilon(1e-12));
  CHECK(fluid_s(small(4), matrix, {1, Bytes{a}}) == doctest::Approx(2 * second).epsilon(1e-12));
}

TEST_CASE("blocking: more skew or fewer spines never end sooner, and never before links that do not stop") {
  double before[3] = {};
  for (double alpha = 0; alpha <= 1.5; alpha += 0.1) {
    const Matrix matrix = popular(16, 65536, alpha, alpha, 1);
    double narrower = 0;
    for (int i = 0; i < 3; ++i) {
      const LeafSpine fabric = small(4 >> i);
      const double end = fluid_s(fabric, matrix, shallow);
      CHECK(end >= before[i] * (1 - 0.01));  // senders that are done within 1% of each other are done together
      CHECK(end >= narrower * (1 - 0.01));
      CHECK(end >= fluid_s(fabric, matrix, {}) * (1 - 1e-12));
      before[i] = narrower = end;
    }
  }
}

}  // namespace teapot::packets
