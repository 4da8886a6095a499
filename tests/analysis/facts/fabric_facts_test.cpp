// What ./teapot fabric prints: names of JSON, unknown figures as null, exports that hold every link.

#include "analysis/facts/fabric_facts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/catalogue.hpp"
#include "topologies/export.hpp"

using namespace teapot;

namespace {

Config config_of(const std::string& yaml) { return Config{resolve_named(Config::parse(yaml), "topologies", "fabric")}; }

Prices prices() { return load_prices("isca-2025"); }

nlohmann::json json_of(const std::vector<std::string>& fabrics) {
  std::vector<FabricFacts> facts;
  for (const auto& yaml : fabrics) facts.push_back(measure_fabric(config_of(yaml), prices(), {}));
  return nlohmann::json::parse(fabric_json(facts));
}

long count(const std::string& text, const std::string& part) {
  long found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

}  // namespace

TEST_CASE("fabric --json: one object for one fabric, with the names that are promised") {
  const auto json = json_of({"{from: h800-mpft}"});
  CHECK(json["endpoints"] == 2048);
  CHECK(json["switches"] == 8 * (8 + 4));
  CHECK(json["links"] == 8 * 8 * 32);
  CHECK(json["diameter"] == 2);
  CHECK(json["bisection_Gbps"].get<double>() == doctest::Approx(1024 * 400));
  CHECK(json["cost_usd"].get<double>() == doctest::Approx(96 * 53000.0 + 2048 * 1440.0 + 2048 * 470.0));
  CHECK(json["latency_64B_same_switch_us"].get<double>() == doctest::Approx(2.8).epsilon(0.05));
  CHECK(json["latency_64B_farthest_us"].get<double>() == doctest::Approx(3.7).epsilon(0.05));
}

TEST_CASE("fabric --json: what is not known is null, and several fabrics are a list") {
  const auto json = json_of({"{from: paper-slim-fly}", "{from: gb200-nvl72}"});
  CHECK(json["fabrics"].size() == 2);
  CHECK(json["fabrics"][0]["can_be_simulated"] == false);
  CHECK(json["fabrics"][0]["mean_path"].is_null());
  CHECK(json["fabrics"][0]["bisection_Gbps"].is_null());
  CHECK(json["fabrics"][1]["cost_usd"].is_null());
  CHECK(json["fabrics"][1]["endpoints"] == 72);
}

TEST_CASE("fabric tables: large counts have separators, unknown figures a dash") {
  const std::string table = fabric_cost_table({count_fabric(config_of("{from: paper-dragonfly}"), prices()),
                                               count_fabric(config_of("{from: gb200-nvl72}"), prices())});
  CHECK(table.find("261,632") != std::string::npos);
  CHECK(table.find("1.52 G$") != std::string::npos);
  CHECK(table.find(" - ") != std::string::npos);
}

TEST_CASE("fabric export: graphviz has each cable once, graphml and csv every directed link") {
  const Fabric fabric = build_fabric(config_of("{from: h800-mpft, nodes: 2, failures: [{nic: nic-1-3}]}"));
  const auto text = [&](const std::string& format) {
    std::ostringstream out;
    export_fabric(fabric, format, out);
    return out.str();
  };
  const auto links = static_cast<long>(fabric.links.size());
  CHECK(count(text("graphviz"), "->") == links / 2);
  CHECK(count(text("graphviz"), "style=dotted") == 1);
  CHECK(count(text("graphml"), "<edge ") == links);
  CHECK(count(text("graphml"), "<node ") == static_cast<long>(fabric.vertices.size()));
  CHECK(count(text("csv"), "\n") == links + 1);
  CHECK(count(text("csv"), "\nnic-1-3_UP,pcie-1-3,leaf-3-0,nic,50,") == 1);
}
