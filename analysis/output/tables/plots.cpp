// Plotting scripts.
// Do not know the figures.

#include "analysis/output/tables/plots.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "sim/catalogue.hpp"
#include "sim/index.hpp"
#include "sim/input_file.hpp"

namespace teapot {
namespace {

/// In single quotes, as gnuplot wants them.
std::string quoted(const std::string& text) {
  std::string safe = "'";
  for (const char c : text) safe += c == '\'' ? std::string{"''"} : std::string{c};
  return safe + "'";
}

std::string joined(const std::vector<std::string>& parts, const char* separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

/// What a chart of a whole step cannot show: the time of two layers in its middle, on the first GPU.
std::pair<double, double> middle_ms(const TraceEvents& events, const Program& program) {
  std::vector<int> layers;
  for (const auto& slice : events.slices) {
    const int layer = program.operators[at(slice.op)].layer;
    if (slice.gpu == events.gpus.front() && layer >= 0) layers.push_back(layer);
  }
  if (layers.empty()) return {0, events.slices.empty() ? 1 : events.slices.back().end_s * 1e3};
  std::nth_element(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(layers.size() / 2), layers.end());
  const int middle = layers[layers.size() / 2];
  double from = std::numeric_limits<double>::infinity();
  double to = 0;
  for (const auto& slice : events.slices) {
    const int layer = program.operators[at(slice.op)].layer;
    if (slice.gpu != events.gpus.front() || (layer != middle && layer != middle + 1)) continue;
    from = std::min(from, slice.begin_s * 1e3);
    to = std::max(to, slice.end_s * 1e3);
  }
  return {from, to};
}

/// One curve of each tier of links that carried something.
std::vector<std::string> curves_of_use(const Timeline& timeline, const Network& network) {
  std::set<std::string> tiers;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    if (timeline.links[l].bytes > Bytes{}) tiers.insert(network.links[l].tier);
  }
  std::vector<std::string> use{"  NaN notitle"};
  for (const auto& tier : tiers) {
    use.push_back(
        fmt::format("  'link_series.csv' using (strcol(1) eq '*' && strcol(2) eq {0} ? $3 / 1000 : NaN):"
                    "(100 * $5) with steps title {0}",
                    quoted(tier)));
  }
  return use;
}

/// What the first GPU does between two times, operators of one name in one colour.
std::vector<std::string> boxes_between(double from_ms, double to_ms, const TraceEvents& events,
                                       const Program& program) {
  std::vector<std::string> boxes{"  NaN notitle"};
  std::set<std::pair<std::string, int>> drawn;
  for (const auto& slice : events.slices) {
    if (slice.gpu != events.gpus.front() || slice.end_s * 1e3 <= from_ms || slice.begin_s * 1e3 >= to_ms) continue;
    const Operator& op = program.operators[at(slice.op)];
    if (!drawn.emplace(op.name, op.stream).second) continue;
    boxes.push_back(
        fmt::format("  'timeline.csv' using (strcol(1) eq '{0}' && strcol(2) eq {1} && strcol(3) eq {2} ? ($6 + $7) / "
                    "2000 : NaN):({3}):"
                    "($6 / 1000):($7 / 1000):({3} - 0.4):({3} + 0.4) with boxxyerror fill solid 0.7 title {2}",
                    events.gpus.front(), quoted(program.streams[at(op.stream)]), quoted(op.name), op.stream));
  }
  return boxes;
}

}  // namespace

std::string gnuplot_script(const TraceEvents& events, const Program& program, const Timeline& timeline,
                           const Network& network) {
  std::vector<std::string> rows;
  for (std::size_t s = 0; s < program.streams.size(); ++s)
    rows.push_back(fmt::format("{} {}", quoted(program.streams[s]), s));
  const auto [from_ms, to_ms] = middle_ms(events, program);
  return fmt::format(
      "# gnuplot plot.gp   writes plot.svg: use of each tier of links over the step, and two layers on one GPU\n"
      "set datafile separator ','\n"
      "set terminal svg size 1100,700 background 'white' noenhanced\n"
      "set output 'plot.svg'\n"
      "set multiplot layout 2,1\n"
      "set xlabel 'time, ms'\n"
      "set ylabel 'mean use of links, %'\n"
      "set yrange [0:105]\n"
      "set key outside\n"
      "plot \\\n{}\n"
      "set ylabel {}\n"
      "set xrange [{}:{}]\n"
      "set yrange [-0.5:{} - 0.5]\n"
      "set ytics ({})\n"
      "plot \\\n{}\n"
      "unset multiplot\n",
      joined(curves_of_use(timeline, network), ", \\\n"), quoted(events.gpu_names.front()), from_ms, to_ms,
      program.streams.size(), joined(rows, ", "), joined(boxes_between(from_ms, to_ms, events, program), ", \\\n"));
}

std::string python_script() { return read_input(home() + "/analysis/output/tables/plot.py", most_table_bytes); }

}  // namespace teapot
