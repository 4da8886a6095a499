#pragma once
// Scripts that draw the tables of a run: the user's own gnuplot or Python runs them.
// Know the tables' columns, not what is in them.

#include <string>

#include "analysis/output/trace/events.hpp"

namespace teapot {

/// Use of each tier over time, and what the first selected GPU did in two layers; for gnuplot 5, writes plot.svg.
std::string gnuplot_script(const TraceEvents& events, const Program& program, const Timeline& timeline,
                           const Network& network);
/// The same with pandas and matplotlib, and time by operator.
std::string python_script();

}  // namespace teapot
