// Building and turning traffic matrices.
// Knows no experts, no links and no time.

#include "sim/traffic.hpp"

#include <cassert>
#include <limits>
#include <numeric>

namespace teapot {

double Traffic::total() const {
  double sum = 0;
  for (std::size_t i = 0; i < pairs(); ++i) sum += count(i);
  return sum;
}

Traffic transposed(const Traffic& traffic) {
  Traffic turned;
  turned.ranks = traffic.ranks;
  turned.groups = traffic.groups;
  turned.row_begin.assign(static_cast<std::size_t>(traffic.ranks) + 1, 0);
  for (const auto d : traffic.destination) ++turned.row_begin[d + std::size_t{1}];
  std::partial_sum(turned.row_begin.begin(), turned.row_begin.end(), turned.row_begin.begin());
  std::vector<std::uint32_t> next(turned.row_begin.begin(), turned.row_begin.end() - 1);
  turned.destination.resize(traffic.pairs());
  turned.copies.resize(traffic.copies.size());
  turned.weight.resize(traffic.weight.size());
  for (int source = 0; source < traffic.ranks; ++source) {
    const auto row = static_cast<std::size_t>(source);
    for (std::uint32_t i = traffic.row_begin[row]; i < traffic.row_begin[row + 1]; ++i) {
      const std::uint32_t slot = next[traffic.destination[i]]++;
      turned.destination[slot] = static_cast<std::uint16_t>(source);
      if (traffic.copies.empty()) {
        turned.weight[slot] = traffic.weight[i];
      } else {
        turned.copies[slot] = traffic.copies[i];
      }
    }
  }
  return turned;
}

Traffic from_dense(int ranks, const std::vector<double>& copies) {
  assert(ranks <= std::numeric_limits<std::uint16_t>::max() && "ranks are stored in 16 bits");
  const auto n = static_cast<std::size_t>(ranks);
  assert(copies.size() == n * n);
  Traffic traffic;
  traffic.ranks = ranks;
  traffic.row_begin.push_back(0);
  for (std::size_t source = 0; source < n; ++source) {
    for (std::size_t d = 0; d < n; ++d) {
      const double count = copies[source * n + d];
      if (count == 0 || source == d) continue;
      traffic.destination.push_back(static_cast<std::uint16_t>(d));
      traffic.weight.push_back(count);
    }
    traffic.row_begin.push_back(static_cast<std::uint32_t>(traffic.destination.size()));
  }
  traffic.groups = one_group(ranks);
  return traffic;
}

std::shared_ptr<const std::vector<int>> one_group(int ranks) { return groups_of(ranks, ranks); }

std::shared_ptr<const std::vector<int>> groups_of(int ranks, int size) {
  std::vector<int> groups(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank) groups[static_cast<std::size_t>(rank)] = rank / size;
  return std::make_shared<const std::vector<int>>(std::move(groups));
}

Traffic all_to_all(std::shared_ptr<const std::vector<int>> groups, double copies) {
  Traffic traffic;
  traffic.ranks = static_cast<int>(groups->size());
  traffic.row_begin.push_back(0);
  for (int source = 0; source < traffic.ranks; ++source) {
    const int group = (*groups)[static_cast<std::size_t>(source)];
    for (int d = 0; group >= 0 && copies > 0 && d < traffic.ranks; ++d) {
      if (d == source || (*groups)[static_cast<std::size_t>(d)] != group) continue;
      traffic.destination.push_back(static_cast<std::uint16_t>(d));
      traffic.weight.push_back(copies);
    }
    traffic.row_begin.push_back(static_cast<std::uint32_t>(traffic.destination.size()));
  }
  traffic.groups = std::move(groups);
  return traffic;
}

}  // namespace teapot
