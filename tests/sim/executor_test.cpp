// The order of operators on streams and ranks, without a network: the test says when collectives arrive.

#include "sim/executor.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("executor: what never ran is named with what it waits for") {
  const Program p = program(2, {on(collective(all_to_all(one_group(2), 1), 1.0_KB), {0, 1}), compute({1.0_ms}, {0})});
  Executor executor{p, [](int, int, double) {}};
  executor.begin();
  executor.advance(0);
  CHECK_FALSE(executor.finished());
  CHECK(executor.unfinished() == 4);
  CHECK(executor.first_unfinished() == "dispatch on rank 0 did not end");
}
