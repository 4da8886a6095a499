// Table 3 of arXiv 2505.09343: what cannot be built, and how long metrics take. Sizes and costs:
// tests/analysis/cost/cost_test.cpp.

#include <doctest/doctest.h>

#include <chrono>

#include "sim/catalogue.hpp"
#include "tests/topologies/written.hpp"
#include "topologies/metrics.hpp"

using namespace teapot;

TEST_CASE("slim fly of table 3: q = 28 is counted but not built, and the nearest valid q are named") {
  try {
    testing::build("paper-slim-fly");
    FAIL("was built");
  } catch (const ConfigError& error) {
    const std::string message = error.what();
    CHECK(message.find("28 is no power of a prime") != std::string::npos);
    CHECK(message.find("27 or 29") != std::string::npos);
  }
}
