// One pass over the pairs of each rank.
// Does not know when ranks enter.

#include "sim/batch_sums.hpp"

#include <algorithm>
#include <utility>

#include "sim/index.hpp"
#include "sim/wide.hpp"

namespace teapot {

TEAPOT_WIDE void add_counts(const std::vector<std::uint32_t>& more, std::uint32_t* counts) {
  const std::uint32_t* const from = more.data();
  const std::size_t size = more.size();
  for (std::size_t i = 0; i < size; ++i) counts[i] += from[i];
}

/// `MiddleLinks`: at most so many of a way are neither out nor near nor final.
template <std::size_t MiddleLinks>
BatchSums::Sink BatchSums::add(const RouteTable& routes, const Traffic& sent, int rank, Sink sink) {
  const RouteTable::Parts parts = routes.parts(rank);
  std::uint32_t* const near = on_near_.data();
  std::uint32_t* const final = on_final_.data();
  std::uint32_t* of_kind = of_kind_.data();
  std::size_t turn = 0;
  sent.for_each_count(
      rank, parts.home, parts.beyond,
      [&](int d, std::uint32_t copies) {
        final[d] += copies;
        near[d] += copies & parts.near[d];
        of_kind[turns * parts.kind[d] + turn++ % turns] += copies;
        for (std::size_t i = 0; i < MiddleLinks; ++i) sink(parts.middle[at(d) * MiddleLinks + i], copies);
      },
      [&](int d, std::uint32_t copies) {
        routes.for_each_hop(rank, d, [&](int link, double) { sink(link, copies); });
      });
  for (std::size_t kind = 0; kind < routes.kinds(rank); ++kind) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < turns; ++i) sum += std::exchange(*of_kind++, 0U);
    if (sum != 0) routes.for_each_out(rank, kind, [&](int link) { sink(link, sum); });
  }
  return sink;
}

void BatchSums::gather(const RouteTable& routes, const Traffic& sent, const std::vector<int>& ranks) {
  on_near_.assign(at(routes.endpoints()), 0U);
  on_final_.assign(at(routes.endpoints()), 0U);
  Sink sink{sums_.data(), links_.data()};
  using Add = Sink (BatchSums::*)(const RouteTable&, const Traffic&, int, Sink);
  constexpr std::array<Add, RouteTable::most_middle_links + 1> adds{&BatchSums::add<0>, &BatchSums::add<1>,
                                                                    &BatchSums::add<2>, &BatchSums::add<3>};
  const Add add_one = adds[routes.middle_links()];
  for (const int rank : ranks) sink = (this->*add_one)(routes, sent, rank, sink);
  const auto used = static_cast<std::size_t>(sink.next - links_.data());
  used_ = 0;
  const int none = static_cast<int>(routes.links());
  for (std::size_t i = 0; i < used; ++i) {
    on_links_[used_] = {links_[i], std::exchange(sums_[at(links_[i])], 0.0)};
    used_ += links_[i] != none ? 1 : 0;
  }
}

}  // namespace teapot
