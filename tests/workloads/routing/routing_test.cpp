// Routing: tokens, copies, nodes, skew and balancing against their formulas.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "sim/catalogue.hpp"
#include "workloads/routing/traffic.hpp"
#include "workloads/routing/traffic_table.hpp"

using namespace teapot;

namespace {

Model deepseek_v3() { return read_model(Config{resolve_named("deepseek-v3", "workloads/models", "model")}); }

std::vector<int> domains(int gpus, int size = 8) {
  std::vector<int> domain;
  for (int gpu = 0; gpu < gpus; ++gpu) domain.push_back(gpu / size);
  return domain;
}

/// Gate, layout and exchange of `tokens` of each GPU.
struct Case {
  Model model = deepseek_v3();
  Layout layout;
  Routing routing;
  Exchange exchange;
  Gate gate;

  Case(const char* deployment_text, const std::string& routing_text, int tokens, std::uint64_t seed = 1) {
    layout = read_layout(Config::parse(deployment_text), model);
    const Config decode = Config::parse("{routing: " + routing_text + "}");
    routing = read_routing(decode.section("routing"), model, layout);
    const ExchangeLayout groups{layout, domains(layout.gpus)};
    gate = make_gate(model, routing, std::max(1, groups.nodes_of_group()));
    if (routing.balanced()) {
      exchange = balanced_exchange(groups, gate, routing, {static_cast<double>(tokens)});
    } else {
      exchange = sampled_exchange(groups, Chooser::uniform(gate), place_in_order(model, layout), routing, {tokens},
                                  {seed, 5, 0});
    }
  }
  /// Copies that leave their node, for each token.
  double remote(int tokens) const {
    double sum = 0;
    for (int gpu = 0; gpu < layout.gpus; ++gpu) {
      exchange.traffic->for_each_receiver(gpu, [&](int to, double copies) { sum += to / 8 != gpu / 8 ? copies : 0; });
    }
    return sum / (static_cast<double>(layout.gpus) * tokens);
  }
  double local(int tokens) const {
    return exchange.traffic->total() / (static_cast<double>(layout.gpus) * tokens) - remote(tokens);
  }
};

double choose(double n, double k) {
  double result = 1;
  for (double i = 1; i <= k; ++i) result *= (n - k + i) / i;
  return result;
}

}  // namespace

TEST_CASE("routing: without a limit a token reaches 8 nodes (1 - C(224, 8) / C(256, 8)) of 8") {
  const int tokens = 400;
  const Case sampled{"{gpus: 64}", "{load: uniform, per: node}", tokens};
  const double nodes = 8 * (1 - choose(224, 8) / choose(256, 8));  // 5.31
  const double remote = nodes * 7 / 8;
  // 25,600 tokens; the number of nodes a token hits has a standard deviation below 1: five standard errors.
  CHECK(std::abs(sampled.remote(tokens) - remote) < 5 / std::sqrt(64.0 * tokens));
  CHECK(token_spread(sampled.model, sampled.layout, Routing{}, domains(64)).nodes ==
        doctest::Approx(nodes).epsilon(1e-12));
  const Case balanced{"{gpus: 64}", "{load: balanced, per: node}", tokens};
  CHECK(balanced.remote(tokens) == doctest::Approx(remote).epsilon(1e-12));
}

