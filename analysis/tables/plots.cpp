// Plotting scripts.
// Do not know the figures.

#include "analysis/tables/plots.hpp"

#include <fmt/format.h>

#include <set>

namespace teapot {

std::string gnuplot_script(const TraceEvents& events, const Program& program, const Network& network) {
  std::set<std::string> tiers;
  for (const auto& link : network.links) tiers.insert(link.tier);
  std::string lines;
  for (const auto& tier : tiers) {
    lines += fmt::format(
        "{}  'link_series.csv' using (strcol(1) eq '*' && strcol(2) eq '{}' ? $3 / 1000 : NaN):(100 * $5) with steps "
        "title '{}'",
        lines.empty() ? "" : ", \\\n", tier, tier);
  }
  std::string rows;
  for (std::size_t s = 0; s < program.streams.size(); ++s) {
    rows += fmt::format("{}'{}' {}", rows.empty() ? "" : ", ", program.streams[s], s);
  }
  std::string boxes;
  for (std::size_t s = 0; s < program.streams.size(); ++s) {
    boxes += fmt::format(
        "{}  'timeline.csv' using (strcol(1) eq '{}' && strcol(2) eq '{}' ? ($6 + $7) / 2000 : "
        "NaN):({}):($6 / 1000):($7 / 1000):({} - 0.3):({} + 0.3) with boxxyerror fill solid 0.6 notitle",
        boxes.empty() ? "" : ", \\\n", events.gpus.front(), program.streams[s], s, s, s);
  }
  return fmt::format(
      "# gnuplot plot.gp   writes plot.svg\n"
      "set datafile separator ','\n"
      "set terminal svg size 1000,700 background 'white'\n"
      "set output 'plot.svg'\n"
      "set multiplot layout 2,1\n"
      "set xlabel 'time, ms'\n"
      "set ylabel 'mean use of links, %'\n"
      "set yrange [0:105]\n"
      "set key outside\n"
      "plot \\\n{}\n"
      "set ylabel '{}'\n"
      "set yrange [-0.5:{} - 0.5]\n"
      "set ytics ({})\n"
      "plot \\\n{}\n"
      "unset multiplot\n",
      lines, events.gpu_names.front(), program.streams.size(), rows, boxes);
}

std::string python_script() {
  return R"py(#!/usr/bin/env python3
"""Draws the tables beside this file into plot.png: use of links over time, what one GPU did, time by operator."""
import os

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

here = os.path.dirname(os.path.abspath(__file__))
table = {name: pd.read_csv(os.path.join(here, name + ".csv")) for name in ("timeline", "operators", "link_series")}
figure, (use, gantt, bars) = plt.subplots(3, 1, figsize=(12, 12), constrained_layout=True)

series = table["link_series"]
for tier, rows in series[series.link == "*"].groupby("tier"):
    use.step(rows.begin_us / 1e3, 100 * rows.utilisation, where="post", label=tier)
use.set(xlabel="time, ms", ylabel="mean use of links, %", ylim=(0, 105))
use.legend()

timeline = table["timeline"]
timeline = timeline[timeline["rank"] == timeline["rank"].min()]
colours = {name: f"C{i % 10}" for i, name in enumerate(timeline.operator.unique())}
streams = list(timeline.stream.unique())
for name, rows in timeline.groupby("operator", sort=False):
    gantt.barh([streams.index(s) for s in rows.stream], (rows.end_us - rows.start_us) / 1e3, left=rows.start_us / 1e3,
               color=colours[name], label=name)
gantt.set(xlabel="time, ms", yticks=range(len(streams)), yticklabels=streams,
          title=f"GPU {timeline['rank'].iloc[0]}")
gantt.legend(ncol=4, fontsize="small")

time = table["operators"].groupby(["operator", "kind"]).mean_us.sum().sort_values() / 1e3
bars.barh([f"{name} ({kind})" for name, kind in time.index], time.values)
bars.set(xlabel="time in the step, mean over GPUs, ms")

figure.savefig(os.path.join(here, "plot.png"), dpi=120)
print(os.path.join(here, "plot.png"))
)py";
}

}  // namespace teapot
