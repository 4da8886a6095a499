// Copies summed by destination first, against the pairs' routes one by one, on every fabric.

#include "sim/batch_sums.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "sim/random.hpp"
#include "tests/topologies/pair_by_pair.hpp"
#include "tests/topologies/written.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

/// Counts from 0 to 254, half of them 0.
Traffic random_counts(int ranks, std::uint64_t seed) {
  Random random{seed};
  Traffic traffic(ranks);
  for (int s = 0; s < ranks; ++s) {
    for (int d = 0; d < ranks; ++d) {
      const std::uint64_t drawn = random.next();
      if (s != d && (drawn & 1) != 0) traffic.add_count(d, static_cast<std::uint32_t>(1 + (drawn >> 1) % 254));
    }
    traffic.end_row();
  }
  return traffic;
}

/// The same in the order of a shape: every third column, counts beyond a byte, zeros among them.
Traffic shaped_counts(int ranks) {
  std::vector<std::vector<int>> lists(3);
  std::vector<std::size_t> list_of_row;
  for (int rank = 0; rank < ranks; ++rank) {
    lists[static_cast<std::size_t>(rank % 3)].push_back(rank);
    list_of_row.push_back(static_cast<std::size_t>(rank % 7 % 3));
  }
  const auto shape = std::make_shared<const TrafficShape>(std::move(lists), std::move(list_of_row));
  std::vector<std::uint16_t> counts(shape->places());
  for (int rank = 0; rank < ranks; ++rank) {
    for (std::size_t i = 0; i < shape->columns(rank).size(); ++i) {
      const auto own = static_cast<std::size_t>(rank) + 5 * i;
      if (shape->columns(rank)[i] != rank) counts[shape->begin(rank) + i] = static_cast<std::uint16_t>(own % 4 * 300);
    }
  }
  return {shape, std::move(counts)};
}

std::vector<double> gathered(BatchSums& sums, const RouteTable& routes, const LinkRows& rows, const Traffic& sent,
                             const std::vector<int>& ranks) {
  sums.gather(routes, sent, ranks);
  std::vector<double> copies(routes.links());
  for (const auto& [link, more] : sums.on_links()) copies[static_cast<std::size_t>(link)] += more;
  for (std::size_t i = 0; i < sums.on_middle().size(); ++i)
    copies[static_cast<std::size_t>(rows.middle[i])] += sums.on_middle()[i];
  std::vector<char> in_run(rows.slot_of.size());
  for (const auto& [first, count] : sums.runs()) std::fill_n(in_run.begin() + static_cast<long>(first), count, 1);
  for (int d = 0; d < routes.endpoints(); ++d) {
    const std::uint32_t slot = rows.slot_of[static_cast<std::size_t>(d)];
    CHECK(rows.final[slot] == routes.final_link(d));
    CHECK(rows.near[slot] == routes.near_link(d));
    const std::uint32_t near = sums.on_near()[slot];
    const std::uint32_t final = sums.on_final()[slot];
    CHECK((in_run[slot] == 1 || near + final == 0));
    if (near != 0) copies[static_cast<std::size_t>(routes.near_link(d))] += near;
    if (final != 0) copies[static_cast<std::size_t>(routes.final_link(d))] += final;
  }
  return copies;
}

}  // namespace

TEST_CASE("batch sums: on every fabric whose routes have parts they are the sums over pairs") {
  int with_parts = 0;
  on_every_fabric({"static", "ecmp"}, [&](const Fabric& fabric) {
    for (const int most : {8, 19, 130}) {
      Program program;
      program.ranks = std::min(fabric.gpus(), most);
      program.streams = {"communication"};
      const RouteTable routes{to_network(fabric, program.ranks), program};
      if (!routes.has_parts() || program.ranks < 2) continue;
      ++with_parts;
      const Traffic shaped = shaped_counts(program.ranks);
      Operator op;
      Collective collective;
      collective.traffic = std::make_shared<const Traffic>(shaped);
      op.work = std::move(collective);
      program.operators.push_back(std::move(op));
      const LinkRows rows{routes, program};
      BatchSums sums{routes.links(), rows};
      const Traffic sent = random_counts(program.ranks, static_cast<std::uint64_t>(most));
      std::vector<int> all;
      for (int rank = 0; rank < program.ranks; ++rank) all.push_back(rank);
      const std::vector<int> some{0, program.ranks / 2, program.ranks - 1};
      for (const auto& ranks :
           {all, all, all, all, some, std::vector<int>{1}, std::vector<int>{0}}) {  // a shape comes again
        CHECK(gathered(sums, routes, rows, sent, ranks) == pair_by_pair(routes, sent, ranks));
        CHECK(gathered(sums, routes, rows, shaped, ranks) == pair_by_pair(routes, shaped, ranks));
      }
    }
  });
  CHECK(with_parts > 40);
}

TEST_CASE("link rows: every link stands once, where few pairs are used and some endpoints have no last link, too") {
  int without = 0;
  on_every_fabric({"static"}, [&](const Fabric& fabric) {
    for (const int most : {8, 16, 64}) {
      Program program;
      program.ranks = std::min(fabric.gpus(), most);
      program.streams = {"communication"};
      for (const bool used : {false, true}) {
        if (used) {
          std::vector<double> copies(static_cast<std::size_t>(program.ranks * program.ranks));
          copies[static_cast<std::size_t>(program.ranks - 1)] = 1;  // from the first to the last
          Collective collective;
          collective.traffic = std::make_shared<const Traffic>(from_dense(program.ranks, copies));
          Operator op;
          op.work = std::move(collective);
          program.operators.push_back(std::move(op));
        }
        const RouteTable routes{to_network(fabric, program.ranks), program};
        const LinkRows rows{routes, program};
        without += static_cast<int>(std::count(rows.final.begin(), rows.final.end(), -1));
        std::vector<int> times(routes.links());
        for (const int link : rows.then_others()) {
          if (link >= 0) ++times[static_cast<std::size_t>(link)];
        }
        CHECK(std::count(times.begin(), times.end(), 1) == static_cast<long>(times.size()));
      }
    }
  });
  CHECK(without > 0);
}