TEST_CASE("routing: limited to 4 of 8 nodes a token goes to 4 (1 - C(96, 8) / C(128, 8)) of them") {
  const int tokens = 400;
  const Case sampled{"{gpus: 64}", "{load: uniform, per: node, max_nodes: 4}", tokens};
  // 32 experts of the 128 that are open lie on each of the 4 nodes.
  const double nodes = 4 * (1 - choose(96, 8) / choose(128, 8));  // 3.64
  CHECK(std::abs(sampled.remote(tokens) - nodes * 7 / 8) < 5 / std::sqrt(64.0 * tokens));
  // Distinct GPUs of 4 experts each: one copy arrives at each; NVLink carries those that do not come over the NIC to
  // their GPU, or stay. A relay is one of its node's 8 GPUs and is hit itself like any other.
  const double gpu = 0.5 * (1 - choose(124, 8) / choose(128, 8));
  const double nvlink = 7 * gpu + 7 * 7 * gpu;  // own node's 7 other GPUs; 7 other nodes' 7 GPUs beside the relay
  CHECK(std::abs(sampled.local(tokens) - nvlink) < 5 * 2 / std::sqrt(64.0 * tokens));
  const Case balanced{"{gpus: 64}", "{load: balanced, per: node, max_nodes: 4}", tokens};
  CHECK(balanced.remote(tokens) == doctest::Approx(nodes * 7 / 8).epsilon(1e-12));
  CHECK(balanced.local(tokens) == doctest::Approx(nvlink).epsilon(1e-12));
}

TEST_CASE("routing: a token's experts are different, and no more groups than allowed") {
  const Gate gate{256, 8, 8, 4};
  int tokens = 0;
  Chooser::uniform(gate).each_token(Random{7}, 2000, [&](const std::uint16_t* chosen) {
    ++tokens;
    const std::set<int> experts(chosen, chosen + 8);
    std::set<int> groups;
    for (const int e : experts) groups.insert(e / 32);
    CHECK(experts.size() == 8);
    CHECK(groups.size() <= 4);
    CHECK(*experts.rbegin() < 256);
  });
  CHECK(tokens == 2000);
}

TEST_CASE("routing: every token that is sent arrives, whatever the copies") {
  for (const char* per : {"expert", "gpu", "node"}) {
    const Case c{"{gpus: 72, redundant_experts: 32}", std::string{"{load: uniform, per: "} + per + "}", 50};
    CHECK(std::accumulate(c.exchange.arrived.begin(), c.exchange.arrived.end(), 0.0) == 72.0 * 50 * 8);
  }
}

TEST_CASE("routing: of very many tokens some are drawn and stand for the rest: none is lost, and shares stay") {
  const int many = 3 * most_drawn + 1234;  // 1,234 = 4 x 308 + 2: some are left over and drawn by themselves
  for (const char* per : {"expert", "gpu", "node"}) {
    CAPTURE(per);
    const auto drawn = [&](int tokens) {
      return Case{"{gpus: 16, expert_parallel: 16, requests_per_gpu: 1}",
                  std::string{"{load: uniform, per: "} + per + "}", tokens};
    };
    const Case all = drawn(many);
    const Case few = drawn(most_drawn);
    const double tokens = std::accumulate(all.exchange.arrived.begin(), all.exchange.arrived.end(), 0.0);
    CHECK(tokens == 16.0 * many * 8);
    CHECK(all.remote(many) == doctest::Approx(few.remote(most_drawn)).epsilon(0.005));
    CHECK(all.local(many) == doctest::Approx(few.local(most_drawn)).epsilon(0.005));
    for (std::size_t slot = 0; slot < all.exchange.arrived.size(); ++slot) {
      const double share = all.exchange.arrived[slot] / tokens;  // of 256 experts; 5 standard deviations of 16 senders
      CHECK(share == doctest::Approx(1.0 / 256).epsilon(5 * std::sqrt(32.0 / (16 * most_drawn / 1.34))));
    }
  }
}

TEST_CASE("routing: EP groups keep to themselves, and 72 GPUs on nodes of 8 divide into them") {
  const Case c{"{gpus: 64, expert_parallel: 16}", "{load: uniform}", 64};
  for (int gpu = 0; gpu < 64; ++gpu) {
    c.exchange.traffic->for_each_receiver(gpu, [&](int to, double) { CHECK(to / 16 == gpu / 16); });
  }
  CHECK(ExchangeLayout(c.layout, domains(64)).nodes_of_group() == 2);
}

TEST_CASE("routing: with all copies remote nothing stays, and the shared expert's copy makes nine") {
  for (const char* load : {"balanced", "uniform"}) {
    const Case c{"{gpus: 256}", std::string{"{remote: all, copies: routed+shared, load: "} + load + "}", 32};
    CHECK(c.exchange.traffic->total() == doctest::Approx(256.0 * 32 * 9).epsilon(1e-12));
  }
}

