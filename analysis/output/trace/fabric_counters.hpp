#pragma once
// How busy the fabric is over time: each tier as a whole, and the links that carried most.
// Knows no file format.

#include <vector>

#include "analysis/output/trace/events.hpp"

namespace teapot {

/// Between two times, of a timeline with Timeline::busy: for each tier that carried anything the mean use of its links
/// in percent, over a thousand equal parts of the time; then when the busiest links that end at no GPU carried bytes
/// (100 or 0).
std::vector<TraceCounter> fabric_counters(const Timeline& timeline, const Network& network, double from_s, double to_s);

/// When a link was busy between two times: 100, and 0 from the end of each interval.
std::vector<std::pair<double, double>> busy_points(const std::vector<BusyInterval>& intervals, double from_s,
                                                   double to_s);

}  // namespace teapot
