// Sorts the columns of each list by the way that they are reached.
// Does not know what is sent.

#include "sim/shape_ways.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "sim/index.hpp"

namespace teapot {
namespace {

std::shared_ptr<const TrafficShape> first_shape(const Program& program) {
  for (const Operator& op : program.operators) {
    const auto* collective = std::get_if<Collective>(&op.work);
    if (collective != nullptr && collective->traffic->shape()) return collective->traffic->shape();
  }
  return nullptr;
}

std::vector<SlotRun> runs_of(std::vector<std::uint32_t> slots) {
  std::sort(slots.begin(), slots.end());
  std::vector<SlotRun> runs;
  for (const std::uint32_t slot : slots) {
    if (runs.empty() || runs.back().first + runs.back().count != slot) runs.push_back({slot, 0});
    ++runs.back().count;
  }
  return runs;
}

}  // namespace

std::vector<std::uint32_t> slots_by_shape(const Program& program) {
  std::vector<std::uint32_t> order(at(program.endpoints()));
  std::iota(order.begin(), order.end(), 0U);
  const auto shape = first_shape(program);
  if (shape && at(shape->rows()) <= order.size()) {
    // By the lists that an endpoint is in, then by the list that it has itself: those are the receivers of a row, and
    // the senders to a column.
    std::vector<std::vector<std::size_t>> key(order.size());
    for (std::size_t list = 0; list < shape->lists().size(); ++list) {
      for (const int column : shape->lists()[list]) key[at(column)].push_back(list);
    }
    for (int row = 0; row < shape->rows(); ++row) {
      key[at(row)].push_back(shape->lists().size());  // no list: ends those before
      key[at(row)].push_back(shape->list_of(row));
    }
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return key[a] < key[b]; });
  }
  std::vector<std::uint32_t> slot_of(order.size());
  for (std::uint32_t slot = 0; slot < order.size(); ++slot) slot_of[order[slot]] = slot;
  return slot_of;
}

LinkRows::LinkRows(const RouteTable& routes, const Program& program)
    : slot_of(slots_by_shape(program)), number_of_middle(routes.links() + 1, -1) {
  if (!routes.has_parts()) return;
  final.resize(slot_of.size());
  near.resize(slot_of.size());
  std::vector<char> placed(routes.links() + 1);
  placed.back() = 1;  // no link
  for (int d = 0; d < routes.endpoints(); ++d) {
    final[slot_of[at(d)]] = routes.final_link(d);
    near[slot_of[at(d)]] = routes.near_link(d);
    for (const int link : {routes.final_link(d), routes.near_link(d)}) {
      if (link >= 0) placed[at(link)] = 1;
    }
  }
  std::set<const int*> bases;
  for (int s = 0; s < routes.endpoints(); ++s) {
    const int* const links = routes.parts(s).middle;
    if (!bases.insert(links).second) continue;
    for (std::size_t i = 0; i < slot_of.size() * routes.middle_links(); ++i) {
      if (std::exchange(placed[at(links[i])], 1) == 0) middle.push_back(links[i]);
    }
  }
  std::sort(middle.begin(), middle.end());
  for (std::size_t i = 0; i < middle.size(); ++i) number_of_middle[at(middle[i])] = static_cast<int>(i);
}

std::vector<int> LinkRows::then_others() const {
  std::vector<int> links;
  std::vector<char> placed(number_of_middle.size() - 1);
  for (const auto* row : {&final, &near, &middle}) {
    for (const int link : *row) {
      links.push_back(link);
      if (link >= 0) placed[at(link)] = 1;
    }
  }
  for (std::size_t l = 0; l < placed.size(); ++l) {
    if (placed[l] == 0) links.push_back(static_cast<int>(l));
  }
  return links;
}

ShapeWays::ShapeWays(const RouteTable& routes, const TrafficShape& shape, const LinkRows& links) {
  for (const auto& columns : shape.lists()) {
    auto& slots = slots_.emplace_back();
    for (const int column : columns) slots.push_back(static_cast<std::uint16_t>(links.slot_of[at(column)]));
  }
  rows_.reserve(at(shape.rows()));
  for (int rank = 0; rank < shape.rows(); ++rank) {
    const RouteTable::Parts parts = routes.parts(rank);
    const std::vector<int>& columns = shape.columns(rank);
    const std::size_t list = shape.list_of(rank);
    auto& ways = ways_[{Base{parts.kind, parts.middle, parts.near}, list}];
    if (!ways) ways = std::make_unique<Ways>(ways_to(routes, parts, columns, slots_[list], links));
    const auto position = [&](int column) {
      return static_cast<std::size_t>(std::lower_bound(columns.begin(), columns.end(), column) - columns.begin());
    };
    rows_.push_back({ways.get(), position(parts.home), position(parts.beyond)});
  }
}

ShapeWays::Ways ShapeWays::ways_to(const RouteTable& routes, const RouteTable::Parts& parts,
                                   const std::vector<int>& columns, const std::vector<std::uint16_t>& slots,
                                   const LinkRows& links) {
  const std::size_t middles = routes.middle_links();
  Ways ways;
  ways.slot = slots.data();
  std::map<std::pair<std::uint8_t, std::vector<int>>, std::uint16_t> known;
  for (const int column : columns) {
    const int* const middle = parts.middle + at(column) * middles;
    const auto [found, added] = known.try_emplace({parts.kind[column], std::vector<int>(middle, middle + middles)},
                                                  static_cast<std::uint16_t>(known.size()));
    if (added) {
      ways.kind.push_back(parts.kind[column]);
      ways.middle.insert(ways.middle.end(), middle, middle + middles);
    }
    const bool near = parts.near[column] != 0;
    ways.way.push_back(static_cast<std::uint16_t>(found->second | (near ? near_bit : 0)));
  }
  ways.blocks = ColumnBlocks::of(slots, ways.way, near_bit);
  ways.runs = runs_of({slots.begin(), slots.end()});
  ways.first_middle = links.middle.size();
  for (const int link : ways.middle) {
    const int number = links.number_of_middle[at(link)];
    if (number < 0) continue;
    ways.first_middle = std::min(ways.first_middle, at(number));
    ways.beyond_middle = std::max(ways.beyond_middle, at(number) + 1);
  }
  return ways;
}

}  // namespace teapot
