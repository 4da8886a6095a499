#!/usr/bin/env python3
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
streams = list(timeline.stream.unique())
layers = timeline[timeline.layer >= 0]  # a whole step would be one block: show two layers in its middle
middle = layers[layers.layer.between(layers.layer.median(), layers.layer.median() + 1)]
if len(middle):
    begin, end = middle.start_us.min(), middle.end_us.max()
    gantt.set_xlim(begin / 1e3, end / 1e3)
    timeline = timeline[(timeline.end_us > begin) & (timeline.start_us < end)]
colours = plt.get_cmap("tab20").colors
for i, (name, rows) in enumerate(timeline.groupby("operator", sort=False)):
    gantt.barh([streams.index(s) for s in rows.stream], (rows.end_us - rows.start_us) / 1e3, left=rows.start_us / 1e3,
               color=colours[i % len(colours)], label=name)
gantt.set(xlabel="time, ms", yticks=range(len(streams)), yticklabels=streams,
          title=f"GPU {timeline['rank'].iloc[0]}")
gantt.legend(ncol=1, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))

time = table["operators"].groupby(["operator", "kind"]).mean_us.sum().sort_values() / 1e3
bars.barh([f"{name} ({kind})" for name, kind in time.index], time.values)
bars.set(xlabel="time in the step, mean over GPUs, ms")

figure.savefig(os.path.join(here, "plot.png"), dpi=120)
print(os.path.join(here, "plot.png"))
