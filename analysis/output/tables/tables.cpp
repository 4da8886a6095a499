// One CSV for each question: what ran when, how long operators took, what ranks did.
// Links have a file of their own.

#include "analysis/output/tables/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>

#include "analysis/output/output_file.hpp"
#include "analysis/output/tables/csv.hpp"
#include "analysis/output/tables/link_tables.hpp"
#include "analysis/output/tables/plots.hpp"
#include "analysis/output/trace/events.hpp"
#include "analysis/run/intervals.hpp"
#include "sim/config.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

std::string timeline_csv(const Program& program, const TraceEvents& events) {
  std::string csv = "rank,stream,operator,layer,micro_batch,start_us,end_us,sent_bytes,received_bytes\n";
  for (const auto& slice : events.slices) {
    const Operator& op = program.operators[at(slice.op)];
    fmt::format_to(std::back_inserter(csv), "{},{},{},{},{},{},{},{},{}\n", slice.gpu,
                   csv_text(program.streams[at(op.stream)]), csv_text(op.name), op.layer, op.micro_batch,
                   slice.begin_s * 1e6, slice.end_s * 1e6, slice.sent_bytes, slice.received_bytes);
  }
  return csv;
}

std::string operators_csv(const Program& program, const Timeline& timeline) {
  std::string csv =
      "index,operator,layer,micro_batch,stream,kind,first_start_us,last_end_us,mean_us,shortest_us,longest_us,"
      "slowest_rank,gflop,hbm_bytes,network_bytes\n";
  for (int i = 0; i < timeline.operators; ++i) {
    const Operator& op = program.operators[at(i)];
    double first = std::numeric_limits<double>::infinity();
    double last = 0;
    double sum = 0;
    double shortest = std::numeric_limits<double>::infinity();
    double longest = -1;
    int slowest = 0;
    int ranks = 0;
    for (int r = 0; r < timeline.ranks; ++r) {
      if (!timeline.ran(i, r)) continue;
      ++ranks;
      const double start = timeline.start(i, r).value;
      const double end = timeline.end(i, r).value;
      first = std::min(first, start);
      last = std::max(last, end);
      sum += end - start;
      shortest = std::min(shortest, end - start);
      if (end - start > longest) {
        longest = end - start;
        slowest = r;
      }
    }
    const auto* compute = std::get_if<Compute>(&op.work);
    const auto* collective = std::get_if<Collective>(&op.work);
    const double sent = collective != nullptr ? collective->traffic->total() * collective->bytes_per_copy.value : 0;
    fmt::format_to(std::back_inserter(csv), "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", i, csv_text(op.name),
                   op.layer, op.micro_batch, csv_text(program.streams[at(op.stream)]),
                   compute != nullptr ? "compute" : "collective", first * 1e6, last * 1e6, sum / ranks * 1e6,
                   shortest * 1e6, longest * 1e6, slowest, compute != nullptr ? compute->flops.value / 1e9 : 0.0,
                   compute != nullptr ? compute->bytes.value : 0.0, sent);
  }
  return csv;
}

/// What one rank did: the intervals of its operators of one kind, as a union.
std::vector<BusyInterval> intervals_of(const Program& program, const Timeline& timeline, int rank, bool collectives) {
  std::vector<BusyInterval> intervals;
  for (int op = 0; op < timeline.operators; ++op) {
    if (std::holds_alternative<Collective>(program.operators[at(op)].work) != collectives) continue;
    if (timeline.ran(op, rank)) intervals.push_back({timeline.start(op, rank).value, timeline.end(op, rank).value});
  }
  std::sort(intervals.begin(), intervals.end(),
            [](const BusyInterval& a, const BusyInterval& b) { return a.begin_s < b.begin_s; });
  return merged(intervals);
}

std::string ranks_csv(const Program& program, const Timeline& timeline, const Network& network) {
  std::vector<double> sent(at(timeline.ranks));
  std::vector<double> received(at(timeline.ranks));
  for (const auto& op : program.operators) {
    const auto* collective = std::get_if<Collective>(&op.work);
    if (collective == nullptr) continue;
    auto& out = collective->reversed ? received : sent;
    auto& in = collective->reversed ? sent : received;
    for (int r = 0; r < timeline.ranks; ++r) {
      collective->traffic->for_each_receiver(r, [&](int d, double copies) {
        out[at(r)] += copies * collective->bytes_per_copy.value;
        in[at(d)] += copies * collective->bytes_per_copy.value;
      });
    }
  }
  std::string csv = "rank,node,domain,computing_us,communicating_us,exposed_us,idle_us,sent_bytes,received_bytes\n";
  for (int r = 0; r < timeline.ranks; ++r) {
    const auto computing = intervals_of(program, timeline, r, false);
    const auto in_flight = intervals_of(program, timeline, r, true);
    const double exposed = length_s(in_flight) - overlap_s(in_flight, computing);
    fmt::format_to(std::back_inserter(csv), "{},{},{},{},{},{},{},{},{}\n", r,
                   csv_text(network.nodes[at(network.gpus[at(r)])].name), network.domain[at(r)],
                   length_s(computing) * 1e6, length_s(in_flight) * 1e6, exposed * 1e6,
                   (timeline.step.value - length_s(computing) - exposed) * 1e6, sent[at(r)], received[at(r)]);
  }
  return csv;
}

}  // namespace

std::vector<NamedText> tables(const Program& program, const Timeline& timeline, const Network& network,
                              const TraceSelection& selection, int bins) {
  TraceSelection slices_only = selection;
  slices_only.counters = false;
  const TraceEvents events = trace_events(program, timeline, network, slices_only);
  const LinkTables links = link_tables(timeline, network, events.gpus, bins);
  return {{"timeline.csv", timeline_csv(program, events)},
          {"operators.csv", operators_csv(program, timeline)},
          {"ranks.csv", ranks_csv(program, timeline, network)},
          {"links.csv", links.links_csv},
          {"link_series.csv", links.series_csv},
          {"plot.gp", gnuplot_script(events, program, timeline, network)},
          {"plot.py", python_script()}};
}

void write_tables(const std::string& folder, const Program& program, const Timeline& timeline, const Network& network,
                  const TraceSelection& selection, const std::vector<NamedText>& more) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder)) throw ConfigError(folder + ": cannot be made: " + error.message());
  auto files = tables(program, timeline, network, selection);
  files.insert(files.end(), more.begin(), more.end());
  for (const auto& file : files) write_file((fs::path{folder} / file.name).string(), file.content);
}

}  // namespace teapot
