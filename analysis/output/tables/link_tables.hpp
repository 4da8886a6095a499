#pragma once
// What each link carried, and how its use changed over the step.
// Knows no operator names.

#include <string>
#include <vector>

#include "sim/network.hpp"
#include "sim/timeline.hpp"

namespace teapot {

struct LinkTables {
  std::string links_csv;
  std::string series_csv;
};

/// The part of each of `bins` equal parts of [0, step] in which a link was busy: exact sums, no samples.
std::vector<double> binned(const std::vector<BusyInterval>& busy, Seconds step, int bins);

/// The series holds the mean of each tier (link `*`), its ten busiest links, and the links of the given GPUs' own.
/// The timeline must have recorded its links.
LinkTables link_tables(const Timeline& timeline, const Network& network, const std::vector<int>& gpus, int bins);

}  // namespace teapot
