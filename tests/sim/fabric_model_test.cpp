// The fluid model alone: entries in, arrivals out, no operators and no engine.

#include "sim/fabric_model.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>

#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using namespace teapot::testing;

namespace {

struct Entry {
  int op;
  int rank;
  double at;
};

/// Arrival of each operator and rank when ranks enter at these times, in order.
std::map<std::pair<int, int>, double> arrivals(const Network& network, const Program& program,
                                               const std::vector<Entry>& entries) {
  FabricModel model{network, program};
  std::map<int, int> transfer, op_of;
  std::map<std::pair<int, int>, double> done;
  std::vector<FabricModel::Arrival> arrived;
  const auto until = [&](double time) {
    while (model.next_event() <= time) {
      arrived.clear();
      model.advance(model.next_event(), arrived);
      for (const auto& a : arrived) done[{op_of[a.transfer], a.rank}] = a.time;
    }
  };
  for (const auto& [op, rank, at] : entries) {
    until(at);
    if (!transfer.contains(op)) {
      transfer[op] = model.begin(program.operators[static_cast<std::size_t>(op)]);
      op_of[transfer[op]] = op;
    }
    model.enter(transfer[op], rank, at);
  }
  until(1e9);
  return done;
}

Operator with(Operator op, int priority, double weight = 1) {
  std::get<Collective>(op.work).priority = priority;
  std::get<Collective>(op.work).weight = weight;
  return op;
}

const doctest::Approx exactly(double value) { return doctest::Approx(value).epsilon(1e-12); }

Traffic one_way() { return from_dense(2, {0, 1, 0, 0}); }

}  // namespace

TEST_CASE("fabric model: a higher priority goes first, and the lower one finishes as if it had waited") {
  const Network network = star(2, 1.0_GBps, 0.0_us);
  const Program p = program(2, {with(collective(one_way(), 4.0_MB), 0), with(collective(one_way(), 1.0_MB), 5)});
  const auto done = arrivals(network, p, {{0, 0, 0}, {0, 1, 0}, {1, 0, 1e-3}, {1, 1, 1e-3}});
  CHECK(done.at({1, 1}) == exactly(2e-3));  // as if alone
  CHECK(done.at({0, 1}) == exactly(5e-3));  // all the bytes of both
}

TEST_CASE("fabric model: weights count among transfers of one priority only") {
  const Network network = star(2, 1.0_GBps, 0.0_us);
  const Program p = program(2, {with(collective(one_way(), 3.0_MB), 1, 3), with(collective(one_way(), 1.0_MB), 1, 1),
                                with(collective(one_way(), 1.0_MB), 0, 100)});
  const auto done = arrivals(network, p, {{0, 0, 0}, {0, 1, 0}, {1, 0, 0}, {1, 1, 0}, {2, 0, 0}, {2, 1, 0}});
  CHECK(done.at({0, 1}) == exactly(4e-3));  // 3 MB at three quarters
  CHECK(done.at({1, 1}) == exactly(4e-3));  // 1 MB at one quarter
  CHECK(done.at({2, 1}) == exactly(5e-3));
}

TEST_CASE("fabric model: links conserve work whatever the priorities and weights") {
  rc::check([] {
    const Network network = star(2, 1.0_GBps, 0.0_us);
    std::vector<Operator> operators;
    std::vector<Entry> entries;
    double work_s = 0;
    const int count = *rc::gen::inRange(1, 6);
    for (int op = 0; op < count; ++op) {
      const int kilobytes = *rc::gen::inRange(1, 1000);
      operators.push_back(
          with(collective(one_way(), kilobytes * 1.0_KB), *rc::gen::inRange(0, 3), *rc::gen::inRange(1, 5)));
      work_s += kilobytes * 1e-6;
      entries.push_back({op, 0, 0});
      entries.push_back({op, 1, 0});
    }
    double last = 0;
    for (const auto& [key, time] : arrivals(network, program(2, operators), entries)) last = std::max(last, time);
    RC_ASSERT(std::abs(last - work_s) < 1e-9 * work_s);
  });
}

TEST_CASE("fabric model: a rank fetches from a memory pool without the pool coming to the operator") {
  Network network = star(3, 1.0_GBps, 1.0_us);  // the third place is a pool
  network.gpus.pop_back();
  network.passive = {3};
  Operator fetch = collective(from_dense(3, {0, 0, 0, 0, 0, 0, 2, 1, 0}), 1.0_MB);  // pool to 0: two copies, to 1: one
  std::get<Collective>(fetch.work).start = Collective::Start::receiver;
  Program p = program(2, {fetch});
  p.passive = {0};
  const auto together = arrivals(network, p, {{0, 0, 0}, {0, 1, 0}});
  CHECK(together.at({0, 0}) == exactly(3e-3 + 2e-6));  // the pool's way out carries both
  CHECK(together.size() == 2);
  const auto apart = arrivals(network, p, {{0, 1, 0}, {0, 0, 5e-3}});
  CHECK(apart.at({0, 1}) == exactly(1e-3 + 2e-6));
  CHECK(apart.at({0, 0}) == exactly(7e-3 + 2e-6));
}

TEST_CASE("fabric model: what is put into a pool is done when it has left the sender's links") {
  Network network = star(2, 1.0_GBps, 0.0_us);
  network.gpus.pop_back();
  network.passive = {2};
  Program p = program(1, {collective(from_dense(2, {0, 3, 0, 0}), 1.0_MB)});
  p.passive = {0};
  CHECK(arrivals(network, p, {{0, 0, 1e-3}}).at({0, 0}) == exactly(4e-3));
}

TEST_CASE("fabric model: a get does not wait for the one whose memory is read") {
  const Network network = star(2, 1.0_GBps, 0.0_us);
  Operator get = collective(from_dense(2, {0, 1, 0, 0}), 1.0_MB);  // rank 1 reads from rank 0
  std::get<Collective>(get.work).start = Collective::Start::receiver;
  const auto done = arrivals(network, program(2, {get}), {{0, 1, 0}, {0, 0, 9e-3}});
  CHECK(done.at({0, 1}) == exactly(1e-3));
  CHECK(done.at({0, 0}) == exactly(9e-3));
}

TEST_CASE("fabric model: recorded busy times add up to what links carried, also of links another stands for") {
  Network network = star(3, 50.0_GBps, 1.0_us);
  for (int r = 0; r < 3; ++r) network.links.push_back({"bus", "pcie", 0, 0, 60.0_GBps, 0.5_us});
  network.route = [](int s, int d) { return s == d ? Route{} : Route{{6 + s, 1}, {2 * s, 1}, {2 * d + 1, 1}}; };
  const Program p = program(3, {collective(all_to_all(one_group(3), 2), 1.0_MB)});
  FabricModel model{network, p, true};
  const int transfer = model.begin(p.operators[0]);
  for (int rank = 0; rank < 3; ++rank) model.enter(transfer, rank, 1e-3 * rank);
  std::vector<FabricModel::Arrival> arrived;
  while (model.next_event() < never) model.advance(model.next_event(), arrived);
  const auto use = model.use();
  const auto busy = model.take_busy();
  for (std::size_t l = 0; l < busy.size(); ++l) {
    double sum = 0;
    for (const auto& interval : busy[l]) sum += interval.end_s - interval.begin_s;
    CHECK(sum == exactly(use[l].busy.value));
  }
  CHECK(busy[6].size() == 1);
  CHECK(busy[6][0].end_s == exactly(4e6 / 60e9));
  CHECK(busy[0][0].end_s == exactly(4e6 / 50e9));
}
