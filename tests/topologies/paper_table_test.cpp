// Table 3 of arXiv 2505.09343: five networks of 64-port 400G switches, their size and cost.

#include <doctest/doctest.h>

#include <chrono>

#include "sim/catalogue.hpp"
#include "topologies/cost.hpp"
#include "topologies/metrics.hpp"

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

}  // namespace

TEST_CASE("table 3 of the DeepSeek-V3 hardware paper: sizes exactly, costs within its rounding") {
  const Prices prices = read_prices(Config::load(home() + "/topologies/prices.yaml"));
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

TEST_CASE("slim fly of table 3: q = 28 is counted but not built, and the nearest valid q are named") {
  try {
    build_fabric(named("paper-slim-fly"));
    FAIL("was built");
  } catch (const ConfigError& error) {
    const std::string message = error.what();
    CHECK(message.find("28 is no power of a prime") != std::string::npos);
    CHECK(message.find("27 or 29") != std::string::npos);
  }
}
