// Comparisons: differences of inputs, prices of tokens, tables of results.
// Runs no simulation.

#include <doctest/doctest.h>

#include "analysis/cost/economics.hpp"
#include "analysis/scenario/known_keys.hpp"
#include "analysis/sweep/comparison.hpp"
#include "analysis/sweep/costs.hpp"
#include "analysis/sweep/results.hpp"
#include "analysis/sweep/sweep_text.hpp"

namespace teapot {
namespace {

Design design(const std::string& name, const std::string& yaml, double tpot) {
  return {name, parse_yaml(yaml, name), {{"tpot_ms", tpot}, {"tokens_per_s_per_gpu", 1000 / tpot}}};
}

Json plan_of(std::size_t points) {
  Json plan{{"columns", {"x"}}, {"points", Json::array()}};
  for (std::size_t p = 0; p < points; ++p) {
    plan["points"].push_back({{"cells", {p}}, {"keys", {std::to_string(p)}}});
  }
  return plan;
}

Json result_of(double tpot, double usd, double tokens) {
  return {{"tpot_ms", tpot},
          {"usd_per_gpu", usd},
          {"tokens_per_s_per_gpu", tokens},
          {"bottleneck", Json::object()},
          {"gpus", 8},
          {"model", "m"},
          {"accelerator", "a"},
          {"fabric", "f"},
          {"breakdown_ms", Json::object()},
          {"resources", Json::array()}};
}

}  // namespace

TEST_CASE("compare: what differs between the inputs comes first, what is equal is left out") {
  const auto differences = input_differences(
      {design("a", "{model: m, fabric: x, deployment: {gpus: 8}}", 10),
       design("b", "{model: m, fabric: {from: x, nic_bandwidth: 800 Gbps}, deployment: {gpus: 16, tensor_parallel: 2}}",
              5)});
  REQUIRE(differences.size() == 3);
  CHECK(differences[0].key == "deployment.gpus");
  CHECK(differences[0].values == std::vector<std::string>{"8", "16"});
  CHECK(differences[1].key == "fabric.nic_bandwidth");
  CHECK(differences[1].values == std::vector<std::string>{"-", "800 Gbps"});
  CHECK(differences[2].key == "deployment.tensor_parallel");
}

TEST_CASE("compare: designs that are unlike in several things are said to be, each thing once") {
  const auto one =
      design("a", "{accelerator: {name: x, memory: 1 GB}, fabric: {name: f}, decode: {acceptance: 0.8}}", 10);
  const auto two =
      design("b", "{accelerator: {name: y, memory: 2 GB}, fabric: {name: g}, decode: {acceptance: 0.9}}", 5);
  CHECK(unlike({one, two}) == std::vector<std::string>{"accelerator", "fabric", "decode.acceptance"});
  CHECK(
      comparison_text({one, two}).starts_with("warning: unlike in 3 things (accelerator, fabric, decode.acceptance)"));
  const auto like =
      design("c", "{accelerator: {name: x, memory: 1 GB}, fabric: {name: g}, decode: {acceptance: 0.8}}", 5);
  CHECK(unlike({one, like}) == std::vector<std::string>{"fabric"});
  CHECK(comparison_text({one, like}).find("warning") == std::string::npos);
}

TEST_CASE(
    "compare: a library of collectives that differs says its algorithms too, and a changed number of it is shown") {
  const auto with = [](const std::string& library, const std::string& overhead) {
    return design(library,
                  "{decode: {collectives: {all-reduce: {dispatch: {library: " + library +
                      ", algorithms: {direct: {library: " + library + ", overhead: " + overhead + "}}}}}}}",
                  10);
  };
  const std::string libraries = comparison_text({with("nccl", "1 us"), with("trtllm", "2 us")});
  CHECK(libraries.find("all-reduce.dispatch.library") != std::string::npos);
  CHECK(libraries.find("overhead") == std::string::npos);
  CHECK(libraries.find("direct.library") == std::string::npos);
  const std::string overheads = comparison_text({with("nccl", "1 us"), with("nccl", "2 us")});
  CHECK(overheads.find("direct.overhead") != std::string::npos);
}

TEST_CASE("compare: a default is compared as the value it stood for") {
  const Tree all = with_defaults(parse_yaml("{deployment: {gpus: 64}}", "s"));
  CHECK(Config{all}.at("deployment").get<int>("expert_parallel") == 64);
  CHECK(Config{all}.at("decode").get<std::string>("overlap") == "auto");
  CHECK(Config{all}.at("fabric").get<std::string>("name") == "h800-mpft");
  CHECK(Config{all}.at("simulation").get<int>("seed") == 1);
}

TEST_CASE("compare: results of other work than the first's are refused, which have figures of the same name") {
  Design decode = design("d", "{model: m}", 10);
  Design prefill = decode, training = decode, service = decode;
  prefill.result["phase"] = "prefill";
  training.result["phase"] = "training";
  service.result["surface"] = Json::object();
  const std::vector<Design> all{decode, prefill, training, service};
  for (std::size_t a = 0; a < all.size(); ++a) {
    for (std::size_t b = 0; b < all.size(); ++b) {
      if (a == b) {
        CHECK_NOTHROW(check_same_work({all[a], all[b]}));
      } else {
        CHECK_THROWS_AS(check_same_work({all[a], all[b]}), ConfigError);
      }
    }
  }
}

TEST_CASE("compare: of many things that differ the first eight are named and the rest counted") {
  const std::string keys = "{a: %, b: %, c: %, d: %, e: %, f: %, g: %, h: %, i: %, j: %}";
  const auto with = [&](const std::string& value) {
    std::string yaml;
    for (const char c : keys) yaml += c == '%' ? value : std::string{c};
    return yaml;
  };
  const std::string text = comparison_text({design("x", with("1"), 10), design("y", with("2"), 5)});
  CHECK(text.starts_with("warning: unlike in 10 things (a, b, c, d, e, f, g, h and 2 more): "));
}

TEST_CASE("compare, sweep: what a run warns of is said there too, once for each warning") {
  Design one = design("x", "{a: 1}", 10);
  one.result["warnings"] = {"slow bus"};
  CHECK(comparison_text({one, design("y", "{a: 2}", 5)}).ends_with("warning: x: slow bus\n"));
  CHECK(comparison_json({one, one}).at("designs")[1].at("warnings") == Json{"slow bus"});
  SweepSummary summary;
  summary.table = result_table(plan_of(3), [](const std::string& key) {
    Json result = result_of(10, 1, 1);
    result["warnings"] = key == "1" ? Json::array() : Json{"slow bus"};
    return std::optional<Json>{result};
  });
  CHECK(sweep_text(summary).find("\nwarning: points 1, 3: slow bus\n") != std::string::npos);
}

TEST_CASE("compare: ratios are to the first") {
  const auto json = comparison_json({design("a", "{model: m}", 10), design("b", "{model: n}", 5)});
  CHECK(json.at("designs")[1].at("tpot_ms_ratio") == 0.5);
  CHECK(json.at("designs")[1].at("tokens_per_s_per_gpu_ratio") == 2);
  CHECK(json.at("differences")[0].at("key") == "model");
}

TEST_CASE("economics: dollars of a million tokens from price, power and throughput") {
  const Economics e{4, 0.5, 0.1, 1.25, 0.05, {{"gpu", {30000, 1000}}}};
  const auto cost = token_cost(e, "gpu", {5000, 200}, 2000);
  REQUIRE(cost);
  // (35,000 x (1/4 + 0.05) / 8,766 h + 1.2 kW x 1.25 x 0.1 $/kWh) / (2,000 x 3,600 s x 0.5) x 10^6
  const double hour = 35000 * 0.3 / 8766 + 1.2 * 1.25 * 0.1;
  CHECK(cost->usd_per_gpu_hour == doctest::Approx(hour).epsilon(1e-12));
  CHECK(cost->usd_per_million_tokens == doctest::Approx(hour / (2000 * 3600 * 0.5) * 1e6).epsilon(1e-12));
  CHECK(cost->tokens_per_s_per_kusd == doctest::Approx(2000 / 35.0).epsilon(1e-12));
  CHECK_FALSE(token_cost(e, "another", {5000, 200}, 2000));
}

TEST_CASE("economics: the network costs a GPU its share of the fabric") {
  const CostLists lists = read_cost_lists({"", "isca-2025"});
  // arXiv 2505.09343, table 3: a full multi-plane fat-tree of 16,384 endpoints costs 72 M$.
  PartReader parts;
  const auto price = network_price(parse_yaml("{fabric: {from: h800-mpft, nodes: 2048}}", "s"), lists.prices, parts);
  REQUIRE(price);
  CHECK(price->usd * 16384 == doctest::Approx(72e6).epsilon(0.01));
  CHECK(accelerator_name(parse_yaml("{accelerator: {from: {from: h200}}}", "s")) == "h200");
  CHECK_FALSE(network_price(parse_yaml("{platform: x.xml}", "s"), lists.prices, parts));
  const auto alone = network_price(parse_yaml("{deployment: {gpus: 1}}", "s"), lists.prices, parts);
  REQUIRE(alone);
  CHECK(alone->usd == 0);
  const auto named = network_price(parse_yaml("{fabric: h800-mpft, deployment: {gpus: 1}}", "s"), lists.prices, parts);
  REQUIRE(named);
  CHECK(named->usd > 0);
}

TEST_CASE("results: the front holds what nothing beats, equal points both") {
  const std::vector<Json> results{result_of(10, 5, 100), result_of(8, 7, 90), result_of(9, 8, 200),
                                  result_of(10, 5, 100), result_of(12, 5, 300)};
  const auto table = result_table(plan_of(5), [&](const std::string& key) { return results[std::stoul(key)]; });
  CHECK(pareto_front(table, "tpot_ms", "usd_per_gpu", false) == std::vector<std::size_t>{1, 0, 3});
  CHECK(pareto_front(table, "tpot_ms", "tokens_per_s_per_gpu", true) == std::vector<std::size_t>{1, 2, 4});
  CHECK(table.rows[2][*table.column("pareto_cost")] == false);
  CHECK(table.rows[2][*table.column("pareto_throughput")] == true);
}

TEST_CASE("results: cells with commas and quotes are quoted, missing points are left out, errors have no figures") {
  const auto table = result_table(plan_of(3), [](const std::string& key) -> std::optional<Json> {
    if (key == "1") return {};
    if (key == "2") return Json{{"error", "x: \"no\", never"}};
    return result_of(10, 5, 100);
  });
  CHECK(table.missing() == 1);
  CHECK(table.failed == 1);
  const std::string csv = to_csv(table);
  CHECK(csv.find("\"x: \"\"no\"\", never\"\n") != std::string::npos);
  CHECK(csv.find("3,2,failed,,") != std::string::npos);
  CHECK(Json::parse(to_json(table)).size() == 2);
}

}  // namespace teapot
