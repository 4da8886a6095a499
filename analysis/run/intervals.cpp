// Sweeps along sorted intervals.
// Does not sort.

#include "analysis/run/intervals.hpp"

#include <algorithm>

namespace teapot {

std::vector<BusyInterval> merged(const std::vector<BusyInterval>& intervals) {
  std::vector<BusyInterval> result;
  merge(intervals, result);
  return result;
}

void merge(const std::vector<BusyInterval>& intervals, std::vector<BusyInterval>& result) {
  result.clear();
  result.reserve(intervals.size());
  for (const auto& interval : intervals) {
    if (!result.empty() && interval.begin_s <= result.back().end_s) {
      result.back().end_s = std::max(result.back().end_s, interval.end_s);
    } else if (interval.end_s > interval.begin_s) {
      result.push_back(interval);
    }
  }
}

double length_s(const std::vector<BusyInterval>& intervals) {
  double sum = 0;
  for (const auto& interval : intervals) sum += interval.end_s - interval.begin_s;
  return sum;
}

double overlap_s(const std::vector<BusyInterval>& a, const std::vector<BusyInterval>& b) {
  double sum = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    sum += std::max(0.0, std::min(a[i].end_s, b[j].end_s) - std::max(a[i].begin_s, b[j].begin_s));
    a[i].end_s < b[j].end_s ? ++i : ++j;
  }
  return sum;
}

}  // namespace teapot
