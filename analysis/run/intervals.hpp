#pragma once
// Spans of time: their union, length and overlap.
// Knows nothing of what happens in them.

#include <vector>

#include "sim/timeline.hpp"

namespace teapot {

/// The union of intervals that are sorted by begin, as disjoint ones; empty ones are left out.
std::vector<BusyInterval> merged(const std::vector<BusyInterval>& intervals);
/// The same in place of what was in `result`, whose memory is used again.
void merge(const std::vector<BusyInterval>& intervals, std::vector<BusyInterval>& result);
/// The sum of their lengths.
double length_s(const std::vector<BusyInterval>& intervals);
/// How long two sets of sorted, disjoint intervals overlap.
double overlap_s(const std::vector<BusyInterval>& a, const std::vector<BusyInterval>& b);

}  // namespace teapot
