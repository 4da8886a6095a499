// The waterfall and the critical path: parts by formula, and sums that are the step.

#include <doctest/doctest.h>

#include <map>

#include "analysis/explain/critical_path.hpp"
#include "analysis/explain/link_loads.hpp"
#include "analysis/explain/maximum_flow.hpp"
#include "analysis/explain/waterfall.hpp"
#include "sim/engine.hpp"
#include "tests/analysis/scenarios.hpp"
#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using testing::collective;
using testing::compute;
using testing::program;
using testing::star;

namespace {

std::map<std::string, double> parts_of(const Program& p, const Network& network) {
  const Timeline timeline = simulate(p, network);
  CollectiveProfiles profiles{network, p};
  std::map<std::string, double> parts;
  double sum = 0;
  for (const auto& part : waterfall(p, timeline, profiles)) {
    parts[part.name] += part.time.value;
    sum += part.time.value;
  }
  CHECK(sum == doctest::Approx(timeline.step.value).epsilon(1e-9));
  return parts;
}

Operator exchange(int ranks, Bytes bytes) { return collective(all_to_all(one_group(ranks), 1), bytes); }

void check_sums(const Scenario& s) {
  const Run r = run(s);
  CollectiveProfiles profiles{s.network, r.program};
  double sum = 0;
  for (const auto& part : waterfall(r.program, r.timeline, profiles)) sum += part.time.value;
  CHECK(sum == doctest::Approx(r.timeline.step.value).epsilon(1e-9));
  const auto path = critical_path(r.program, r.timeline, profiles);
  REQUIRE(!path.empty());
  CHECK(path.front().begin.value == 0);
  CHECK(path.back().end.value == r.timeline.step.value);
  for (std::size_t i = 1; i < path.size(); ++i) CHECK(path[i].begin.value == path[i - 1].end.value);
}

}  // namespace

TEST_CASE("waterfall: one exchange is serialisation, wire, latency and software, each by its formula") {
  Operator op = exchange(4, 1.0_MB);
  auto& c = std::get<Collective>(op.work);
  c.overhead = 5.0_us;
  Wire wire;
  wire.tiers["nic"] = {0.8, 2.0_us, 3.0_us};
  c.wire = std::make_shared<const Wire>(wire);
  auto parts = parts_of(program(4, {op}), star(4, 10.0_GBps, 1.0_us));
  const double line = 3 * 1e6 / 1e10;  // to three others, at line rate
  CHECK(parts["ideal serialisation"] == doctest::Approx(line).epsilon(1e-12));
  CHECK(parts["wire efficiency"] == doctest::Approx(line / 0.8 - line + 3 * 2e-6).epsilon(1e-12));
  CHECK(parts["latency"] == doctest::Approx(2e-6 + 3e-6).epsilon(1e-12));  // up, down and the wire's own
  CHECK(parts["software floor"] == doctest::Approx(5e-6).epsilon(1e-12));
  for (const char* nothing : {"uneven links", "waiting for others", "contention", "hidden by overlap", "idle"}) {
    CHECK(std::abs(parts[nothing]) < 1e-15);
  }
}

TEST_CASE("waterfall: a busier link shows as uneven, against the mean of the links used") {
  // Rank 0 sends 3 MB to rank 1, rank 2 sends 1 MB to rank 3: links of 3 and 1 MB, in the mean 2 MB.
  const Traffic traffic = from_dense(4, {0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0});
  auto parts = parts_of(program(4, {collective(traffic, 1.0_MB)}), star(4, 10.0_GBps, {}));
  CHECK(parts["ideal serialisation"] == doctest::Approx(2e6 / 1e10).epsilon(1e-12));
  // Ranks 0 and 1 wait 0.3 ms, 2 and 3 wait 0.1 ms: the mean is that of the bound, and the rest is idle.
  CHECK(std::abs(parts["uneven links"]) < 1e-15);
  CHECK(parts["idle"] == doctest::Approx(1e-4).epsilon(1e-9));
}

TEST_CASE("waterfall: who enters early waits for the last sender") {
  // Rank 0 computes 1 ms before it sends; ranks 1 to 3 wait for it.
  auto parts = parts_of(program(4, {compute({1.0_ms, {}, {}, {}}),
                                    [] {
                                      Operator op = exchange(4, 1.0_MB);
                                      op.after = {0};
                                      return op;
                                    }()}),
                        star(4, 10.0_GBps, {}));
  // The three others wait 1 ms; their own bytes drain meanwhile, and only rank 0's third of each DOWN link is left,
  // while rank 0's UP link needs all of its time: everybody ends 0.3 ms after it entered.
  CHECK(parts["waiting for others"] == doctest::Approx(0.75e-3).epsilon(1e-9));
  CHECK(std::abs(parts["contention"]) < 1e-15);
}

