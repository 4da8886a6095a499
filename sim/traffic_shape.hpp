#pragma once
// Where a matrix may have copies, row by row: sampled matrices of one placement of experts have that in common, and
// differ in their counts alone. Knows no counts.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace teapot {

class TrafficShape {
 public:
  /// `lists`: of increasing columns; `list_of_row`: which of them each row has. As many columns as rows.
  TrafficShape(std::vector<std::vector<int>> lists, std::vector<std::size_t> list_of_row);

  const std::vector<int>& columns(int row) const { return lists_[list_of(row)]; }
  /// Rows with the same columns have the same list.
  const std::vector<std::vector<int>>& lists() const { return lists_; }
  std::size_t list_of(int row) const { return list_of_row_[static_cast<std::size_t>(row)]; }
  /// Where the row's counts begin among all.
  std::size_t begin(int row) const { return begin_[static_cast<std::size_t>(row)]; }
  std::size_t places() const { return begin_.back(); }
  int rows() const { return static_cast<int>(list_of_row_.size()); }

  /// Rows as columns.
  static std::shared_ptr<const TrafficShape> transposed(const TrafficShape& shape);

 private:
  std::vector<std::vector<int>> lists_;
  std::vector<std::size_t> list_of_row_, begin_;
};

/// Counts of a shape, likewise.
std::vector<std::uint16_t> transposed(const TrafficShape& shape, const std::vector<std::uint16_t>& counts,
                                      const TrafficShape& turned);
std::size_t without_zeros(const std::vector<std::uint16_t>& counts);  ///< how many are not zero

}  // namespace teapot
