// The order of operators on streams and ranks, without a network: the test says when collectives arrive.

#include "sim/executor.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using namespace teapot::testing;

namespace {

Operator on(Operator op, std::vector<int> members) {
  op.on = ranks(std::move(members));
  return op;
}

/// Runs to the end; a collective arrives on each rank `flight` after the last of its ranks has entered.
Timeline run(const Program& program, double flight = 0) {
  std::vector<std::tuple<int, int, double>> entered;
  Executor executor{program, [&](int op, int rank, double now) { entered.emplace_back(op, rank, now); }};
  executor.begin();
  while (executor.next_event() < 1e9) {
    const double now = executor.next_event();
    executor.advance(now);
    for (std::size_t i = 0; i < entered.size(); ++i) {
      const auto [op, rank, time] = entered[i];
      executor.arrived(op, rank, time + flight);
    }
    entered.clear();
  }
  CHECK(executor.finished());
  return executor.take_timeline();
}

}  // namespace

TEST_CASE("executor: an operator runs on its ranks only, and does not exist for the others") {
  const Program p = program(3, {on(compute({4.0_ms}), {0, 2}), compute({1.0_ms}, {0})});
  const Timeline t = run(p);
  CHECK(t.ran(0, 0));
  CHECK_FALSE(t.ran(0, 1));
  CHECK(t.ran(0, 2));
  CHECK(t.start(1, 0).value == doctest::Approx(4e-3));
  CHECK(t.start(1, 1).value == 0);  // what it waits for does not run here, nor does it hold the stream
  CHECK(t.step.value == doctest::Approx(5e-3));
}

TEST_CASE("executor: stages on ranks of their own work at the same time and keep the program's order") {
  const Program p = program(2, {on(compute({3.0_ms}), {0}), on(compute({2.0_ms}), {1}), on(compute({3.0_ms}), {0}),
                                on(compute({2.0_ms}), {1})});
  const Timeline t = run(p);
  CHECK(t.start(2, 0).value == doctest::Approx(3e-3));
  CHECK(t.start(3, 1).value == doctest::Approx(2e-3));
  CHECK(t.step.value == doctest::Approx(6e-3));
}

TEST_CASE("executor: operators on all ranks named one by one give the timeline of operators on all") {
  const std::vector<Operator> plain{compute({1.0_ms, 2.0_ms, 3.0_ms}), compute({1.0_ms}, {0})};
  std::vector<Operator> named;
  for (const auto& op : plain) named.push_back(on(op, {2, 1, 0, 1}));
  const Timeline a = run(program(3, plain));
  const Timeline b = run(program(3, named));
  CHECK(a.start_s == b.start_s);
  CHECK(a.end_s == b.end_s);
}

TEST_CASE("executor: an operator on no rank is passed over") {
  const Timeline t = run(program(2, {on(compute({1.0_ms}), {}), compute({1.0_ms}, {0})}));
  CHECK(t.step.value == doctest::Approx(1e-3));
}

TEST_CASE("executor: SMs held by a collective in flight slow down the compute on the same rank only") {
  Operator op = collective(all_to_all(groups_of(2, 1), 1), 0.0_B);
  std::get<Collective>(op.work).sm_share = 0.5;
  const Timeline t = run(program(2, {on(op, {0}), compute({2.0_ms})}), 1e-3);
  CHECK(t.end(1, 1).value == doctest::Approx(2e-3));
  CHECK(t.ran(0, 0));
  CHECK_FALSE(t.ran(0, 1));
}

TEST_CASE("executor: ranks that go on ahead of events come to the times of those that take every step as an event") {
  rc::check([] {
    const int count = 5;
    const auto in = [](int low, int high) { return *rc::gen::inRange(low, high); };
    Program ahead{count, {"compute", "communication", "copies"}, {}};
    for (int op = 0, operators = in(1, 40); op < operators; ++op) {
      std::vector<int> after;
      for (int earlier = 0; earlier < op; ++earlier) {
        if (in(0, 6) == 0) after.push_back(earlier);
      }
      std::vector<Seconds> duration;
      for (int rank = 0; rank < count; ++rank) duration.push_back({1e-3 * in(0, 4)});
      const bool computes = in(0, 3) > 0;
      Operator o = computes ? compute(duration, after) : collective(all_to_all(groups_of(count, 1), 1), 0.0_B, after);
      o.stream = in(0, 3);
      o.gathers = computes && in(0, 6) == 0;
      if (!computes) std::get<Collective>(o.work).overhead = {1e-3 * in(0, 3)};
      if (!o.gathers && in(0, 4) == 0) o = on(o, {in(0, count), in(0, count)});
      ahead.operators.push_back(std::move(o));
    }
    // SMs of which so few are held that nothing is slower, but that ends are not known when something starts.
    Program stepwise = ahead;
    Operator holds = collective(all_to_all(groups_of(count, 1), 1), 0.0_B);
    std::get<Collective>(holds.work).sm_share = 1e-300;
    stepwise.operators.push_back(on(holds, {}));
    const Timeline a = run(ahead, 2e-3);
    Timeline b = run(stepwise, 2e-3);
    b.start_s.resize(a.start_s.size());
    b.end_s.resize(a.end_s.size());
    const auto same = [](const std::vector<double>& x, const std::vector<double>& y) {
      return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                        [](double u, double v) { return u == v || (std::isnan(u) && std::isnan(v)); });
    };
    RC_ASSERT(same(a.start_s, b.start_s));
    RC_ASSERT(same(a.end_s, b.end_s));
    RC_ASSERT(a.step.value == b.step.value);
    RC_ASSERT(a.events == b.events);
  });
}

TEST_CASE("executor: what never ran is named with what it waits for") {
  const Program p = program(2, {on(collective(all_to_all(one_group(2), 1), 1.0_KB), {0, 1}), compute({1.0_ms}, {0})});
  Executor executor{p, [](int, int, double) {}};
  executor.begin();
  executor.advance(0);
  CHECK_FALSE(executor.finished());
  CHECK(executor.unfinished() == 4);
  CHECK(executor.first_unfinished() == "dispatch on rank 0 did not end");
}
