// The last of many drains, against all of them in order; and who waits for a link, bit by bit.

#include "sim/late_drains.hpp"

#include <doctest/doctest.h>

#include <map>

#include "sim/random.hpp"
#include "sim/waiting.hpp"

using namespace teapot;

TEST_CASE("late drains: the last few come from late to early, each link once with its last time") {
  Random random{7};
  LateDrains late{1000};
  for (const std::size_t most : {std::size_t{1}, std::size_t{16}, std::size_t{2000}}) {
    CAPTURE(most);
    std::map<int, double> last;  // by link
    late.begin(most);
    for (int i = 0; i < 3000; ++i) {
      const auto link = static_cast<int>(random.below(1000));
      const auto time = static_cast<double>(random.below(400));  // many at once
      if (late.wanted(time)) late.add(time, link);
      const auto known = last.emplace(link, time).first;
      known->second = std::max(known->second, time);
    }
    std::vector<double> times;
    for (const auto& [link, time] : last) times.push_back(time);
    std::sort(times.rbegin(), times.rend());
    CHECK(late.dropped() == (most < 1000));
    late.sort();
    std::size_t taken = 0;
    for (; !late.empty(); ++taken) {
      const LateDrains::Drain drain = late.take_last();
      REQUIRE(taken < times.size());
      if (taken < most) CHECK(drain.time == times[taken]);
      if (taken < most) CHECK(drain.time == last[drain.link]);
    }
    CHECK(taken >= std::min(most, times.size()));
  }
}

TEST_CASE("waiting: a link takes away those of its ranks who wait, in few words and in many") {
  Support support;
  support.words =
      std::make_shared<const std::vector<Support::Words>>(std::vector<Support::Words>{{1, 1, 0}, {0, 3, 1}, {2, 1, 4}});
  support.touch = {0b110, 0b1, 0b10, 0, 0b1};
  Waiting waiting{{0b11, 0b111, 0}, {0b10, 0b1, 0}};  // waiting: rank 0, ranks 65 and 66
  CHECK(waiting.wait_for(support, 1));
  CHECK(!waiting.may_wait_for(support, 2));
  CHECK(!waiting.take_away(support, 2));
  CHECK(waiting.take_away(support, 1));  // ranks 0 and 65
  CHECK(waiting.word(0) == 0);
  CHECK(waiting.word(1) == 0b100);
  CHECK(waiting.somebody());
  CHECK(waiting.take_away(support, 0));
  CHECK(!waiting.somebody());
  CHECK(!waiting.take_away(support, 0));
}

TEST_CASE("waiting: ranks that have been let go are those who wait, and are told when they are taken away") {
  Support support;
  support.words =
      std::make_shared<const std::vector<Support::Words>>(std::vector<Support::Words>{{0, 3, 0}, {2, 1, 3}});
  support.touch = {0b1, 0b10, 0b100, 0b111};
  const std::vector<Decided::Ranks> ranks{{3.0, 2, 0b100}, {2.0, 2, 0b001}, {1.0, 0, 0b11}};
  Waiting waiting{3, ranks.data(), ranks.data() + ranks.size()};
  CHECK(waiting.word(0) == 0b11);
  CHECK(waiting.word(1) == 0);
  CHECK(waiting.word(2) == 0b101);
  std::vector<std::pair<std::size_t, std::uint64_t>> taken;
  const auto note = [&](std::size_t word, std::uint64_t bits) { taken.emplace_back(word, bits); };
  CHECK(waiting.take_away(support, 0, note));
  CHECK(taken == std::vector<std::pair<std::size_t, std::uint64_t>>{{0, 0b1}, {2, 0b100}});
  CHECK(waiting.take_away(support, 1, note));
  CHECK(waiting.somebody());  // rank 1
}
