// Failures over a month: the closed formulas for one tier, and that every single failure is routed around or said.

#include "analysis/availability/availability.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "sim/catalogue.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;

namespace {

ReliabilityList shipped() { return read_reliability(Config{load_yaml(home() + "/platforms/reliability/2024.yaml")}); }

PartClass parts(int count, double mtbf, double repair, std::optional<double> tpot_ms) {
  return {"cable", "leaf", count, "x", {mtbf, repair}, tpot_ms, {}};
}

Tree small_on(const std::string& fabric) {
  return parse_yaml(
      "model: {from: deepseek-v2-lite, layers: 4}\naccelerator: h800\nfabric: " + fabric +
          "\ndeployment: {gpus: 32, requests_per_gpu: 32}\ndecode: {draft_tokens: 0, routing: {load: balanced}}\n",
      "small.yaml");
}

const PartClass* find(const Availability& availability, const std::string& part, const std::string& tier) {
  for (const PartClass& parts : availability.classes) {
    if (parts.part == part && parts.tier == tier) return &parts;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("availability: of n parts that cut off, each u of the time away, it is (1 - u)^n") {
  const Availability one{"x", 8, 10, {parts(8, 990, 10, {})}};  // u = 10 / 1000
  CHECK(available(one) == doctest::Approx(std::pow(0.99, 8)).epsilon(1e-12));
  CHECK(expected_tpot_ms(one) == 10);
  CHECK(degraded(one) == 0);
}

TEST_CASE("availability: of n cables that are routed around, expected TPOT is TPOT + n u (TPOT without one - TPOT)") {
  const Availability one{"x", 8, 10, {parts(16, 999, 1, 14.0)}};  // u = 1 / 1000
  CHECK(available(one) == 1);
  CHECK(expected_tpot_ms(one) == doctest::Approx(10 + 16 * 0.001 * 4).epsilon(1e-12));
  CHECK(degraded(one) == doctest::Approx(1 - std::pow(0.999, 16)).epsilon(1e-12));
  // All up 98.41% of the time: the hundredth slowest hundredth is degraded, half of the time is not.
  CHECK(tpot_quantile_ms(one, 0.5) == 10);
  CHECK(tpot_quantile_ms(one, 0.98) == 10);
  CHECK(tpot_quantile_ms(one, 0.99) == 14);
}

TEST_CASE("availability: quantiles go through classes from fast to slow, and several failures are the slowest") {
  const Availability two{"x", 8, 10, {parts(100, 999, 1, 20.0), parts(1, 99, 1, 11.0)}};
  const double none = std::pow(0.999, 100) * 0.99;
  CHECK(tpot_quantile_ms(two, none - 1e-6) == 10);
  CHECK(tpot_quantile_ms(two, none + 1e-6) == 11);
  CHECK(tpot_quantile_ms(two, 1) == 20);
}

TEST_CASE("availability: every class is slower without one of it or the same, or says who is cut off") {
  for (const char* fabric : {"{from: h800-mpft, nodes: 8}", "{from: h800-mrft, nodes: 8}", "{from: h800-ft3, nodes: 8}",
                             "{from: h100-leaf-spine, nodes: 8, down_ports: 16, up_ports: 8}"}) {
    CAPTURE(fabric);
    const Availability found = availability_of(small_on(fabric), "small", shipped());
    CHECK(found.tpot_ms == testing::result(read_scenario(small_on(fabric), "small")).tpot.value * 1e3);
    CHECK(find(found, "GPU", "")->count == 32);
    REQUIRE(find(found, "cable", "nic") != nullptr);
    CHECK(find(found, "cable", "nic")->count == 32);
    CHECK(find(found, "NIC", "")->count == 32);
    for (const PartClass& parts : found.classes) {
      CAPTURE(parts.part);
      CAPTURE(parts.tier);
      REQUIRE(parts.tpot_ms.has_value() == parts.cut_off.empty());
      if (parts.tpot_ms) CHECK(*parts.tpot_ms >= found.tpot_ms * (1 - 1e-9));
    }
    CHECK(expected_tpot_ms(found) >= found.tpot_ms * (1 - 1e-9));
    CHECK(available(found) < 1);
  }
}

TEST_CASE("availability: lists with figures that are none, and fabrics that are files, are refused") {
  const auto complaint = [](const std::string& yaml) -> std::string {
    try {
      read_reliability(Config{parse_yaml(yaml, "list.yaml")});
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  };
  const std::string rest =
      ", nic: {mtbf_hours: 1, repair_hours: 1}, cable: {mtbf_hours: 1, repair_hours: 1}, "
      "switch: {mtbf_hours: 1, repair_hours: 1}}\n";
  CHECK(complaint("parts: {gpu: {mtbf_hours: 1, repair_hours: 0}" + rest) == "accepted");
  CHECK(complaint("parts: {gpu: {mtbf_hours: 0, repair_hours: 1}" + rest).find("above zero") != std::string::npos);
  CHECK(complaint("parts: {gpu: {mtbf_hours: 1, repair_hours: -1}" + rest).find("negative") != std::string::npos);
  CHECK(complaint("parts: {gpu: {mtbf_hours: 1}" + rest).find("repair_hours") != std::string::npos);
  CHECK(complaint("parts: {gpu: {mtbf_hours: 1, repair_hours: 1, x: 1}" + rest).find("unknown key") !=
        std::string::npos);
}
