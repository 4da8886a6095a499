#pragma once
// How the rows of a shape reach their columns, worked out once for all matrices that have it: which columns share the
// way but for the links to each alone. Knows no counts and no time.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "sim/column_blocks.hpp"
#include "sim/route_table.hpp"
#include "sim/traffic_shape.hpp"

namespace teapot {

/// Slots in a row.
struct SlotRun {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// A slot for each endpoint: those that the same rows of a program's first shape reach stand side by side, so that what
/// a row puts on its receivers is in few runs. As endpoints are numbered where there is no shape.
std::vector<std::uint32_t> slots_by_shape(const Program& program);

/// The links that stand in rows, for what is put on many of them at once: the final ones by slot, the near ones by
/// slot, and the middle ones. Without parts there are none.
struct LinkRows {
  LinkRows(const RouteTable& routes, const Program& program);

  std::vector<std::uint32_t> slot_of;  ///< by endpoint
  std::vector<int> final, near;        ///< by slot; no link, or none that anybody asks for: -1
  std::vector<int> middle;
  std::vector<int> number_of_middle;  ///< by link, and for none: -1 for those that are not in `middle`

  std::size_t count() const { return final.size() + near.size() + middle.size(); }
  /// All links of the routes: those of rows, then all others.
  std::vector<int> then_others() const;
  bool operator==(const LinkRows&) const = default;
};

class ShapeWays {
 public:
  static constexpr std::uint16_t near_bit = 0x8000;
  /// Of rows that have a list of columns and a base of routes in common. Few bytes a column: a step walks all of them
  /// for each of its exchanges.
  struct Ways {
    const std::uint16_t* slot = nullptr;  // by position in the list
    std::vector<std::uint16_t> way;  // likewise: a class of ways, and near_bit where the column's near link is on it
    std::vector<std::uint8_t> kind;  // by class: of the way out
    std::vector<int> middle;         // by class: its middle links, as many as a route has
    std::vector<SlotRun> runs;       // of the slots
    std::optional<ColumnBlocks> blocks;               // where columns may be taken eight at a time
    std::size_t first_middle = 0, beyond_middle = 0;  // by number in LinkRows::middle
  };
  struct Row {
    const Ways* ways = nullptr;
    std::size_t home = 0, beyond = 0;  // positions of columns at home
  };

  /// For routes that have parts, and shapes that fit().
  ShapeWays(const RouteTable& routes, const TrafficShape& shape, const LinkRows& links);

  /// Whether slots and classes have numbers that are short enough.
  static bool fit(const TrafficShape& shape) { return shape.rows() < near_bit; }
  const Row& row(int rank) const { return rows_[static_cast<std::size_t>(rank)]; }

 private:
  using Base = std::tuple<const std::uint8_t*, const int*, const std::uint32_t*>;

  static Ways ways_to(const RouteTable& routes, const RouteTable::Parts& parts, const std::vector<int>& columns,
                      const std::vector<std::uint16_t>& slots, const LinkRows& links);

  std::vector<Row> rows_;
  std::vector<std::vector<std::uint16_t>> slots_;                       // by list
  std::map<std::pair<Base, std::size_t>, std::unique_ptr<Ways>> ways_;  // by base and list
};

}  // namespace teapot
