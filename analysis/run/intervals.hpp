#pragma once
// Spans of time: their union, length and overlap.
// Knows nothing of what happens in them.

#include <vector>

namespace teapot {

struct BusyInterval {
  double begin_s = 0;
  double end_s = 0;
};

/// The union of intervals that are sorted by begin, as disjoint ones; empty ones are left out.
std::vector<BusyInterval> merged(const std::vector<BusyInterval>& intervals);
/// The sum of their lengths.
double length_s(const std::vector<BusyInterval>& intervals);
/// How long two sets of sorted, disjoint intervals overlap.
double overlap_s(const std::vector<BusyInterval>& a, const std::vector<BusyInterval>& b);

}  // namespace teapot