TEST_CASE("routing: skewed choices follow their weights") {
  // One choice for each token: the share of an expert is its weight.
  const Gate gate{4, 1, 1, 1};
  const Chooser chooser = Chooser::weighted(gate, {4, 3, 2, 1});
  std::vector<double> counts(4);
  chooser.each_token(Random{3}, 40000, [&](const std::uint16_t* chosen) { counts[chosen[0]] += 1; });
  for (std::size_t e = 0; e < 4; ++e) {
    const double p = (4.0 - static_cast<double>(e)) / 10;
    CHECK(std::abs(counts[e] / 40000 - p) < 5 * std::sqrt(p * (1 - p) / 40000));
  }
}

TEST_CASE("routing: extreme skew still gives every token different experts") {
  std::vector<double> weights(256, 0.0);
  weights[17] = 1;
  weights[200] = 1e-12;
  Chooser::weighted({256, 8, 1, 1}, weights).each_token(Random{1}, 20, [](const std::uint16_t* chosen) {
    CHECK(std::set<int>(chosen, chosen + 8).size() == 8);
    CHECK(detail::contains(chosen, 8, 17));
  });
}

TEST_CASE("routing: Zipf loads are powers of the rank, in another order for each layer unless fixed") {
  const auto source = [](const char* text) { return read_loads(Config::parse(text), 64, 2); };
  const LoadSource zipf = source("{load: zipf, exponent: 0.7}");
  auto loads = expert_loads(zipf, 64, 3, 1000, 1);
  CHECK(loads != expert_loads(zipf, 64, 4, 1000, 1));
  const LoadSource fixed = source("{load: zipf, exponent: 0.7, vary: fixed}");
  CHECK(expert_loads(fixed, 64, 3, 1000, 1) == expert_loads(fixed, 64, 4, 1000, 1));
  std::sort(loads.rbegin(), loads.rend());
  CHECK(loads[9] / loads[0] == doctest::Approx(std::pow(10.0, -0.7)).epsilon(1e-12));
  CHECK(std::accumulate(loads.begin(), loads.end(), 0.0) == doctest::Approx(64).epsilon(1e-12));
}

TEST_CASE("routing: a larger exponent and a smaller concentration skew more") {
  const auto most = [](const char* text) {
    double sum = 0;
    for (int layer = 0; layer < 20; ++layer) {
      const auto loads = expert_loads(read_loads(Config::parse(text), 256, 8), 256, layer, 16384, 1);
      sum += *std::max_element(loads.begin(), loads.end());
    }
    return sum;
  };
  CHECK(most("{load: zipf, exponent: 0.4}") < most("{load: zipf, exponent: 0.8}"));
  CHECK(most("{load: power-law, exponent: 0.6}") < most("{load: power-law, exponent: 1.2}"));
  CHECK(most("{load: dirichlet, concentration: 10}") < most("{load: dirichlet, concentration: 1}"));
}

TEST_CASE(
    "routing: what a balancer saw before the load moved has the same sum, and serves the worse the more has moved") {
  const LoadSource source = read_loads(Config::parse("{load: power-law, exponent: 1}"), 256, 8);
  double before = 1;
  for (const double drift : {0.0, 0.1, 0.3, 1.0}) {
    CAPTURE(drift);
    double most = 0;
    constexpr int layers = 20;
    for (int layer = 0; layer < layers; ++layer) {
      const auto loads = expert_loads(source, 256, layer, 16384, 1);
      auto seen = loads_before(loads, drift, layer, 1);
      CHECK(std::accumulate(seen.begin(), seen.end(), 0.0) == doctest::Approx(256));
      if (drift == 0) CHECK(seen == loads);
      most += imbalance(place_globally(seen, 288, 72), loads) / layers;
      if (drift < 1) continue;
      auto sorted = loads;  // all of it has moved: the same loads, of other experts
      std::sort(sorted.begin(), sorted.end());
      std::sort(seen.begin(), seen.end());
      CHECK(seen == sorted);
    }
    CHECK(most > before);
    before = most;
  }
}

