// Copies counted by plan, against those counted one by one.

#include "workloads/routing/copy_plan.hpp"

#include <doctest/doctest.h>

#include "sim/catalogue.hpp"
#include "workloads/routing/traffic.hpp"

using namespace teapot;

TEST_CASE("copy plan: matrices, what arrives and transposes are those of counting copy by copy") {
  const Model model = read_model(Config{resolve_named("deepseek-v3", "workloads/models", "model")});
  const char* deployments[] = {"{gpus: 32}", "{gpus: 64, expert_parallel: 32}", "{gpus: 40, redundant_experts: 24}",
                               "{gpus: 48, expert_parallel: 16, redundant_experts: 80}",
                               "{gpus: 320, redundant_experts: 64}"};
  for (const char* deployment : deployments) {
    CAPTURE(deployment);
    const Layout layout = read_layout(Config::parse(deployment), model);
    const Config decode = Config::parse("{routing: {load: uniform}}");
    const Routing routing = read_routing(decode.section("routing"), model, layout);
    const ExchangeLayout groups{layout, {}};
    const Gate gate = make_gate(model, routing, 1);
    std::vector<double> loads(static_cast<std::size_t>(gate.experts), 1.0);
    for (std::size_t e = 0; e < loads.size(); e += 7) loads[e] = 40;
    const int slots = model.experts.routed + layout.redundant_experts;
    for (const Placement& placement :
         {place_in_order(model, layout), place_globally(loads, slots, layout.expert_parallel)}) {
      const CopyPlans plans{groups, placement};
      for (const auto& chooser : {Chooser::uniform(gate), Chooser::weighted(gate, loads)}) {
        std::vector<int> tokens(static_cast<std::size_t>(layout.gpus), 64);
        tokens[3] = 41;
        REQUIRE(goes_by_plan(groups, gate, routing, tokens));
        const Exchange planned = sampled_exchange(groups, chooser, placement, routing, tokens, {1, 5, 0}, &plans);
        const Exchange counted = sampled_exchange(groups, chooser, placement, routing, tokens, {1, 5, 0});
        CHECK(*planned.traffic == *counted.traffic);
        CHECK(planned.traffic->pairs() == counted.traffic->pairs());
        CHECK(planned.traffic->tokens == counted.traffic->tokens);
        CHECK(planned.arrived == counted.arrived);
        const Traffic back = transposed(*planned.traffic);
        CHECK(back == transposed(*counted.traffic));
        CHECK(transposed(back) == *counted.traffic);
      }
    }
  }
}

TEST_CASE("copy plan: not for few tokens, for many, or for copies that go elsewhere, too") {
  const Model model = read_model(Config{resolve_named("deepseek-v3", "workloads/models", "model")});
  const Layout layout = read_layout(Config::parse("{gpus: 32}"), model);
  const ExchangeLayout groups{layout, {}};
  const auto by_plan = [&](const std::string& routing_text, const std::vector<int>& tokens) {
    const Config decode = Config::parse("{routing: " + routing_text + "}");
    const Routing routing = read_routing(decode.section("routing"), model, layout);
    return goes_by_plan(groups, make_gate(model, routing, 1), routing, tokens);
  };
  CHECK(by_plan("{load: uniform}", {32}));
  CHECK_FALSE(by_plan("{load: uniform}", {31}));  // fewer choices than experts: most receivers get nothing
  CHECK(by_plan("{load: uniform}", {most_drawn}));
  CHECK_FALSE(by_plan("{load: uniform}", {most_drawn + 1}));  // each drawn one stands for two
  CHECK_FALSE(by_plan("{load: uniform, copies: routed+shared}", {64}));
  CHECK_FALSE(by_plan("{load: uniform, per: node}", {64}));
  CHECK_FALSE(by_plan("{load: uniform, remote: all}", {64}));
}