TEST_CASE("waterfall: exchanges that share links at the same time contend") {
  Program p = program(4, {exchange(4, 1.0_MB), exchange(4, 1.0_MB)});
  p.streams.push_back("second");
  p.operators[1].stream = 2;
  auto parts = parts_of(p, star(4, 10.0_GBps, {}));
  const double alone = 3e6 / 1e10;
  CHECK(parts["ideal serialisation"] == doctest::Approx(2 * alone).epsilon(1e-12));
  CHECK(parts["contention"] == doctest::Approx(2 * alone).epsilon(1e-9));          // each takes twice as long
  CHECK(parts["hidden by overlap"] == doctest::Approx(-2 * alone).epsilon(1e-9));  // beside the other
}

TEST_CASE("waterfall: of computing beside an exchange, the shorter is hidden") {
  auto parts = parts_of(program(4, {compute({1.0_ms}), exchange(4, 1.0_MB)}), star(4, 10.0_GBps, {}));
  CHECK(parts["attention"] == doctest::Approx(1e-3).epsilon(1e-12));
  CHECK(parts["hidden by overlap"] == doctest::Approx(-3e-4).epsilon(1e-9));
}

TEST_CASE("critical path: it goes through the last sender of an exchange") {
  Operator op = exchange(4, 1.0_MB);
  op.after = {0};
  const Program p = program(4, {compute({{}, {}, 1.0_ms, {}}), op, compute({2.0_ms, {}, {}, {}}, {1})});
  const Network network = star(4, 10.0_GBps, {});
  const Timeline timeline = simulate(p, network);
  CollectiveProfiles profiles{network, p};
  const auto path = critical_path(p, timeline, profiles);
  REQUIRE(path.size() == 3);
  CHECK(path[0].rank == 2);
  CHECK(path[1].entered == 2);
  CHECK(path[1].rank == 0);
  CHECK(path[1].tier == "nic");
  CHECK(path[2].rank == 0);
  const auto shares = shares_of(path, p);
  CHECK(shares[0].name == "attention");
  CHECK(shares[0].time.value == doctest::Approx(3e-3).epsilon(1e-12));
}

TEST_CASE("explain: waterfall and critical path add up to the step of real scenarios") {
  const std::vector<std::string> small{"deployment.gpus=32", "deployment.expert_parallel=32",
                                       "accelerator={from: h800, memory: 200 GiB}"};
  for (const char* set : {"decode.routing.load=balanced", "decode.routing.load=uniform", "decode.overlap=none",
                          "decode.runtime=sglang-0.4", "decode.communication=deepep-normal"}) {
    CAPTURE(set);
    auto sets = small;
    sets.emplace_back(set);
    check_sums(testing::example("deepseek-v3-h800", sets));
  }
}

TEST_CASE("links: what loads a link adds up to its bytes, and tiers to their links") {
  const Scenario s = testing::example("deepseek-v3-h800",
                                      {"deployment.gpus=32", "deployment.expert_parallel=32",
                                       "accelerator={from: h800, memory: 200 GiB}", "decode.routing.load=uniform"});
  const Run r = run(s);
  CollectiveProfiles profiles{s.network, r.program};
  const auto loads = most_loaded(r.program, r.timeline, profiles, 10);
  REQUIRE(!loads.empty());
  for (const auto& load : loads) {
    double sum = 0;
    for (const auto& by : load.from) sum += by.bytes.value;
    CHECK(sum == doctest::Approx(load.bytes.value).epsilon(1e-9));
  }
  double all = 0;
  for (const auto& link : r.timeline.links) all += link.bytes.value;
  double tiers = 0;
  for (const auto& tier : tier_use(s.network, r.timeline)) tiers += tier.bytes.value;
  CHECK(tiers == doctest::Approx(all).epsilon(1e-9));
}

TEST_CASE("links: half of a dumbbell to the other half can carry the trunk, and what is sent crosses it") {
  const Network network = testing::dumbbell(8, 10.0_GBps, 25.0_GBps, {});
  CHECK(maximum_flow(network, {1, 2, 3, 4}, {5, 6, 7, 8}).value == doctest::Approx(10e9 * 4).epsilon(1e-12));
}

TEST_CASE("links: the maximum flow is bounded by the narrowest cut") {
  // 0 -> 1 -> 3 and 0 -> 2 -> 3, with a cross link 1 -> 2: 4 + 5 of 4 + 9 can leave, 3 + 6 can arrive.
  Network network;
  network.nodes = {{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}};
  const auto link = [&](int from, int to, double rate) {
    network.links.push_back({std::to_string(from) + std::to_string(to), "", from, to, {rate}, {}});
  };
  link(0, 1, 9);
  link(0, 2, 4);
  link(1, 2, 5);
  link(1, 3, 3);
  link(2, 3, 6);
  CHECK(maximum_flow(network, {0}, {3}).value == doctest::Approx(9).epsilon(1e-12));
}