TEST_CASE("routing: Dirichlet loads have the moments of their distribution, above and below a concentration of one") {
  // Of K shares with concentration a each: E[sum of squares] = (a + 1) / (K a + 1).
  constexpr int experts = 64, layers = 400;
  for (const double a : {0.3, 0.7, 1.0, 4.0}) {
    CAPTURE(a);
    double sum = 0;
    const std::string text = "{load: dirichlet, concentration: " + std::to_string(a) + "}";
    const LoadSource loads = read_loads(Config::parse(text), experts, 8);
    for (int layer = 0; layer < layers; ++layer) {
      for (const double load : expert_loads(loads, experts, layer, 1 << 20, 1)) sum += load * load;
    }
    const double squares = sum / layers / experts / experts;  // loads have a mean of one
    CHECK(squares == doctest::Approx((a + 1) / (experts * a + 1)).epsilon(0.06));
  }
}

TEST_CASE("routing: EPLB's published example reaches its published balance") {
  // github.com/deepseek-ai/EPLB README: 12 experts in 4 groups, 16 slots on 8 GPUs of 2 nodes, two layers.
  const std::vector<double> first{90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86};
  const std::vector<double> second{20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27};
  CHECK(imbalance(place_hierarchically(first, 4, 2, 16, 8), first) == doctest::Approx(1.208).epsilon(0.0005));
  CHECK(imbalance(place_hierarchically(second, 4, 2, 16, 8), second) == doctest::Approx(1.242).epsilon(0.0005));
  CHECK(imbalance(place_globally(first, 16, 8), first) <= 1.3);
}

TEST_CASE("routing: the balancer gives every expert a slot and every rank as many slots") {
  std::vector<double> loads;
  for (int e = 0; e < 256; ++e) loads.push_back(1 + e % 17);
  const Placement p = place_globally(loads, 320, 64);
  CHECK(p.slots_per_rank == 5);
  CHECK(p.ranks() == 64);
  CHECK(std::all_of(p.slots.begin(), p.slots.end(), [](const auto& slots) { return !slots.empty(); }));
  CHECK(imbalance(p, loads) < 1.1);
}

TEST_CASE("routing: batch-aware selection keeps to so many experts") {
  const Gate gate{256, 8, 1, 1};
  const Chooser kept = keep_favourites(Chooser::uniform(gate), 4, {64}, {1, 0, 0}, 100);
  std::set<int> used;
  kept.each_token(Random{9}, 500, [&](const std::uint16_t* chosen) { used.insert(chosen, chosen + 8); });
  CHECK(used.size() == 100);
}

TEST_CASE("routing: the traffic table adds up to the copies of the program") {
  const Case c{"{gpus: 64}", "{load: uniform}", 128};
  Program program;
  program.ranks = 64;
  for (const bool reversed : {false, true}) {
    Collective work;
    work.traffic = c.exchange.traffic;
    work.reversed = reversed;
    work.bytes_per_copy = Bytes{reversed ? 14336.0 : 7408.0};
    program.operators.push_back({reversed ? "combine" : "dispatch", 3, 0, 1, {}, work});
  }
  const auto rows = traffic_table(program, domains(64));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].copies_mean == doctest::Approx(c.exchange.traffic->total() / 64).epsilon(1e-12));
  CHECK((rows[0].scale_up_mean + rows[0].scale_out_mean).value ==
        doctest::Approx(rows[0].copies_mean * 7408).epsilon(1e-12));
  // What is received on the way there is sent on the way back.
  CHECK(rows[1].received_most.value / 14336 ==
        doctest::Approx((rows[0].scale_up_most + rows[0].scale_out_most).value / 7408).epsilon(0.05));
  CHECK(rows[0].scale_out_mean.value / 7408 == doctest::Approx(c.remote(128) * 128).epsilon(1e-12));
}
