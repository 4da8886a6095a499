// The page of one run.

function showWaterfall(explanation) {
  const box = section("Waterfall: from ideal serialisation to the step",
                      "Means over GPUs, in ms. Orange: communication in flight; green: hidden behind computing; blue: computing. " +
                      "The parts add up to the step.", true);
  const rows = [];
  let sum = 0;
  for (const part of explanation.waterfall) {
    if (Math.abs(part.time_ms) < 1e-9 * explanation.step_ms) continue;
    rows.push({ name: part.name, from: sum, to: sum + part.time_ms, colour: groupColours[part.group],
                text: `${digits(part.time_ms)} ms (${percent(part.time_ms / explanation.step_ms)})` });
    sum += part.time_ms;
  }
  rows.push({ name: "step", from: 0, to: sum, colour: groupColours.total, text: `${digits(sum)} ms` });
  floatingBars(box, "waterfall", "", "ms", rows);
  document.querySelector("section:last-child .chart").style.height = `${4 + 1.35 * rows.length}rem`;
}

function ganttData(gantt, gpu, layer) {
  const all = gantt.gpus.find((each) => String(each.gpu) === String(gpu)).operators;
  const own = all.filter((op) => op[1] === Number(layer));
  const begin = Math.min(...own.map((op) => op[4]));
  const end = Math.max(...own.map((op) => op[5]));
  const rowOf = (op) => `${gantt.streams[op[3]]} · micro-batch ${op[2]}`;
  const inside = all.filter((op) => op[5] > begin && op[4] < end);
  const rows = [...new Set(inside.map(rowOf))].sort();
  const sets = new Map();
  for (const op of inside) {
    const name = gantt.names[op[0]].name;
    if (!sets.has(name)) {
      sets.set(name, { label: name, data: [], backgroundColor: colourOf(name), grouped: false, barPercentage: 0.9,
                       categoryPercentage: 0.9, minBarLength: 1 });
    }
    // What belongs to other layers is drawn pale.
    const set = sets.get(name);
    set.data.push({ x: [Math.max(op[4], begin) - begin, Math.min(op[5], end) - begin], y: rowOf(op), layer: op[1],
                    us: op[5] - op[4] });
  }
  for (const set of sets.values()) {
    set.backgroundColor = set.data.map((bar) => colourOf(set.label) + (bar.layer === Number(layer) ? "" : "55"));
  }
  return { labels: rows, datasets: [...sets.values()] };
}

function showGantt(gantt) {
  const layers = [...new Set(gantt.gpus[0].operators.map((op) => op[1]))].filter((layer) => layer >= 0);
  if (layers.length === 0) return;
  const box = section("One layer of every micro-batch", "Solid: the layer chosen; pale: what other layers do meanwhile.",
                      true);
  let layer = layers[Math.floor(layers.length / 2)];
  let gpu = gantt.gpus[0].gpu;
  let drawn = null;
  const redraw = () => {
    drawn.data = ganttData(gantt, gpu, layer);
    drawn.update("none");
  };
  box.append(element("div", { class: "pickers" },
    picker("layer", layers.map((each) => [each, each]), layer, (value) => { layer = value; redraw(); }),
    picker("GPU", gantt.gpus.map((each) => [each.gpu, each.gpu]), gpu, (value) => { gpu = value; redraw(); })));
  drawn = chart(box, "gantt", "low", {
    type: "bar",
    data: ganttData(gantt, gpu, layer),
    options: {
      indexAxis: "y",
      scales: { x: axis("us", { min: 0 }), y: axis("", { grid: { display: false } }) },
      plugins: { legend: { labels: { generateLabels: (of) => of.data.datasets.map((set, i) => ({
        text: set.label, fillStyle: colourOf(set.label), strokeStyle: "transparent", datasetIndex: i,
        fontColor: Chart.defaults.color, hidden: !of.isDatasetVisible(i) })) } },
                 tooltip: { callbacks: {
        label: (item) => `${item.dataset.label}, layer ${item.raw.layer}: ${digits(item.raw.us)} us` } } },
    },
  });
}

function showWhatIf(explanation) {
  if (!explanation.what_if) return;
  const box = section("What if one resource were faster",
                      `Each bar is a simulation. Binding: ${explanation.binding ?? "no single resource"}.`);
  const rows = explanation.what_if;
  const base = explanation.tpot_ms;
  chart(box, "what if", "", {
    type: "bar",
    data: {
      labels: rows.map((row) => row.resource),
      datasets: [
        { label: "10% faster", data: rows.map((row) => 100 * (row.tpot_if_10_percent_faster_ms / base - 1)),
          backgroundColor: palette[0] },
        { label: "infinitely fast", data: rows.map((row) => 100 * (row.tpot_if_infinite_ms / base - 1)),
          backgroundColor: palette[7] },
      ],
    },
    options: { indexAxis: "y", scales: { x: axis("change of TPOT, %"), y: axis("", { ticks: { autoSkip: false } }) } },
  });
}

