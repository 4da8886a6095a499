// Sums errors up by tag.
// Does not print.

#include "analysis/validation/groups.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace teapot {
namespace {

using Rows = std::vector<const Comparison*>;

ErrorGroup summed(const std::string& tag, const std::string& value, const Rows& rows) {
  ErrorGroup group;
  group.tag = tag;
  group.value = value;
  group.rows = static_cast<int>(rows.size());
  std::vector<double> absolute, with_sign;
  int banded = 0, inside = 0, bounded = 0, below = 0;
  for (const Comparison* row : rows) {
    bounded += row->bound > 0 ? 1 : 0;
    below += row->measured < row->bound ? 1 : 0;
    absolute.push_back(std::abs(row->error()));
    with_sign.push_back(row->error());
    if (!(row->high > 0)) continue;
    ++banded;
    if (row->low <= row->measured && row->measured <= row->high) ++inside;
  }
  std::sort(absolute.begin(), absolute.end());
  std::sort(with_sign.begin(), with_sign.end());
  group.median = quantile(absolute, 0.5);
  group.tenth = quantile(absolute, 0.9);
  group.bias = quantile(with_sign, 0.5);
  group.coverage = banded > 0 ? static_cast<double>(inside) / banded : -1;
  group.below = bounded > 0 ? static_cast<double>(below) / bounded : -1;
  return group;
}

}  // namespace

std::vector<ErrorGroup> error_groups(const Validation& one) {
  std::map<std::pair<std::string, std::string>, Rows> by_tag;
  Rows all;
  for (const auto& row : one.rows) {
    if (row.tags.empty()) continue;
    all.push_back(&row);
    for (const auto& [tag, value] : row.tags) by_tag[{tag, value}].push_back(&row);
  }
  std::vector<ErrorGroup> groups;
  if (all.empty()) return groups;
  groups.push_back(summed("all", "", all));
  for (const auto& [key, rows] : by_tag) groups.push_back(summed(key.first, key.second, rows));
  return groups;
}

}  // namespace teapot
