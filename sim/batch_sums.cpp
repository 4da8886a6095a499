// One pass over the pairs of each rank.
// Does not know when ranks enter.

#include "sim/batch_sums.hpp"

#include <algorithm>
#include <utility>

#include "sim/index.hpp"
#include "sim/wide.hpp"

namespace teapot {

TEAPOT_WIDE void add_counts(std::size_t size, const std::uint32_t* more, std::uint32_t* counts) {
  for (std::size_t i = 0; i < size; ++i) counts[i] += more[i];
}

/// What goes out by each kind of way, which is taken from the `Turns` places where it was summed.
template <std::size_t Turns>
BatchSums::Sink BatchSums::add_out(const RouteTable& routes, int rank, Sink sink) {
  std::uint32_t* of_kind = of_kind_.data();
  for (std::size_t kind = 0; kind < routes.kinds(rank); ++kind) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < Turns; ++i) sum += std::exchange(*of_kind++, 0U);
    if (sum != 0) routes.for_each_out(rank, kind, [&](int link) { sink(link, sum); });
  }
  return sink;
}

/// `MiddleLinks`: at most so many of a way are neither out nor near nor final.
template <std::size_t MiddleLinks>
BatchSums::Sink BatchSums::add(const RouteTable& routes, const Traffic& sent, int rank, Sink sink) {
  const RouteTable::Parts parts = routes.parts(rank);
  const std::uint32_t* const slot_of = rows_.slot_of.data();
  std::uint32_t* const near = on_near_.data();
  std::uint32_t* const final = on_final_.data();
  std::uint32_t* const of_kind = of_kind_.data();
  std::size_t turn = 0;
  sent.for_each_count(
      rank, parts.home, parts.beyond,
      [&](int d, std::uint32_t copies) {
        const std::uint32_t slot = slot_of[d];
        final[slot] += copies;
        near[slot] += copies & parts.near[d];
        of_kind[turns * parts.kind[d] + turn++ % turns] += copies;
        for (std::size_t i = 0; i < MiddleLinks; ++i) sink(parts.middle[at(d) * MiddleLinks + i], copies);
      },
      [&](int d, std::uint32_t copies) {
        routes.for_each_hop(rank, d, [&](int link, double) { sink(link, copies); });
      });
  return add_out<turns>(routes, rank, sink);
}

namespace {

/// Adds a row's counts by slot and by class, from the column `first` on; sums of classes in turn in `Turns` places.
template <std::size_t Turns>
void add_row_of_shape(const ShapeWays::Ways& ways, std::size_t first, const std::uint16_t* counts, std::uint32_t* final,
                      std::uint32_t* near, std::uint32_t* of_class) {
  const std::uint16_t* const slot = ways.slot;
  const std::uint16_t* const way = ways.way.data();
  const std::size_t size = ways.way.size();
  const auto add_one = [&](std::size_t i, std::size_t turn) __attribute__((always_inline)) {
    const std::uint32_t copies = counts[i];
    const std::uint32_t code = way[i];
    final[slot[i]] += copies;
    near[slot[i]] += (code & ShapeWays::near_bit) != 0 ? copies : 0;
    of_class[Turns * (code & (ShapeWays::near_bit - 1U)) + turn] += copies;
  };
  std::size_t i = first;
  for (; i + Turns <= size; i += Turns) {
    for (std::size_t turn = 0; turn < Turns; ++turn) add_one(i + turn, turn);
  }
  for (; i < size; ++i) add_one(i, 0);
}

/// The same eight columns at a time.
template <std::size_t Turns>
void add_row_in_blocks(const ShapeWays::Ways& ways, const std::uint16_t* counts, std::uint32_t* final,
                       std::uint32_t* near, std::uint32_t* of_class, std::vector<std::uint32_t>& of_pattern) {
  const ColumnBlocks& blocks = *ways.blocks;
  of_pattern.resize(std::max(of_pattern.size(), blocks.ways.size()));
  blocks.add(counts, final, near, of_pattern.data());
  for (std::size_t i = 0; i < blocks.ways.size(); ++i)
    of_class[Turns * blocks.ways[i]] += std::exchange(of_pattern[i], 0U);
  add_row_of_shape<Turns>(ways, blocks.columns(), counts, final, near, of_class);
}

}  // namespace

