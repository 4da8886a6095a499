#pragma once
// The events of a trace before they take the form of a file: slices on tracks, arrows between slices, counters.
// Knows no file format.

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "analysis/output/trace/trace.hpp"

namespace teapot {

/// One operator on one GPU.
struct TraceSlice {
  int gpu = 0;  ///< rank
  int op = 0;
  int track = 0;  ///< of TraceEvents::tracks
  double begin_s = 0;
  double end_s = 0;
  double sent_bytes = 0;  ///< of a collective, by this GPU
  double received_bytes = 0;
  std::vector<std::uint64_t> arrows_out;  ///< numbers of the arrows that start or end here
  std::vector<std::uint64_t> arrows_in;
};

struct TraceCounter {
  int gpu = 0;
  std::string name;
  std::string unit;
  std::vector<std::pair<double, double>> points;  ///< time in seconds, value from then on
};

struct TraceEvents {
  std::vector<int> gpus;
  std::vector<std::string> gpu_names;  ///< of the same GPUs
  std::vector<std::string> tracks;     ///< of each GPU: its streams, or each micro-batch on each of them
  std::vector<TraceSlice> slices;      ///< by GPU and stream, in order of time
  std::vector<TraceCounter> counters;
  std::vector<TraceCounter> fabric;  ///< of no GPU: the fabric's tiers and busiest links
};

/// Arrows lead from each selected sender of a collective to what waited for it on the receiver; with more than 16 GPUs
/// only from the sender that came last. Throws ConfigError for a rank that the timeline does not have.
TraceEvents trace_events(const Program& program, const Timeline& timeline, const Network& network,
                         const TraceSelection& selection);

/// The links that are a GPU's own: those of its node, and of the PCIe switches and NICs beside it.
std::vector<int> own_links(const Network& network, int gpu);

struct TraceArgument {
  std::string name;
  std::variant<std::int64_t, double, std::string> value;
};

/// `dispatch L3 b1`: the operator, its layer and its micro-batch.
std::string slice_name(const Operator& op);
std::vector<TraceArgument> slice_arguments(const Operator& op, const TraceSlice& slice);

/// In the format of the file's suffix, as write_trace does.
void write_events(const std::string& file, const TraceEvents& events, const Program& program);

std::string perfetto_bytes(const TraceEvents& events, const Program& program);
std::string chrome_json(const TraceEvents& events, const Program& program);
std::string paje_text(const TraceEvents& events, const Program& program);

}  // namespace teapot
