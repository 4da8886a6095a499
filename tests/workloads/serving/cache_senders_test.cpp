// Caches that leave the same GPUs, whole or layer by layer.

#include <doctest/doctest.h>

#include "workloads/serving/cache_senders.hpp"

using namespace teapot;

TEST_CASE("cache senders: those of one group leave one after another, those of others at the same time") {
  CacheSenders senders{2, 1};
  const auto sent = senders.send({{0, 0, 100, 0.2}, {1, 0, 100, 0.3}, {2, 1, 100, 0.4}}, 1, 10);
  CHECK(sent[0].at_s == doctest::Approx(10.2));
  CHECK(sent[1].at_s == doctest::Approx(10.5));
  CHECK(sent[1].behind_s == doctest::Approx(0.2));
  CHECK(sent[2].at_s == doctest::Approx(10.4));
  // The next step's wait for what has not left yet.
  CHECK(senders.send({{3, 0, 100, 0.1}}, 0.1, 10.3)[0].at_s == doctest::Approx(10.6));
}

TEST_CASE("cache senders: layer by layer the last layer is left, or what the step was too short for") {
  CacheSenders long_step{1, 10};
  CHECK(long_step.send({{0, 0, 100, 0.5}}, 1, 0)[0].at_s == doctest::Approx(0.05));
  // The first of ten layers is there after 0.02 s; 0.18 s are left for 0.5 s of sending.
  CacheSenders short_step{1, 10};
  CHECK(short_step.send({{0, 0, 100, 0.5}}, 0.2, 0)[0].at_s == doctest::Approx(0.5 - 0.18));
}
