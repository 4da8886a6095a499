// The traffic of a step as text.

#include "analysis/facts/model_traffic.hpp"

#include <doctest/doctest.h>

using namespace teapot;

TEST_CASE("traffic text: a row for each collective, and how far a token's experts spread") {
  TrafficRow row;
  row.operation = "dispatch";
  row.calls = 116;
  row.copies_mean = 508;
  row.bytes_per_copy = Bytes{7408};
  const std::string text = traffic_text({row}, {8, 7.5, 5.31, 4.65});
  CHECK(text.find("dispatch") != std::string::npos);
  CHECK(text.find("508.0") != std::string::npos);
  CHECK(text.find("7.50 distinct GPUs of 5.31 distinct nodes, 4.65 of them not its own") != std::string::npos);
  CHECK(traffic_text({row}, {}).find("experts") == std::string::npos);
}
