#pragma once
// A run as a timeline that trace viewers open: Perfetto, Chrome's trace viewer, Paje's tools.
// Knows no scenario and no report.

#include <limits>
#include <string>
#include <vector>

#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

/// What of a run goes into a trace: a trace of thousands of GPUs is of no use to anybody.
struct TraceSelection {
  std::vector<int> gpus;  ///< ranks; empty: the first eight
  int first_layer = std::numeric_limits<int>::min();
  int last_layer = std::numeric_limits<int>::max();  ///< inclusive; operators that belong to no layer are layer -1
  Seconds from;                                      ///< operators that overlap [from, to]
  Seconds to{std::numeric_limits<double>::infinity()};
  bool counters = true;             ///< use of the selected GPUs' links and memory over time
  BytesPerSecond memory_bandwidth;  ///< of a GPU; where it is zero, memory traffic is given in GB/s and not in percent
};

/// Throws ConfigError unless the file name ends in .pftrace, .json or .trace, so that a command can ask early.
void check_trace_name(const std::string& file);

/// Writes a trace in the format of the file's suffix: .pftrace is Perfetto's Protobuf, .json Chrome's trace events,
/// .trace Paje. Throws ConfigError for another suffix, a GPU that is not there, or a file that cannot be written.
void write_trace(const std::string& file, const Program& program, const Timeline& timeline, const Network& network,
                 const TraceSelection& selection = {});

}  // namespace teapot