function showPath(explanation) {
  const box = section("Critical path", "The chain of operators that ends last: what the step's time was spent on.");
  const rows = explanation.critical_path_shares.slice(0, 14).map((share) => ({
    name: share.name, from: 0, to: share.time_ms,
    colour: groupColours[share.kind], text: `${digits(share.time_ms)} ms, ${share.count} times` }));
  floatingBars(box, "critical path", "", "ms", rows);
}

function showLinks(explanation) {
  const box = section("Links by tier", "Busy time over step: mean of the links in use, and the busiest one.");
  const tiers = explanation.tiers;
  chart(box, "tiers", "low", {
    type: "bar",
    data: { labels: tiers.map((tier) => tier.tier),
            datasets: [{ label: "mean", data: tiers.map((tier) => 100 * tier.busy), backgroundColor: palette[0] },
                       { label: "busiest", data: tiers.map((tier) => 100 * tier.busiest), backgroundColor: palette[1] }] },
    options: { scales: { y: axis("% of the step", { min: 0, max: 100 }) } },
  });
  const half = explanation.halves;
  if (half.capacity_GBps > 0) {
    box.append(element("p", { class: "note" }, `Half of the GPUs to the other half: ${bytes(half.bytes)} in the step, ` +
                       `${percent(half.use)} of a possible ${digits(half.capacity_GBps)} GB/s.`));
  }
}

function showLinkTable(explanation) {
  const links = section("Most loaded links", "The ten busiest of each tier.", true);
  links.append(table([["name", "link"], ["tier", "tier"], ["bytes", "bytes", bytes], ["use", "busy", percent],
                      ["bandwidth_GBps", "GB/s"], ["by", "loaded by"]],
    explanation.links.map((link) => ({ ...link, by: Object.entries(link.bytes_of)
      .map(([name, part]) => `${name} ${Math.round(100 * part / link.bytes)}%`).join(", ") }))));
}

function showRunTables(summary) {
  section("Operators", null).append(table(
    [["name", "operator"], ["kind", "kind"], ["calls", "calls"], ["busy_ms", "ms a step"], ["mean_us", "us a call"],
     ["exposed_ms", "exposed ms"]], summary.operators));
  if (!summary.kernels || summary.kernels.length === 0) return;
  section("Kernels", "Time of one step, mean over GPUs.").append(table(
    [["name", "kernel"], ["kind", "kind"], ["time_ms", "ms a step"], ["provenance", "from"]], summary.kernels));
}

// One sentence: how fast, how sure, and what to buy.
function verdict(summary, explanation, cost) {
  const band = summary.tpot_band_ms;
  let text = `TPOT is ${digits(summary.tpot_ms)} ms`;
  if (summary.lower_bound || summary.runtime === "ideal") {
    text += ", a lower bound: no serving stack is named";
  } else if (band && band.high > band.low) {
    text += `, between ${digits(band.low, 3)} and ${digits(band.high, 3)} ms in nine cases of ten`;
  }
  if (cost?.usd_per_million_tokens) {
    text += `; $${digits(cost.usd_per_million_tokens, 3)} a million output tokens, at $${Math.round(cost.usd_per_gpu).toLocaleString("en")} ` +
            "a GPU with its network";
  }
  const first = (explanation.what_if ?? []).find((row) => row.resource === explanation.binding);
  if (!first) return text + "; no single resource binds.";
  const gain = 1 - first.tpot_if_10_percent_faster_ms / explanation.tpot_ms;
  const most = 1 - first.tpot_if_infinite_ms / explanation.tpot_ms;
  text += `. Binding: ${first.resource}; 10% more of it lowers TPOT by ${percent(gain)}, all of it by ${percent(most)}.`;
  const slack = explanation.slack ?? [];
  return slack.length > 0 ? `${text} Slack, not worth buying more of: ${slack.join(", ")}.` : text;
}

function showRun() {
  const { summary, explanation } = data;
  explanation.tpot_ms = explanation.step_ms / summary.tokens_per_step;
  document.getElementById("subtitle").textContent =
    `${summary.model} on ${summary.gpus} GPUs (${summary.accelerator}), fabric ${summary.fabric}`;
  section("Headline", null, true).append(element("p", { class: "verdict" }, verdict(summary, explanation, data.cost)), figures([
    [digits(summary.tpot_ms) + " ms", "TPOT"], [digits(summary.step_ms) + " ms", "step"],
    [digits(summary.tokens_per_s_per_user), "tokens/s/user"], [digits(summary.tokens_per_s_per_gpu), "tokens/s/GPU"],
    [digits(summary.compute_ms) + " ms", "computing"], [digits(summary.exposed_communication_ms) + " ms", "exposed communication"],
    [percent(summary.overlap_fraction), "communication hidden"], [explanation.binding ?? "", "binding resource"],
    [data.cost?.usd_per_million_tokens ? "$" + digits(data.cost.usd_per_million_tokens, 3) : "", "a million tokens"]]
    .filter(([value]) => value !== "")));
  showWaterfall(explanation);
  showGantt(data.gantt);
  showWhatIf(explanation);
  showPath(explanation);
  showGpus(data.gpus);
  showHeat(data.heat);
  showLinks(explanation);
  showTopology(data.topology);
  showLinkTable(explanation);
  showRunTables(summary);
  showInputs("Scenario", data.inputs);
}

if (data.kind === "run") showRun();
