#pragma once
// A run as CSV tables for spreadsheets, pandas and gnuplot, with scripts that plot them.
// Knows no scenario and no report: the caller hands over what else belongs into the folder.

#include <string>
#include <vector>

#include "analysis/output/trace/trace.hpp"

namespace teapot {

struct NamedText {
  std::string name;  ///< of the file
  std::string content;
};

/// timeline.csv (the selected GPUs, layers and times), operators.csv, ranks.csv, links.csv, link_series.csv (for each
/// tier its mean and its ten busiest links, and the selected GPUs' own links, in `bins` equal parts of the step, each
/// with the exact part of its time in which the link was busy), plot.gp and plot.py.
std::vector<NamedText> tables(const Program& program, const Timeline& timeline, const Network& network,
                              const TraceSelection& selection = {}, int bins = 200);

/// Writes the tables and `more` (summary.json, scenario.yaml) into a folder, which is made where it is missing.
/// Throws ConfigError where it cannot be written.
void write_tables(const std::string& folder, const Program& program, const Timeline& timeline, const Network& network,
                  const TraceSelection& selection = {}, const std::vector<NamedText>& more = {});

}  // namespace teapot
