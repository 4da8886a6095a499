// Traffic matrices: what goes in comes out, in two bytes a pair where that is enough.

#include "sim/traffic.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace teapot;

namespace {

std::vector<double> dense(const Traffic& traffic) {
  const auto n = static_cast<std::size_t>(traffic.ranks);
  std::vector<double> all(n * n);
  for (int r = 0; r < traffic.ranks; ++r) {
    traffic.for_each_receiver(
        r, [&](int d, double copies) { all[static_cast<std::size_t>(r) * n + static_cast<std::size_t>(d)] = copies; });
  }
  return all;
}

/// Zeros, small and large whole numbers, and fractions.
std::vector<double> random_dense(int ranks) {
  const auto n = static_cast<std::size_t>(ranks);
  std::vector<double> all(n * n);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const int kind = *rc::gen::inRange(0, 5);
    if (i % (n + 1) == 0 || kind == 0) continue;
    all[i] = kind == 1   ? *rc::gen::inRange(1, 300)
             : kind == 2 ? *rc::gen::inRange(1, 10000000)
             : kind == 3 ? 1.0 / *rc::gen::inRange(1, 9)
                         : 2.5;
  }
  return all;
}

}  // namespace

TEST_CASE("traffic: a matrix holds what was put in, whole or not") {
  rc::check([] {
    const int ranks = *rc::gen::inRange(1, 12);
    const auto all = random_dense(ranks);
    const Traffic traffic = from_dense(ranks, all);
    RC_ASSERT(dense(traffic) == all);
    std::size_t pairs = 0;
    for (const double copies : all) pairs += copies != 0;
    RC_ASSERT(traffic.pairs() == pairs);
    for (int s = 0; s < ranks; ++s) {
      for (int d = 0; d < ranks; ++d) {
        RC_ASSERT(traffic.copies(s, d) == all[static_cast<std::size_t>(s * ranks + d)]);
      }
    }
  });
}

TEST_CASE("traffic: the transpose of the transpose is the matrix, to the bit") {
  rc::check([] {
    const int ranks = *rc::gen::inRange(1, 12);
    const Traffic traffic = from_dense(ranks, random_dense(ranks));
    const Traffic turned = transposed(traffic);
    for (int s = 0; s < ranks; ++s) {
      for (int d = 0; d < ranks; ++d) RC_ASSERT(turned.copies(d, s) == traffic.copies(s, d));
    }
    RC_ASSERT(transposed(turned) == traffic);
  });
}

TEST_CASE("traffic: ranks far apart and beyond 16 bits are told apart") {
  Traffic traffic(200000);
  traffic.add(255, 1);
  traffic.add(511, 254);
  traffic.add(767, 255);
  traffic.add(199999, 255);
  for (int r = 0; r < 200000; ++r) traffic.end_row();
  CHECK(traffic.copies(0, 255) == 1);
  CHECK(traffic.copies(0, 511) == 254);
  CHECK(traffic.copies(0, 767) == 255);
  CHECK(traffic.copies(0, 199999) == 255);
  CHECK(traffic.receivers(0) == 4);
  CHECK(traffic.total() == 765);
}

TEST_CASE("traffic: transposes are kept for a while and are those of the matrix asked for") {
  Transposes transposes;
  std::vector<std::shared_ptr<const Traffic>> all;
  for (int i = 0; i < 6; ++i) {
    all.push_back(std::make_shared<const Traffic>(from_dense(2, {0, 1.0 + i, 7, 0})));
    CHECK(transposes.of(all.back())->copies(1, 0) == 1.0 + i);
  }
  CHECK(transposes.of(all[5]) == transposes.of(all[5]));
  CHECK(transposes.of(all[0])->copies(1, 0) == 1);
}

TEST_CASE("traffic: where all send alike the transpose is the matrix itself, and so what is kept of it") {
  Transposes transposes;
  const auto alike = std::make_shared<const Traffic>(all_to_all(groups_of(12, 4), 3));
  CHECK(transposes.of(alike) == alike);
  const auto unlike = std::make_shared<const Traffic>(all_to_all(groups_of(3, 3), {3, 3, 4}));
  CHECK(transposes.of(unlike) != unlike);
  CHECK(*transposes.of(unlike) == transposed(*unlike));
}

TEST_CASE("traffic: the transpose of few copies between ranks far apart is what is sent the other way") {
  constexpr int ranks = 700;
  rc::check([] {
    std::vector<double> all(static_cast<std::size_t>(ranks) * ranks);
    const int pairs = *rc::gen::inRange(0, 400);
    for (int i = 0; i < pairs; ++i) {
      const int source = *rc::gen::inRange(0, ranks);
      const int d = *rc::gen::inRange(0, ranks);
      if (source != d) all[static_cast<std::size_t>(source * ranks + d)] = *rc::gen::inRange(1, 255);
    }
    const Traffic traffic = from_dense(ranks, all);
    std::vector<double> turned(all.size());
    for (int s = 0; s < ranks; ++s) {
      for (int d = 0; d < ranks; ++d) {
        turned[static_cast<std::size_t>(d * ranks + s)] = all[static_cast<std::size_t>(s * ranks + d)];
      }
    }
    RC_ASSERT(transposed(traffic) == from_dense(ranks, turned));
    RC_ASSERT(traffic.whole());
  });
}

TEST_CASE("traffic: who sends is told from who only receives, either way, and some rows can be taken alone") {
  // 0 and 1 send to 2 and 3; 2 forwards to 3; 4 takes no part.
  const Traffic traffic = from_dense(5, {0, 0, 2, 1, 0,  //
                                         0, 0, 0, 4, 0,  //
                                         0, 0, 0, 3, 0,  //
                                         0, 0, 0, 0, 0,  //
                                         0, 0, 0, 0, 0});
  CHECK(senders_of(traffic, false) == std::vector<char>{1, 1, 1, 0, 0});
  CHECK(senders_of(traffic, true) == std::vector<char>{0, 0, 1, 1, 0});
  CHECK(traffic.has_row(2));
  CHECK(!traffic.has_row(3));
  const Traffic first = rows_of(traffic, 0, 2, traffic.groups);
  const Traffic rest = rows_of(traffic, 2, 5, nullptr);
  CHECK(first.ranks == 5);
  CHECK(first.copies(0, 2) == 2);
  CHECK(first.copies(2, 3) == 0);
  CHECK(rest.copies(2, 3) == 3);
  CHECK(first.total() + rest.total() == traffic.total());
}
