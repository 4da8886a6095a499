// Turning shapes and their counts.
// Does not know what is counted.

#include "sim/traffic_shape.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "sim/index.hpp"
#include "sim/wide.hpp"

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

TEAPOT_WIDE std::size_t without_zeros(const std::vector<std::uint16_t>& counts) {
  const std::uint16_t* const from = counts.data();
  const std::size_t size = counts.size();
  std::size_t some = 0;
  for (std::size_t i = 0; i < size; ++i) some += from[i] != 0 ? 1 : 0;
  return some;
}

namespace {

constexpr std::size_t together = 8;  // columns, whose counts are neighbours as a rule: one line of the cache for all

/// By list: where each of its columns stands in it.
std::vector<std::vector<std::uint32_t>> places_of(const TrafficShape& shape) {
  std::vector<std::vector<std::uint32_t>> places;
  for (const auto& list : shape.lists()) {
    auto& place = places.emplace_back(at(shape.rows()));
    for (std::size_t i = 0; i < list.size(); ++i) place[at(list[i])] = static_cast<std::uint32_t>(i);
  }
  return places;
}

}  // namespace

/// Columns with the same rows are written several at a time.
std::vector<std::uint16_t> transposed(const TrafficShape& shape, const std::vector<std::uint16_t>& counts,
                                      const TrafficShape& turned) {
  const auto places = places_of(shape);
  std::vector<std::vector<int>> columns(turned.lists().size());  // of the shape, by list of the turned one
  for (int column = 0; column < turned.rows(); ++column) columns[turned.list_of(column)].push_back(column);
  std::vector<std::uint16_t> result(counts.size());
  for (std::size_t list = 0; list < columns.size(); ++list) {
    for (std::size_t first = 0; first < columns[list].size(); first += together) {
      const std::size_t some = std::min(together, columns[list].size() - first);
      const int* const of = columns[list].data() + first;
      std::array<std::uint16_t*, together> to{};
      for (std::size_t k = 0; k < some; ++k) to[k] = result.data() + turned.begin(of[k]);
      std::size_t i = 0;
      for (const int row : turned.lists()[list]) {
        const std::uint16_t* const from = counts.data() + shape.begin(row);
        const std::uint32_t* const place = places[shape.list_of(row)].data();
        for (std::size_t k = 0; k < some; ++k) to[k][i] = from[place[of[k]]];
        ++i;
      }
    }
  }
  return result;
}

}  // namespace teapot
