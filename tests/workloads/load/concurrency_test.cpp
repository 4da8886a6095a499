// Concurrency: requests in flight over a whole deployment, dealt to its GPUs.

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "workloads/load/load.hpp"

using namespace teapot;

namespace {

Load dealt(int gpus, int tensor_parallel, const std::string& keys) {
  Layout layout;
  layout.gpus = gpus;
  layout.tensor_parallel = tensor_parallel;
  return read_load(Config::parse("{" + keys + "}", "s.yaml"), layout);
}

}  // namespace

TEST_CASE("concurrency: is dealt evenly to the groups that share attention, and any whole number can be said") {
  for (const int tensor_parallel : {1, 2, 8}) {
    for (int all = 1; all <= 40; ++all) {
      const Load load = dealt(8, tensor_parallel, "concurrency: " + std::to_string(all));
      const auto& counts = load.requests[0].counts;
      CHECK(load.requests_per_gpu() == doctest::Approx(all / 8.0));
      if (counts.size() == 1) continue;
      CHECK(std::accumulate(counts.begin(), counts.end(), 0) == all);
      int fewest = all, most = 0;
      for (int first = 0; first < 8; first += tensor_parallel) {
        const int of_group = std::accumulate(counts.begin() + first, counts.begin() + first + tensor_parallel, 0);
        fewest = std::min(fewest, of_group);
        most = std::max(most, of_group);
      }
      CHECK(most - fewest <= 1);
    }
  }
}

TEST_CASE("concurrency: as many for every GPU is what requests_per_gpu says") {
  CHECK(dealt(8, 2, "concurrency: 64").requests[0].counts == dealt(8, 2, "requests_per_gpu: 8").requests[0].counts);
}

TEST_CASE("concurrency: mistakes") {
  CHECK_THROWS_WITH_AS(dealt(8, 1, "concurrency: 0"), "s.yaml:1:15: concurrency: must be above zero, got 0",
                       ConfigError);
  CHECK_THROWS_WITH_AS(dealt(8, 1, "concurrency: 8, requests_per_gpu: 1"),
                       "s.yaml:1:15: concurrency: give either this or `requests_per_gpu`, not both", ConfigError);
}
