// Many ranks in groups that wait for links together: the same as rank by rank.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/fabric_model.hpp"
#include "sim/random.hpp"
#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using namespace teapot::testing;

namespace {

constexpr int in_groups = 511;  // one less than it takes to look which links are alike
constexpr int trunks = 24;

/// NICs, and trunks that each pair takes two of: groups share them unevenly.
Network with_trunks() {
  Network network = star(in_groups + 1, 50.0_GBps, 1.0_us);
  const int first = static_cast<int>(network.links.size());
  for (int t = 0; t < trunks; ++t)
    network.links.push_back({"trunk-" + std::to_string(t), "leaf", 0, 0, (300 + 100 * (t % 5)) * 1.0_GBps, 1.0_us});
  network.route = [first](int source, int destination) {
    const int one = (source * 7 + destination * 3) % trunks;
    const int other = (one + 1 + source % 5) % trunks;
    return Route{{2 * source, 1}, {first + one, 0.5}, {first + other, 0.5}, {2 * destination + 1, 1}};
  };
  return network;
}

using ManyEntries = std::vector<std::tuple<double, int, int>>;  // when, operator, rank

std::vector<FabricModel::Arrival> arrivals_of_many(const Network& network, const Program& program,
                                                   const ManyEntries& entries) {
  FabricModel model{network, program};
  std::vector<FabricModel::Arrival> arrived;
  std::vector<int> transfer(program.operators.size(), -1);
  const auto until = [&](double time) {
    for (double next = model.next_event(); next <= time && next != never; next = model.next_event())
      model.advance(next, arrived);
  };
  for (const auto& [time, op, rank] : entries) {
    if (rank >= program.ranks) continue;
    until(time);
    int& id = transfer[static_cast<std::size_t>(op)];
    if (id < 0) id = model.begin(program.operators[static_cast<std::size_t>(op)]);
    model.enter(id, rank, time);
  }
  until(1e9);
  std::erase_if(arrived, [](const FabricModel::Arrival& a) { return a.rank >= in_groups; });
  return arrived;
}

/// `ranks`: in groups of 73, but for those beyond, who exchange nothing.
Program exchanges(int ranks, const std::vector<std::pair<int, int>>& copies_and_priorities) {
  std::vector<int> groups(static_cast<std::size_t>(ranks), -1);
  for (int rank = 0; rank < in_groups; ++rank) groups[static_cast<std::size_t>(rank)] = rank / 73;
  const auto shared = std::make_shared<const std::vector<int>>(std::move(groups));
  std::map<int, std::shared_ptr<const Traffic>> matrices;
  Program program{ranks, {"compute", "network"}, {}};
  for (const auto& [copies, priority] : copies_and_priorities) {
    auto& matrix = matrices[copies];
    if (!matrix) matrix = std::make_shared<const Traffic>(all_to_all(shared, copies));
    Operator op = collective(Traffic{}, 14.0_KB);
    std::get<Collective>(op.work).traffic = matrix;
    std::get<Collective>(op.work).priority = priority;
    program.operators.push_back(std::move(op));
  }
  return program;
}

}  // namespace

TEST_CASE("fabric model: many ranks are done when they would be if each link were asked each time") {
  const Network network = with_trunks();
  for (int seed = 0; seed < 12; ++seed) {
    Random random{static_cast<std::uint64_t>(seed)};
    const auto below = [&](std::uint32_t n) { return static_cast<int>(random.below(n)); };
    std::vector<std::pair<int, int>> operators;
    ManyEntries entries;
    const int count = 2 + below(3);
    const int apart_us = std::array{20, 60, 400}[random.below(3)];
    for (int op = 0; op < count; ++op) {
      operators.emplace_back(1 + below(2), below(2));
      std::array<int, 7> late_us{};
      for (int& late : late_us) late = below(60);
      const int steps = 1 + below(5);
      double last = 0;
      for (int rank = 0; rank < in_groups; ++rank) {
        const double time =
            (op * apart_us + late_us[static_cast<std::size_t>(rank / 73)]) * 1e-6 + rank * 29 % steps * 3e-7;
        entries.emplace_back(time, op, rank);
        last = std::max(last, time);
      }
      entries.emplace_back(last, op, in_groups);
    }
    std::sort(entries.begin(), entries.end());
    const auto one_by_one = arrivals_of_many(network, exchanges(in_groups, operators), entries);
    const auto by_links_alike = arrivals_of_many(network, exchanges(in_groups + 1, operators), entries);
    CHECK(one_by_one.size() == static_cast<std::size_t>(count * in_groups));
    CHECK(std::equal(
        one_by_one.begin(), one_by_one.end(), by_links_alike.begin(), by_links_alike.end(),
        [](const auto& a, const auto& b) { return a.time == b.time && a.transfer == b.transfer && a.rank == b.rank; }));
  }
}
