// Turning shapes and their counts.
// Does not know what is counted.

#include "sim/traffic_shape.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/index.hpp"

namespace teapot {

TrafficShape::TrafficShape(std::vector<std::vector<int>> lists, std::vector<std::size_t> list_of_row)
    : lists_(std::move(lists)), list_of_row_(std::move(list_of_row)), begin_{0} {
  for (const std::size_t list : list_of_row_) begin_.push_back(begin_.back() + lists_[list].size());
}

std::shared_ptr<const TrafficShape> TrafficShape::transposed(const TrafficShape& shape) {
  std::vector<std::vector<int>> rows(at(shape.rows()));
  for (int row = 0; row < shape.rows(); ++row) {
    for (const int column : shape.columns(row)) rows[at(column)].push_back(row);
  }
  std::map<std::vector<int>, std::size_t> known;
  std::vector<std::size_t> list_of_row;
  for (auto& row : rows) list_of_row.push_back(known.try_emplace(std::move(row), known.size()).first->second);
  std::vector<std::vector<int>> lists(known.size());
  for (const auto& [list, number] : known) lists[number] = list;
  return std::make_shared<const TrafficShape>(std::move(lists), std::move(list_of_row));
}

std::vector<std::uint16_t> transposed(const TrafficShape& shape, const std::vector<std::uint16_t>& counts,
                                      const TrafficShape& turned) {
  std::vector<std::uint16_t> result(counts.size());
  std::vector<std::size_t> next(at(turned.rows()));
  for (int row = 0; row < turned.rows(); ++row) next[at(row)] = turned.begin(row);
  const std::uint16_t* from = counts.data();
  for (int row = 0; row < shape.rows(); ++row) {
    for (const int column : shape.columns(row)) result[next[at(column)]++] = *from++;
  }
  return result;
}

}  // namespace teapot
