// Both depths of the network on random deployments and single collectives, with failures and oversubscription: they run
// alike and agree.

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "analysis/collective/collective_run.hpp"
#include "sim/catalogue.hpp"
#include "tests/analysis/property.hpp"
#include "tests/analysis/random_scenarios.hpp"
#include "tests/analysis/scenarios.hpp"
#include "topologies/topology.hpp"

using namespace teapot;
using namespace teapot::testing;
using namespace teapot::literals;

namespace {

constexpr double allowed = 0.05;
/// Of few, skewed copies over several bottlenecks at once: pairs share each link evenly, so that one link runs below
/// its rate while the pairs that are left on it wait at another; a collective keeps all of them busy. A step
/// has the latencies of each collective in it, and may lie on either side (5.8% faster by pairs, an NVLink failed).
constexpr double allowed_of_steps = 0.1, allowed_of_matrices = 0.2;

/// Pairs pay the latency of their way before the first byte, so that short ways have their links to themselves until
/// then; a collective pays the longest after the last byte.
void require_alike(Seconds fluid, Seconds pairs, Seconds longest, double faster, double slower) {
  RC_LOG() << fluid.value * 1e6 << " us, by pairs " << pairs.value * 1e6 << " us\n";
  const double apart = std::abs(fluid.value - pairs.value) - longest.value;
  RC_CLASSIFY(apart > allowed * std::min(fluid.value, pairs.value), "apart by more than 5%");
  RC_ASSERT(pairs.value >= fluid.value * (1 - faster) - longest.value);
  RC_ASSERT(pairs.value <= fluid.value * (1 + slower) + longest.value);
}

Seconds longest_way(const Network& network) {
  Seconds longest;
  for (int s = 0; s < network.ranks(); ++s) {
    for (int d = 0; d < network.ranks(); ++d) longest = std::max(longest, latency(network, network.route(s, d)));
  }
  return longest;
}

double tpot_ms(const std::string& yaml, const char* depth) {
  return result(scenario(yaml, {fmt::format("simulation.network={}", depth)})).tpot.value * 1e3;
}

/// A cable between switches, or a NIC's, of a fabric whose GPUs have other ways.
std::string draw_failure(const RandomFabric& f) {
  const int kind = *rc::gen::inRange(0, 4);
  if (f.inside || kind == 0) return "";
  if (kind == 1) return fmt::format("[{{link: nvl-{}-0}}]", *rc::gen::inRange(0, f.nodes));
  if (kind == 2) return fmt::format("[{{link: nic-{}-{}}}]", *rc::gen::inRange(0, f.nodes), *rc::gen::inRange(0, 4));
  return f.from == "h800-mpft" ? "[{plane: 3}]" : "";
}

Network small_network() {
  const RandomFabric drawn = draw_fabric(true);
  std::string fabric = drawn.yaml();
  RC_LOG() << fabric;
  const Fabric built = build_fabric(Config{resolve_named(fabric, "topologies", "fabric")});
  const int gpus = *rc::gen::element(4, 8, 16);
  RC_PRE(built.gpus() >= gpus);
  return to_network(built, gpus);
}

CollectiveCosts ideal() {
  return [](const CollectiveCall&) { return CollectiveCost{}; };
}

void both(const Pattern& pattern, const Network& network, double slower) {
  const Seconds fluid = run_collective(pattern, network, ideal(), NetworkDepth::collective).time;
  const Seconds pairs = run_collective(pattern, network, ideal(), NetworkDepth::pair).time;
  require_alike(fluid, pairs, longest_way(network), allowed, slower);
}

}  // namespace

TEST_CASE("network depths: Mixtral's experts in two groups of eight GPUs, few requests and sparse traffic") {
  const std::string yaml =
      "model: {from: mixtral-8x7b, layers: 2}\ndeployment: {gpus: 16, expert_parallel: 8, requests_per_gpu: 4}\n"
      "decode: {routing: {load: uniform}}\n";
  CHECK(tpot_ms(yaml, "pair") == doctest::Approx(tpot_ms(yaml, "collective")).epsilon(allowed));
}

TEST_CASE("network depths: random deployments run at both and agree within 5%, seldom 10%") {
  testing::check("deployments", [] {
    RandomScenario drawn = draw_scenario(true);
    drawn.fabric.failures = draw_failure(drawn.fabric);
    RC_LOG() << drawn;
    try {
      const double fluid = tpot_ms(drawn.yaml(), "collective");
      const double pairs = tpot_ms(drawn.yaml(), "pair");
      require_alike(Seconds{fluid / 1e3}, Seconds{pairs / 1e3}, {}, allowed_of_steps, allowed_of_steps);
    } catch (const ConfigError& e) {
      const std::string said = e.what();
      RC_PRE(said.find("cut ") == std::string::npos && said.find("no such") == std::string::npos &&
             said.find("spreads") == std::string::npos);
      throw;
    }
  });
}

TEST_CASE("network depths: single collectives of random kind and size agree within 5%") {
  testing::check("collectives", [] {
    const Network network = small_network();
    const int ranks = network.ranks();
    const auto operation =
        *rc::gen::element<std::string>("all-to-all", "all-gather", "reduce-scatter", "all-reduce", "broadcast");
    const auto algorithm = *rc::gen::element(Algorithm::direct, Algorithm::ring);
    const double size = *rc::gen::element(1024.0, 65536.0, 1048576.0, 67108864.0);
    const int group = *rc::gen::element(ranks, ranks / 2);
    RC_LOG() << operation << (algorithm == Algorithm::ring ? " ring " : " direct ") << size << " B, groups of " << group
             << '\n';
    both(dense_pattern(operation, Bytes{size}, algorithm, make_groups(ranks, group, 1), network.domain), network,
         allowed);
  });
}

TEST_CASE("network depths: random sparse matrices agree within 5%, seldom 20%") {
  testing::check("matrices", [] {
    const Network network = small_network();
    const int ranks = network.ranks();
    std::vector<double> copies;
    const int density = *rc::gen::inRange(1, 10);
    for (int i = 0; i < ranks * ranks; ++i)
      copies.push_back(*rc::gen::inRange(0, 10) < density ? *rc::gen::inRange(1, 100) : 0);
    copies[1] = 1;  // somebody sends something
    Pattern pattern;
    pattern.traffic = std::make_shared<const Traffic>(from_dense(ranks, copies));
    pattern.bytes_per_copy = Bytes{*rc::gen::element(64.0, 10000.0, 1e6)};
    pattern.bytes_per_gpu = pattern.bytes_per_copy;
    pattern.cost = "dispatch";
    both(pattern, network, allowed_of_matrices);
  });
}
