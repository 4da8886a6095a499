// A matrix of bytes from a CSV, as one exchange.
// Does not know where it was recorded.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

#include "sim/config.hpp"
#include "sim/index.hpp"
#include "sim/input_file.hpp"
#include "workloads/collectives/pattern.hpp"

namespace teapot {
namespace {

constexpr double most_bytes = 1e18;
constexpr const char* blank = " \t\r";

/// A row of the matrix; where it stands, for messages.
struct Line {
  std::string text;
  std::string place;

  [[noreturn]] void fail(const std::string& what) const { throw ConfigError(place + ": " + what); }
  double bytes(const std::string& cell) const {
    std::size_t used = 0;
    double value = -1;
    try {
      value = std::stod(cell, &used);
    } catch (const std::logic_error&) {
      fail(fmt::format("{} is no number of bytes", in_quotes(cell)));
    }
    if (cell.find_first_not_of(blank, used) != std::string::npos || !(value >= 0) || value > most_bytes)
      fail(fmt::format("{} is no number of bytes (0 to 1e18)", in_quotes(cell)));
    return value;
  }
  std::vector<double> cells() const {
    std::vector<double> row;
    std::istringstream cells{text};
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(bytes(cell));
    return row;
  }
};

/// What each rank sends to each, in bytes; what one sends to itself costs nothing and is left out.
std::vector<std::vector<double>> read_matrix(const std::string& file, int ranks) {
  std::istringstream in{read_input(file, most_table_bytes)};
  std::vector<std::vector<double>> rows;
  std::string text;
  for (int number = 1; std::getline(in, text); ++number) {
    if (text.find_first_not_of(blank) == std::string::npos) continue;
    const Line line{text, fmt::format("{}:{}", file, number)};
    rows.push_back(line.cells());
    const int columns = static_cast<int>(rows.back().size());
    if (columns != ranks) line.fail(fmt::format("{} columns, but {} GPUs", columns, ranks));
    if (static_cast<int>(rows.size()) <= ranks) rows.back()[rows.size() - 1] = 0;
  }
  if (static_cast<int>(rows.size()) != ranks)
    throw ConfigError(fmt::format("{}: {} rows, but {} GPUs", file, rows.size(), ranks));
  return rows;
}

}  // namespace

Pattern matrix_pattern(const std::string& file, int ranks) {
  const auto rows = read_matrix(file, ranks);
  double largest = 0, total = 0;
  for (const auto& row : rows) {
    for (const double bytes : row) {
      largest = std::max(largest, bytes);
      total += bytes;
    }
  }
  if (total <= 0) throw ConfigError(fmt::format("{}: nobody sends anything", file));
  auto traffic = std::make_shared<Traffic>(ranks);
  for (const auto& row : rows) {
    for (int to = 0; to < ranks; ++to) {
      if (row[at(to)] > 0) traffic->add(to, row[at(to)] / largest);
    }
    traffic->end_row();
  }
  traffic->groups = std::make_shared<const std::vector<int>>(at(ranks), 0);  // all work together
  Pattern pattern;
  pattern.traffic = traffic;
  pattern.bytes_per_copy = Bytes{largest};
  pattern.bytes_per_gpu = Bytes{total / ranks};
  pattern.cost = "dispatch";
  return pattern;
}

}  // namespace teapot
