// Links in columns, against one fluid link each: the same to the bit.

#include "sim/fluid_links.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace teapot;

TEST_CASE("fluid links: in rows and one by one, alone and shared, they drain as each link by itself") {
  rc::check([] {
    constexpr std::size_t links = 13;
    FluidLinks columns{links};
    std::vector<FluidLink> each(links);
    struct Class {
      int priority;
      double weight;
    };
    std::vector<Class> transfers;
    double now = 0;
    const std::vector<double> seconds_per_copy(links, *rc::gen::element(0.3, 1.7e-6, 2.5));
    for (int event = 0; event < 60; ++event) {
      if (transfers.empty() || *rc::gen::inRange(0, 8) == 0) {
        transfers.push_back({*rc::gen::inRange(0, 2), *rc::gen::element(1.0, 1.0, 0.7)});
        columns.begin(transfers.back().priority, transfers.back().weight);
      }
      const int transfer = *rc::gen::inRange(0, static_cast<int>(transfers.size()));
      const auto [priority, weight] = transfers[static_cast<std::size_t>(transfer)];
      now += seconds_per_copy[0] * *rc::gen::element(0.0, 0.1, 0.37, 2.0, 11.0);
      const auto first = static_cast<std::size_t>(*rc::gen::inRange(0, 5));
      if (*rc::gen::inRange(0, 2) == 0) {
        std::vector<std::uint32_t> copies;
        for (std::size_t i = first; i < links; ++i)
          copies.push_back(static_cast<std::uint32_t>(*rc::gen::element(0, 0, 1, 3, 200)));
        columns.add_row(first, transfer, copies, seconds_per_copy.data() + first, now);
        for (std::size_t i = 0; i < copies.size(); ++i) {
          if (copies[i] != 0)
            each[first + i].add({transfer, priority, weight, copies[i] * seconds_per_copy[first + i]}, now);
        }
      } else {
        const double seconds = seconds_per_copy[0] * *rc::gen::inRange(1, 9);
        RC_ASSERT(columns.add(first, transfer, seconds, now) ==
                  each[first].add({transfer, priority, weight, seconds}, now));
      }
      const auto drained = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(links)));
      columns.drain(drained, now);
      each[drained].drain(now);
      for (std::size_t l = 0; l < links; ++l) {
        for (int t = 0; t < static_cast<int>(transfers.size()); ++t) {
          // Until a link is drained, one that has run dry may still name its transfer.
          FluidLinks seen = columns;
          FluidLink seen_alone = each[l];
          seen.drain(l, now);
          seen_alone.drain(now);
          RC_ASSERT(seen.drained_at(l, t) == seen_alone.drained_at(t));
        }
      }
    }
  });
}
