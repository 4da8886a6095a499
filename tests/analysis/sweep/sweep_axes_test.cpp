// Axes, conditions, samples and amounts: what a sweep's YAML means.
// Runs no simulation.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "analysis/output/digest.hpp"
#include "analysis/sweep/amount.hpp"
#include "analysis/sweep/axis.hpp"
#include "analysis/sweep/condition.hpp"
#include "analysis/sweep/sampling.hpp"

namespace teapot {
namespace {

std::vector<Axis> axes(const std::string& yaml) { return read_axes(Config::parse(yaml)); }

std::vector<std::string> first_cells(const Axis& axis) {
  std::vector<std::string> cells;
  for (const auto& setting : axis.settings) cells.push_back(setting.cells[0]);
  return cells;
}

using Cells = std::vector<std::string>;

bool condition(const std::string& text, const ConditionNames& names = {}) {
  const Tree scenario = parse_yaml("{fabric: {from: slim-fly, nic_bandwidth: 400 Gbps}, deployment: {gpus: 64}}", "s");
  return holds(Config::parse("\"" + text + "\""), scenario, names);
}

}  // namespace

TEST_CASE("axis: ranges with a step and with a factor include their end") {
  CHECK(first_cells(axes("a.b: {from: 0.1, to: 0.5, step: 0.1}")[0]) == Cells{"0.1", "0.2", "0.3", "0.4", "0.5"});
  CHECK(first_cells(axes("n: {from: 100 Gbps, to: 800 Gbps, factor: 2}")[0]) ==
        Cells{"100 Gbps", "200 Gbps", "400 Gbps", "800 Gbps"});
  CHECK(first_cells(axes("n: {from: 100 Gbps, to: 0.3 Tbps, step: 12.5 GB/s}")[0]) ==
        Cells{"100 Gbps", "200 Gbps", "300 Gbps"});
}

TEST_CASE("axis: a zip takes first with first, a variant changes keys however deep") {
  const auto zip = axes("scale: {zip: {a.x: [1, 2], b: [3, 4]}}")[0];
  CHECK(zip.columns == Cells{"a.x", "b"});
  REQUIRE(zip.settings.size() == 2);
  CHECK(zip.settings[1].cells == Cells{"2", "4"});
  const auto variants = axes("d: {variants: {one: {deployment: {gpus: 8}, fabric: {from: x, planes: 2}}}}")[0];
  CHECK(variants.columns == Cells{"d"});
  REQUIRE(variants.settings[0].changes.size() == 2);
  CHECK(variants.settings[0].changes[0].first == "deployment.gpus");
  CHECK(variants.settings[0].changes[1].first == "fabric");
}

TEST_CASE("axis: mistakes name the key and what is allowed") {
  CHECK_THROWS_WITH_AS(axes("a: {from: 1, to: 8, step: 0}"), doctest::Contains("a.step: must be above zero"),
                       ConfigError);
  CHECK_THROWS_WITH_AS(axes("a: {from: 1, to: 8, factor: 1}"), doctest::Contains("must be above one"), ConfigError);
  CHECK_THROWS_WITH_AS(axes("a: {from: 1 us, to: 8 GB, step: 1 us}"), doctest::Contains("a.to: must have a unit"),
                       ConfigError);
  CHECK_THROWS_WITH_AS(axes("a: []"), doctest::Contains("has no values"), ConfigError);
  CHECK_THROWS_WITH_AS(axes("a: {zip: {x: [1, 2], y: [1]}}"), doctest::Contains("a.zip.y: has 1 values, but x has 2"),
                       ConfigError);
}

TEST_CASE("condition: numbers, quantities, words, arithmetic and logic") {
  CHECK(condition("deployment.gpus == 64"));
  CHECK(condition("deployment.gpus * 2 > 100 and not fabric == h800-mpft"));
  CHECK(condition("fabric == slim-fly or deployment.gpus < 3"));
  CHECK(condition("fabric.nic_bandwidth == 50 GB/s"));
  CHECK(condition("(deployment.gpus + 8) % 9 == 0"));
  CHECK(condition("(deployment.gpus < 3 or deployment.gpus > 8) and design == b", {{"design", "b"}}));
  CHECK_FALSE(condition("fabric.nic_bandwidth > 400 Gbps"));
  CHECK_THROWS_WITH_AS(condition("deployment.gpu == 64"), doctest::Contains("asks for deployment.gpu"), ConfigError);
  CHECK_THROWS_WITH_AS(condition("deployment.gpus == 4 GB"), doctest::Contains("not alike"), ConfigError);
  CHECK_THROWS_WITH_AS(condition("deployment.gpus"), doctest::Contains("needs a comparison"), ConfigError);
  CHECK_THROWS_WITH_AS(condition("deployment.gpus > 3 )"), doctest::Contains("does not expect"), ConfigError);
}

TEST_CASE("sampling: in the grid the last axis turns fastest") {
  const auto list = axes("{a: [1, 2], b: [x, y, z]}");
  const Config at = Config::parse("{a: 1, b: 2}");
  const auto points = choose_settings(list, {}, at);
  REQUIRE(points.size() == 6);
  CHECK(points[1][0].cells[0] == "1");
  CHECK(points[1][1].cells[0] == "y");
  CHECK(points[3][0].cells[0] == "2");
  CHECK_THROWS_WITH_AS(choose_settings(axes("a: {from: 1, to: 2}"), {}, at),
                       doctest::Contains("needs `step` or `factor`"), ConfigError);
}

TEST_CASE("sampling: a Latin hypercube takes each part of every axis once, and the same again for the same seed") {
  const auto list = axes("{a: {from: 0, to: 1.0}, b: {from: 1 us, to: 100 us, scale: log}, c: [p, q]}");
  const Config at = Config::parse("{a: 1}");
  const Sampling sampling{Sampling::Method::latin_hypercube, 20, 7};
  const auto points = choose_settings(list, sampling, at);
  REQUIRE(points.size() == 20);
  std::vector<int> linear(20), logarithmic(20);
  int p = 0;
  for (const auto& point : points) {
    ++linear[static_cast<std::size_t>(std::stod(point[0].cells[0]) * 20)];
    ++logarithmic[static_cast<std::size_t>(std::log10(std::stod(point[1].cells[0])) / 2 * 20)];
    p += point[2].cells[0] == "p" ? 1 : 0;
  }
  CHECK(std::all_of(linear.begin(), linear.end(), [](int n) { return n == 1; }));
  CHECK(std::all_of(logarithmic.begin(), logarithmic.end(), [](int n) { return n == 1; }));
  CHECK(p == 10);
  const auto again = choose_settings(list, sampling, at);
  for (std::size_t i = 0; i < points.size(); ++i) CHECK(points[i][1].cells == again[i][1].cells);
}

TEST_CASE("digest: FNV-1a's published values, and equal trees whatever the order of their keys") {
  // draft-eastlake-fnv, test vectors of 128 bits: the empty string hashes to the offset basis.
  CHECK(Digest{}.hex() == "6c62272e07bb014262b821756295c58d");
  Digest a, b, c;
  a.add(parse_yaml("{x: 1, y: {z: 2}}", "a"));
  b.add(parse_yaml("{y: {z: 2}, x: 1}", "b"));
  c.add(parse_yaml("{x: 1, y: {z: 3}}", "c"));
  CHECK(a.hex() == b.hex());
  CHECK(a.hex() != c.hex());
}

TEST_CASE("amount: a unit stays as written, and its dimension is known") {
  const auto amount = read_amount("400 Gbps");
  REQUIRE(amount);
  CHECK(amount->number == 400);
  CHECK(amount->unit == "Gbps");
  CHECK(amount->base == doctest::Approx(50e9).epsilon(1e-12));
  CHECK(read_amount("50 GB/s")->dimension == amount->dimension);
  CHECK(in_unit(amount->base, "GB/s") == doctest::Approx(50).epsilon(1e-12));
  CHECK(unit_in_name("GB/s") == "GBps");
  CHECK_FALSE(read_amount("slim-fly"));
  CHECK_FALSE(read_amount("4 planes"));
}

}  // namespace teapot
