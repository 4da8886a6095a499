// What networks cost: table 3 of arXiv 2505.09343 under its own price list, and parts by speed under the newest.

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cmath>

#include "analysis/cost/network_cost.hpp"
#include "sim/catalogue.hpp"

using namespace teapot;

namespace {

struct Column {
  const char* fabric;
  std::int64_t endpoints, switches, links;
  double million_usd, thousand_usd_per_endpoint, rounding;  // of the last
};

// published; the costs are rounded to 1 M$ and to the digits that are printed
const Column columns[] = {{"paper-ft2", 2'048, 96, 2'048, 9, 4.39, 0.005},
                          {"paper-mpft", 16'384, 768, 16'384, 72, 4.39, 0.005},
                          {"paper-ft3", 65'536, 5'120, 131'072, 491, 7.5, 0.05},
                          {"paper-slim-fly", 32'928, 1'568, 32'928, 146, 4.4, 0.05},
                          {"paper-dragonfly", 261'632, 16'352, 384'272, 1'522, 5.8, 0.05}};

Config named(const std::string& name) { return Config{resolve_named(name, "topologies", "fabric")}; }

Cost cost_at(const std::string& fabric, const std::string& list) {
  Site site;
  const Figures figures = figures_of(Config{resolve_named(Config::parse(fabric), "topologies", "fabric")}, site);
  return cost_of(figures, site, load_prices(list));
}

}  // namespace

TEST_CASE("table 3 of the DeepSeek-V3 hardware paper: sizes exactly, costs within its rounding") {
  const Prices prices = load_prices("isca-2025");
  for (const Column& column : columns) {
    CAPTURE(column.fabric);
    Site site;
    const Figures figures = figures_of(named(column.fabric), site);
    CHECK(site.endpoints() == column.endpoints);
    CHECK(figures.switches == column.switches);
    CHECK(figures.links() == column.links);
    const Cost cost = cost_of(figures, site, prices);
    CHECK(std::abs(cost.usd / 1e6 - column.million_usd) < 0.5);
    CHECK(std::abs(cost.usd_per_endpoint / 1e3 - column.thousand_usd_per_endpoint) < column.rounding);
  }
}

TEST_CASE("cost: switches, cables by tier and endpoint cables, each times its price") {
  const Prices prices = read_prices(Config::parse(
      "{switch_usd: 100, cable_usd: 10, cable_usd_by_tier: {global: 20}, endpoint_cable_usd: 1, switch_W: 50}"));
  Figures figures;
  figures.switches = 3;
  figures.cables = {{"local", 4}, {"global", 5}};
  Site site;
  site.nodes = 6;
  site.ports = 2;
  const Cost cost = cost_of(figures, site, prices);
  CHECK(cost.usd == 3 * 100 + 4 * 10 + 5 * 20 + 12 * 1);
  CHECK(cost.usd_per_endpoint == cost.usd / 12);
  CHECK(cost.power_kw == doctest::Approx(0.15));
}

TEST_CASE("cost: faster NICs never cost less nor draw less, on any kind of fabric, and each item is priced") {
  const char* fabrics[] = {"h800-mpft", "h800-mrft",       "h800-ft3", "dragonfly",
                           "slim-fly",  "h100-leaf-spine", "torus-2d", "hyperx"};
  for (const char* fabric : fabrics) {
    double usd = 0;
    double power = 0;
    for (const int speed : {100, 200, 400, 800, 1600}) {
      CAPTURE(fabric);
      CAPTURE(speed);
      const Cost cost = cost_at(fmt::format("{{from: {}, nic_bandwidth: {} Gbps}}", fabric, speed), "");
      REQUIRE(cost.missing.empty());
      CHECK(cost.usd > usd);
      CHECK(cost.power_kw > power);
      usd = cost.usd;
      power = cost.power_kw;
      double sum = 0;
      for (const CostItem& item : cost.items) {
        CHECK(item.each_usd > 0);
        sum += static_cast<double>(item.count) * item.each_usd;
      }
      CHECK(sum == doctest::Approx(cost.usd));
      CHECK(cost.items.size() >= 4);
    }
  }
}

TEST_CASE("cost: what nobody printed is marked as an estimate, and its part of the cost is added up") {
  const Cost cost = cost_at("h800-mpft", "");
  double estimated = 0;
  for (const CostItem& item : cost.items) {
    if (item.estimate) estimated += static_cast<double>(item.count) * item.each_usd;
    CHECK(item.estimate == item.name.starts_with("switches of 300 GB/s"));  // shops and the paper print the others
  }
  CHECK(estimated > 0);
  CHECK(cost.estimated_usd == doctest::Approx(estimated));
  CHECK(cost_at("paper-mpft", "isca-2025").estimated_usd == 0);
}

TEST_CASE("cost: longer cables cost more, a scale-up network is priced, and what has no part is not priced") {
  CHECK(cost_at("{from: h800-mpft, cable_m: 2}", "").usd < cost_at("{from: h800-mpft, cable_m: 30}", "").usd);
  CHECK(cost_at("{from: gb200-nvl72}", "").usd == doctest::Approx(72 * 5000.0));
  const Cost unknown = cost_at("{from: h800-mpft, nic_bandwidth: 6400 Gbps}", "");
  CHECK(unknown.missing.find("switches of 64 ports of 6400 Gbps") != std::string::npos);
}