/// The same where the ways of the shape are known. Columns at home are added with the others, and taken away again.
template <std::size_t Turns>
BatchSums::Sink BatchSums::add_known(const RouteTable& routes, const Traffic& sent, const ShapeWays::Row& row, int rank,
                                     Sink sink) {
  const ShapeWays::Ways& ways = *row.ways;
  const std::uint16_t* const counts = sent.counts_of(rank);
  of_class_.resize(std::max(of_class_.size(), Turns * ways.kind.size()));
  if (ways.blocks) {
    add_row_in_blocks<Turns>(ways, counts, on_final_.data(), on_near_.data(), of_class_.data(), of_pattern_);
  } else {
    add_row_of_shape<Turns>(ways, 0, counts, on_final_.data(), on_near_.data(), of_class_.data());
  }
  for (std::size_t i = row.home; i < row.beyond; ++i) {
    const std::uint32_t copies = counts[i];
    if (copies == 0) continue;
    on_final_[ways.slot[i]] -= copies;
    if ((ways.way[i] & ShapeWays::near_bit) != 0) on_near_[ways.slot[i]] -= copies;
    of_class_[Turns * (ways.way[i] & (ShapeWays::near_bit - 1U))] -= copies;
    routes.for_each_hop(rank, sent.shape()->columns(rank)[i], [&](int link, double) { sink(link, copies); });
  }
  std::uint32_t* of_class = of_class_.data();
  const int* middle = ways.middle.data();
  for (const std::uint8_t kind : ways.kind) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < Turns; ++i) sum += std::exchange(*of_class++, 0U);
    of_kind_[kind] += sum;
    for (std::size_t i = 0; i < routes.middle_links(); ++i) {
      const int link = *middle++;
      const int number = rows_.number_of_middle[at(link)];
      if (number >= 0) {
        on_middle_[at(number)] += sum;
      } else {
        sink(link, sum);
      }
    }
  }
  return add_out<1>(routes, rank, sink);
}

/// Null where the shape has not come often enough for it to be worth while.
const ShapeWays* BatchSums::ways_of(const RouteTable& routes, const Traffic& sent, std::size_t ranks) {
  constexpr std::size_t remembered = 4;  // to and fro, of two placements
  constexpr std::size_t often = 3;
  if (!sent.shape() || !ShapeWays::fit(*sent.shape())) return nullptr;
  auto known = std::find_if(known_.begin(), known_.end(), [&](const Known& k) { return k.shape == sent.shape(); });
  if (known == known_.end()) {
    if (known_.size() >= remembered) known_.erase(known_.begin());
    known = known_.insert(known_.end(), {sent.shape(), 0, nullptr});
  }
  known->rows += ranks;
  if (!known->ways && known->rows > often * at(sent.ranks))
    known->ways = std::make_unique<ShapeWays>(routes, *sent.shape(), rows_);
  return known->ways.get();
}

/// What the last batch left, and says where this one may leave something.
void BatchSums::clear(const ShapeWays* ways, const std::vector<int>& ranks) {
  const auto zero = [](std::vector<std::uint32_t>& counts, const SlotRun& run) {
    std::fill_n(counts.begin() + static_cast<std::ptrdiff_t>(run.first), run.count, 0U);
  };
  for (const SlotRun& run : runs_) zero(on_near_, run);
  for (const SlotRun& run : runs_) zero(on_final_, run);
  zero(on_middle_, middle_run_);
  middle_run_ = {};
  runs_.assign(1, {0, rows_.slot_of.size()});
  if (ways == nullptr) return;
  const auto* const first = ways->row(ranks.front()).ways;
  const auto of_first = [&](int rank) { return ways->row(rank).ways->slot == first->slot; };
  if (std::all_of(ranks.begin(), ranks.end(), of_first)) runs_ = first->runs;
  std::size_t from = rows_.middle.size();
  std::size_t beyond = 0;
  for (const int rank : ranks) {
    from = std::min(from, ways->row(rank).ways->first_middle);
    beyond = std::max(beyond, ways->row(rank).ways->beyond_middle);
  }
  if (from < beyond) middle_run_ = {from, beyond - from};
}

void BatchSums::gather(const RouteTable& routes, const Traffic& sent, const std::vector<int>& ranks) {
  const ShapeWays* const ways = ways_of(routes, sent, ranks.size());
  clear(ways, ranks);
  Sink sink{sums_.data(), links_.data()};
  using Add = Sink (BatchSums::*)(const RouteTable&, const Traffic&, int, Sink);
  constexpr std::array<Add, RouteTable::most_middle_links + 1> adds{&BatchSums::add<0>, &BatchSums::add<1>,
                                                                    &BatchSums::add<2>, &BatchSums::add<3>};
  const Add add_one = adds[routes.middle_links()];
  for (const int rank : ranks) {
    if (ways == nullptr) {
      sink = (this->*add_one)(routes, sent, rank, sink);
      continue;
    }
    // Where columns in a row are of one class, a sum does not wait for the one before.
    const ShapeWays::Row& row = ways->row(rank);
    const bool mixed = row.ways->blocks || turns * row.ways->kind.size() > row.ways->way.size();
    sink = mixed ? add_known<1>(routes, sent, row, rank, sink) : add_known<turns>(routes, sent, row, rank, sink);
  }
  const auto used = static_cast<std::size_t>(sink.next - links_.data());
  used_ = 0;
  const int none = static_cast<int>(routes.links());
  for (std::size_t i = 0; i < used; ++i) {
    on_links_[used_] = {links_[i], std::exchange(sums_[at(links_[i])], 0.0)};
    used_ += links_[i] != none ? 1 : 0;
  }
}

}  // namespace teapot
