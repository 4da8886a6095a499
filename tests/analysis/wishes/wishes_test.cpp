// What wishes change in a scenario, and that their worth is what `run` says of the changed scenario.
// Simulates small scenarios; which figure a wish should have nobody knows here.

#include "analysis/wishes/wishes.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "analysis/wishes/worth.hpp"
#include "sim/catalogue.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;

namespace {

const char* small =
    "model: deepseek-v2-lite\nfabric: {from: h800-mpft, nodes: 4}\naccelerator: h800\n"
    "deployment: {gpus: 32, requests_per_gpu: 32}\ndecode: {routing: {load: uniform}}\n";

Tree small_tree() { return parse_yaml(small, "small.yaml"); }

std::vector<Wish> wishes_of(const std::string& yaml) { return read_wishes(Config{parse_yaml(yaml, "wishes.yaml")}); }

std::vector<Wish> shipped() { return read_wishes(Config{load_yaml(home() + "/analysis/wishes/wishes.yaml")}); }

WorthTable worth(const std::vector<Wish>& wishes) {
  return worth_of(small_tree(), "small", wishes, read_cost_lists({}));
}

double tpot_ms(const std::vector<std::string>& sets) {
  return testing::result(testing::scenario(small, sets)).tpot.value * 1e3;
}

std::string complaint(const std::string& yaml) {
  try {
    wishes_of(yaml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("wishes: the step as it is is what `run` simulates, and a wish is worth what `run` says with its change") {
  const auto wishes = wishes_of(
      "wishes:\n  - {name: dispatch, says: x, set: {decode.precision.dispatch: nvfp4}}\n"
      "  - {name: nic, says: x, set: {fabric.nic_bandwidth: 2 x, fabric.pcie_bandwidth: 2 x}}\n");
  const WorthTable table = worth(wishes);
  CHECK(table.before.tpot_ms == tpot_ms({}));
  for (const Worth& row : table.wishes) {
    REQUIRE(row.after);
    CHECK(row.after->tpot_ms == (row.name == "nic"
                                     ? tpot_ms({"fabric.nic_bandwidth=800 Gbps", "fabric.pcie_bandwidth=126.03 GB/s"})
                                     : tpot_ms({"decode.precision.dispatch=nvfp4"})));
  }
  CHECK(table.together.after->tpot_ms == tpot_ms({"decode.precision.dispatch=nvfp4", "fabric.nic_bandwidth=800 Gbps",
                                                  "fabric.pcie_bandwidth=126.03 GB/s"}));
}

TEST_CASE("wishes: every one that is shipped comes true or says why not, best first, and none is worse together") {
  const WorthTable table = worth(shipped());
  CHECK(table.wishes.size() + table.designs.size() == shipped().size());
  double last = 0;
  for (const Worth& row : table.wishes) {
    CAPTURE(row.name);
    REQUIRE(row.after.has_value() == row.why_not.empty());
    if (!row.after) continue;
    CHECK(row.after->tpot_ms >= last);
    // A wish is for something better; what a GPU encodes itself may cost more than it saves.
    if (!row.name.ends_with("by the GPU")) CHECK(row.after->tpot_ms <= table.before.tpot_ms * 1.001);
    last = row.after->tpot_ms;
  }
  CHECK(table.together.after->tpot_ms <= table.wishes.front().after->tpot_ms);
  CHECK(worth_json(table).size() == shipped().size() + 1);
}

TEST_CASE("wishes: one that a scenario has no place for says what is missing") {
  const Tree tree = resolved(small_tree());
  const auto wishes = wishes_of(
      "wishes:\n  - {name: a, says: x, where: {fabric.kind: torus}, set: {fabric.planes: 2}}\n"
      "  - {name: b, says: x, set: {fabric.global_bandwidth: 2 x}}\n");
  CHECK_THROWS_WITH_AS(with_wish(tree, wishes[0]), "fabric.kind is multi-plane-fat-tree, not torus", ConfigError);
  CHECK_THROWS_WITH_AS(with_wish(tree, wishes[1]), "the scenario has no fabric.global_bandwidth", ConfigError);
}

TEST_CASE("wishes: a fabric that says its technology alone has the speeds and latencies that wishes change") {
  const Tree tree = parse_yaml(
      "model: {from: deepseek-v2-lite, layers: 4}\naccelerator: h800\n"
      "fabric: {kind: multi-plane-fat-tree, nodes: 4, gpus_per_node: 8, technology: [infiniband-ndr, nvlink-4]}\n"
      "deployment: {gpus: 32, requests_per_gpu: 16}\n",
      "s.yaml");
  const WorthTable table = worth_of(tree, "s", shipped(), read_cost_lists({}));
  CHECK(table.before.tpot_ms ==
        doctest::Approx(testing::result(read_scenario(tree, "s")).tpot.value * 1e3).epsilon(1e-12));
  for (const Worth& row : table.wishes) {
    CAPTURE(row.name);
    if (row.why_not == "the scenario has no fabric.transport") continue;  // no part of a technology
    CHECK(row.why_not.find("the scenario has no") == std::string::npos);
  }
}

TEST_CASE("wishes: one of another technology has its speeds and latencies, whatever the fabric says of its own") {
  int found = 0;
  for (const Wish& wish : shipped()) {
    for (const auto& [key, value] : wish.set) {
      if (key != "fabric.technology") continue;
      ++found;
      const Tree changed = with_wish(resolved(small_tree()), wish);
      const Config is = Config{changed}.at("fabric");
      const Tree file = load_yaml(home() + "/topologies/technologies/" + value.text + ".yaml");
      const Config technology = Config{file}.at("fabric");
      for (const auto& name :
           {"nic_bandwidth", "nic_latency", "switch_latency", "cable_latency", "pcie_bandwidth", "pcie_latency"}) {
        CAPTURE(name);
        CHECK(is.at(name).as<std::string>() == technology.at(name).as<std::string>());
      }
    }
  }
  CHECK(found > 0);
}

TEST_CASE("wishes: mistakes in a file of wishes are named") {
  CHECK(complaint("wishes: [{says: x, set: {a: 1}}]\n").find("missing key \"name\"") != std::string::npos);
  CHECK(complaint("wishes: [{name: a, says: x, set: {}}]\n").find("changes nothing") != std::string::npos);
  CHECK(complaint("wishes: [{name: a, says: x, set: {a: 1}, choise: b}]\n").find("choise") != std::string::npos);
}

TEST_CASE("wishes: what is added is added in its unit") {
  const Tree tree = resolved(small_tree());
  const auto latency = [&](const std::string& value) {
    const auto wish = wishes_of("wishes:\n  - {name: x, says: x, set: {fabric.switch_latency: " + value + "}}\n");
    const Tree changed = with_wish(tree, wish.front());
    return changed.find("fabric")->find("switch_latency")->text;
  };
  CHECK(latency("300 ns") == "300 ns");
  const std::string before = latency("1 x");
  CHECK(std::stod(latency("+ 50 ns")) == std::stod(before) + 50);
  CHECK_THROWS_WITH_AS(latency("+ 50 us"), doctest::Contains("write both in one unit"), ConfigError);
}

TEST_CASE("wishes: a fence before each flag costs its round trip once for each dispatch and combine") {
  const auto wishes = shipped();
  const auto fence = std::find_if(wishes.begin(), wishes.end(),
                                  [](const Wish& wish) { return wish.name.starts_with("a fence before each flag"); });
  REQUIRE(fence != wishes.end());
  Tree tree = small_tree();
  for (const char* set :
       {"decode.overlap=none", "decode.routing.load=balanced", "decode.communication=deepep-low-latency"})
    apply_set(tree, set);
  const Tree whole = resolved(tree);
  const double before_ms = testing::result(read_scenario(whole, "x")).step.value * 1e3;
  const double after_ms = testing::result(read_scenario(with_wish(whole, *fence), "x")).step.value * 1e3;
  // 26 layers with experts, 7.4 us each way; nothing hides them.
  CHECK(after_ms - before_ms == doctest::Approx(26 * 2 * 7.4e-3).epsilon(1e-6));
}

TEST_CASE("wishes: tokens per joule are tokens a second over watts of accelerator and network") {
  Economics economics;
  economics.power_overhead = 1.25;
  economics.accelerators["h800"] = {30000, 1000};
  CHECK(*tokens_per_joule(economics, "h800", {0, 200}, 3000) == doctest::Approx(3000 / (1200 * 1.25)));
  CHECK_FALSE(tokens_per_joule(economics, "nosuch", {0, 200}, 3000));
}

TEST_CASE("wishes: parts of another list change what a network costs and draws, and nothing else") {
  Tree two_leaves = small_tree();
  set_path(two_leaves, "fabric.nodes", parse_yaml("64", "nodes"));
  const WorthTable table =
      worth_of(two_leaves, "small", wishes_of("wishes:\n  - {name: optics, says: x, parts: co-packaged-2026}\n"),
               read_cost_lists({}));
  REQUIRE(table.wishes.size() == 1);
  const Figured& after = table.wishes[0].after.value();
  CHECK(after.tpot_ms == table.before.tpot_ms);
  CHECK(after.network_W < table.before.network_W);
  CHECK(complaint("wishes:\n  - {name: optics, says: x, parts: nosuch}\n").find("nosuch") != std::string::npos);
  CHECK(complaint("wishes:\n  - {name: optics, says: x}\n").find("neither set nor parts") != std::string::npos);
}
