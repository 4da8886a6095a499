// The band around a step: how residuals of parts add up.

#include <doctest/doctest.h>

#include <cmath>

#include "analysis/run/run.hpp"
#include "analysis/run/uncertainty.hpp"

using namespace teapot;
using namespace teapot::literals;

TEST_CASE("uncertainty: independent parts add by their squares, and nine in ten is 2.44 median residuals") {
  const Band one = band(100.0_ms, {{"attention", 40.0_ms, 0.03}, {"experts", 20.0_ms, 0.08}});
  const double half_ms = 1.645 / 0.6745 * std::sqrt(1.2 * 1.2 + 1.6 * 1.6);
  CHECK(one.low.value == doctest::Approx((100 - half_ms) * 1e-3).epsilon(1e-12));
  CHECK(one.high.value == doctest::Approx((100 + half_ms) * 1e-3).epsilon(1e-12));
  CHECK(one.parts.front().name == "experts");
}

TEST_CASE("uncertainty: exact parts leave no band, and a band never goes below nothing") {
  CHECK(band(1.0_ms, {{"wire", 1.0_ms, 0}}).high == 1.0_ms);
  CHECK(band(1.0_ms, {{"guess", 1.0_ms, 2}}).low == 0.0_ms);
}

TEST_CASE("uncertainty: a scenario's band holds its step, and its parts are those it is made of") {
  const Tree tree = parse_yaml(
      "{model: deepseek-v3, accelerator: {from: h800, memory: 1 TB}, "
      "deployment: {gpus: 16, requests_per_gpu: 64}, decode: {runtime: deepseek}}",
      "test");
  const Scenario scenario = read_scenario(tree, "test");
  const Run result = run(scenario);
  const Report of = report(scenario, result.program, result.timeline);
  const Band around = uncertainty(scenario, of);
  CHECK(around.low < of.step);
  CHECK(around.high > of.step);
  Seconds kernels;
  Seconds exposed;
  for (const auto& part : around.parts) {
    CHECK(part.error >= 0);
    (part.name.starts_with("exposed") ? exposed : kernels) += part.time;
  }
  CHECK(exposed.value == doctest::Approx(of.exposed.value).epsilon(1e-9));
  CHECK(kernels.value == doctest::Approx(of.compute.value).epsilon(1e-9));
}
