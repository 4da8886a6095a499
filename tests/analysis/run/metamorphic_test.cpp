// Relations between runs whose figures nobody knows: over random scenarios of every fabric, family and overlap.
// The scenarios are drawn by rapidcheck, whose seed and number CTest fixes.

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "tests/analysis/property.hpp"
#include "tests/analysis/random_scenarios.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

double step_s(const Program& program, const Network& network) { return simulate(program, network).step.value; }

double step_s(const RandomScenario& s, const std::string& fabric) {
  const Scenario read = scenario(s.yaml_on(fabric));
  return step_s(step_program(read), read.network);
}

bool alike(double a, double b, double relative) { return std::abs(a - b) <= relative * std::max(a, b); }

/// Everything k times as fast: work, overheads, latencies and links.
void quicken(Program& program, Network& network, double k) {
  for (Link& link : network.links) {
    link.bandwidth *= k;
    link.latency = link.latency / k;
  }
  for (Operator& op : program.operators) {
    if (auto* compute = std::get_if<Compute>(&op.work)) {
      for (Seconds& duration : compute->duration) duration = duration / k;
      continue;
    }
    auto& collective = std::get<Collective>(op.work);
    collective.overhead = collective.overhead / k;
    if (!collective.wire) continue;
    auto wire = std::make_shared<Wire>(*collective.wire);
    for (auto& [tier, use] : wire->tiers) {
      use.per_message = use.per_message / k;
      use.latency = use.latency / k;
    }
    collective.wire = std::move(wire);
  }
}

/// Rank r of the one is rank `to[r]` of the other.
template <class T>
std::vector<T> moved(const std::vector<T>& values, const std::vector<int>& to) {
  std::vector<T> result(values.size());
  for (std::size_t r = 0; r < values.size(); ++r) result[static_cast<std::size_t>(to[r])] = values[r];
  return result;
}

std::shared_ptr<const Traffic> moved(const Traffic& traffic, const std::vector<int>& to) {
  const auto n = static_cast<std::size_t>(traffic.ranks);
  std::vector<std::vector<std::pair<int, double>>> rows(n);
  for (int r = 0; r < traffic.ranks; ++r) {
    auto& row = rows[static_cast<std::size_t>(to[static_cast<std::size_t>(r)])];
    traffic.for_each_receiver(r,
                              [&](int d, double copies) { row.emplace_back(to[static_cast<std::size_t>(d)], copies); });
    std::sort(row.begin(), row.end());
  }
  auto result = std::make_shared<Traffic>(traffic.ranks);
  for (const auto& row : rows) {
    for (const auto& [d, copies] : row) result->add(d, copies);
    result->end_row();
  }
  result->groups = std::make_shared<const std::vector<int>>(moved(*traffic.groups, to));
  return result;
}

/// The same cluster, its GPUs counted in another order.
void renumber(Program& program, Network& network, const std::vector<int>& to) {
  const auto of = moved(
      [&] {
        std::vector<int> ranks(to.size());
        std::iota(ranks.begin(), ranks.end(), 0);
        return ranks;
      }(),
      to);
  network.gpus = moved(network.gpus, to);
  network.domain = moved(network.domain, to);
  network.route = [route = network.route, of](int s, int d) {
    return route(of[static_cast<std::size_t>(s)], of[static_cast<std::size_t>(d)]);
  };
  std::map<const Traffic*, std::shared_ptr<const Traffic>> known;
  for (Operator& op : program.operators) {
    if (op.on) {
      std::vector<int> on;
      for (const int r : op.on->members()) on.push_back(to[static_cast<std::size_t>(r)]);
      std::sort(on.begin(), on.end());
      op.on = ranks(on);
    }
    if (auto* compute = std::get_if<Compute>(&op.work)) {
      if (compute->duration.size() > 1) compute->duration = moved(compute->duration, to);
      continue;
    }
    auto& traffic = std::get<Collective>(op.work).traffic;
    auto& other = known[traffic.get()];
    if (!other) other = moved(*traffic, to);
    traffic = other;
  }
}

}  // namespace

TEST_CASE("metamorphic: a cluster k times as fast in everything takes a k-th of the time") {
  testing::check("all rates times k", [] {
    const RandomScenario drawn = draw_scenario();
    RC_LOG() << drawn;
    const Scenario s = scenario(drawn.yaml());
    Program program = step_program(s);
    Network network = s.network;
    const double before = step_s(program, network);
    const double k = *rc::gen::element(0.125, 0.5, 3.0, 16.0);
    quicken(program, network, k);
    RC_ASSERT(alike(step_s(program, network) * k, before, 1e-9));
  });
}

TEST_CASE("metamorphic: 400 Gbps is 50 GB/s, and 350 ns are 0.35 us") {
  testing::check("units", [] {
    const RandomScenario drawn = draw_scenario();
    RC_LOG() << drawn;
    RC_ASSERT(alike(step_s(drawn, drawn.fabric.yaml()), step_s(drawn, drawn.fabric.yaml(true)), 1e-9));
  });
}

TEST_CASE("metamorphic: in which order GPUs are counted changes nothing") {
  testing::check("order", [] {
    const RandomScenario drawn = draw_scenario();
    RC_LOG() << drawn;
    const Scenario s = scenario(drawn.yaml());
    Program program = step_program(s);
    Network network = s.network;
    const double before = step_s(program, network);
    std::vector<int> to(static_cast<std::size_t>(program.ranks));
    std::iota(to.begin(), to.end(), 0);
    const auto turn = static_cast<std::ptrdiff_t>(*rc::gen::inRange(1, program.ranks));
    std::rotate(to.begin(), to.begin() + turn, to.end());
    if (*rc::gen::arbitrary<bool>()) std::reverse(to.begin(), to.end());
    RC_ASSERT(network.ranks() == program.ranks);
    renumber(program, network, to);
    RC_ASSERT(alike(step_s(program, network), before, 1e-9));
  });
}

TEST_CASE("metamorphic: more bandwidth is never slower, and more latency never faster") {
  // Overlapping micro-batches meet otherwise when one of them is faster, so that the whole may lose a little: 1%.
  testing::check("more bandwidth", [] {
    const RandomScenario drawn = draw_scenario();
    RC_LOG() << drawn;
    const double more = *rc::gen::element(1.1, 2.0, 10.0);
    RC_ASSERT(step_s(drawn, drawn.fabric.yaml(false, more)) <= step_s(drawn, drawn.fabric.yaml()) * 1.01);
  });
  testing::check("more latency", [] {
    const RandomScenario drawn = draw_scenario();
    RC_LOG() << drawn;
    const double more = *rc::gen::element(1.1, 2.0, 10.0);
    RC_ASSERT(step_s(drawn, drawn.fabric.yaml(false, 1, more)) >= step_s(drawn, drawn.fabric.yaml()) * 0.99);
  });
}

TEST_CASE("metamorphic: every figure of a run is finite, and those of time and rate are above zero") {
  testing::check("figures", [] {
    const RandomScenario drawn = draw_scenario();
    RC_LOG() << drawn;
    const Report r = result(scenario(drawn.yaml()));
    for (const double figure : {r.tpot.value, r.step.value, r.compute.value, r.tokens_per_step})
      RC_ASSERT(std::isfinite(figure) && figure > 0);
    for (const double figure : {r.communication.value, r.exposed.value})
      RC_ASSERT(std::isfinite(figure) && figure >= 0);
    for (const auto& op : r.operators) RC_ASSERT(std::isfinite(op.longest.value) && op.longest.value >= 0);
  });
}
