// The page of a service: what users waited for, how full the pools were, and what more load would do.

const stateColours = { queue: palette[3], prefill: palette[1], transfer: palette[4], stream: palette[7], decode: palette[0] };

function seconds(value) { return `${digits(value, 4)} s`; }

// Times at which parts of the fabric had failed, behind the lines.
function failureBands(failures) {
  return {
    id: "failures",
    beforeDatasetsDraw(drawn) {
      const { ctx: pen, chartArea: area, scales } = drawn;
      pen.save();
      pen.beginPath();
      pen.rect(area.left, area.top, area.width, area.height);
      pen.clip();
      for (const each of failures) {
        const from = scales.x.getPixelForValue(each.from_s);
        const until = each.until_s === null ? area.right : scales.x.getPixelForValue(each.until_s);
        pen.fillStyle = palette[3] + "26";
        pen.fillRect(from, area.top, until - from, area.height);
        pen.fillStyle = palette[3];
        pen.fillRect(from, area.top, 1.5, area.height);
        if (each.until_s !== null) pen.fillRect(until - 1.5, area.top, 1.5, area.height);
      }
      pen.restore();
    },
  };
}

function line(label, points, colour, more = {}) {
  return { label, data: points, borderColor: colour, backgroundColor: colour, showLine: true, pointRadius: 0, pointHitRadius: 6,
           borderWidth: 1.8, ...more };
}

function lines(box, name, x, y, datasets, more = {}, plugins = []) {
  return chart(box, name, "low", {
    type: "scatter",
    data: { datasets },
    options: { interaction: { mode: "nearest", intersect: false }, scales: { x: axis(x), y: axis(y, { beginAtZero: true }) },
               plugins: { legend: { display: datasets.length > 1 } }, ...more },
    plugins,
  });
}

function showDistribution(title, key, unit, by, limit) {
  const points = data.distributions[key].map(([value, part]) => ({ x: value * by, y: part }));
  if (points.length === 0) return;
  const box = section(title);
  const sets = [line("requests", points, palette[0])];
  if (typeof limit === "number") sets.push(line("limit", [{ x: limit * by, y: 0 }, { x: limit * by, y: 100 }], palette[3], { borderDash: [5, 4] }));
  lines(box, title, unit, "% of requests that took at most", sets,
        { scales: { x: axis(unit, { min: 0 }), y: axis("% of the requests at most", { min: 0, max: 100 }) } });
}

function showSeries(title, note, y, rows, fromZero = true) {
  const box = section(title, note);
  const sets = rows.map(([key, label, colour]) =>
    line(label, data.series.filter((each) => each[key] !== null).map((each) => ({ x: each.time_s, y: each[key] })), colour));
  const last = data.series.length > 0 ? data.series[data.series.length - 1].time_s : 1;
  lines(box, title, "s", y, sets, { scales: { x: axis("time, s", { min: 0, max: last }), y: axis(y, { beginAtZero: fromZero }) } },
        [failureBands(data.failures)]);
}

function showSlowest(parts) {
  let from = 0;
  const rows = [["queue", "waited for its prefill to begin"], ["prefill", "its prompt was computed"],
                ["transfer", "its KV cache was on its way"], ["stream", "until the tokens sent with the first were there"]]
    .filter(([key]) => key !== "stream" || parts.stream > 0)
    .map(([key, says]) => {
      const row = { name: key, from, to: from + parts[key], colour: stateColours[key], text: `${digits(parts[key])} ms: ${says}` };
      from = row.to;
      return row;
    });
  const box = section("Where the slowest waited", "Requests beyond the 99th percentile of TTFT, the mean: what their first token waited for, in order.");
  floatingBars(box, "slowest", "low", "ms", rows);
}

const milliseconds = (value) => typeof value === "number" ? value : null;

function showPercentiles(summary) {
  const rows = [["ttft_ms", "TTFT"], ["tpot_ms", "TPOT"], ["itl_ms", "between tokens"], ["e2e_ms", "end to end"], ["queue_ms", "queueing"]]
    .map(([key, what]) => ({ what, mean: milliseconds(summary[key]?.mean), p50: milliseconds(summary[key]?.p50),
                             p90: milliseconds(summary[key]?.p90), p99: milliseconds(summary[key]?.p99) }));
  section("Percentiles", null, true).append(table([["what", "ms"], ["mean", "mean"], ["p50", "P50"], ["p90", "P90"], ["p99", "P99"]], rows));
}

function loadRow(point, unit, says) {
  return { load: point.load, offered: point.offered, served: point.requests_per_s, good: point.goodput_requests_per_s,
           kept: 100 * point.kept, ttft50: point.ttft_ms?.p50, ttft99: point.ttft_ms?.p99, tpot50: point.tpot_ms?.p50,
           tpot99: point.tpot_ms?.p99, says: [says, point.overloaded ? "overloaded" : ""].filter(Boolean).join(", ") };
}

function loadTable(box, curve, rows) {
  box.append(table([["load", "load"], ["offered", curve.unit], ["served", "served/s"], ["good", "good/s"], ["kept", "kept, %"],
                    ["ttft50", "TTFT P50, ms"], ["ttft99", "TTFT P99, ms"], ["tpot50", "TPOT P50, ms"], ["tpot99", "TPOT P99, ms"],
                    ["says", "note"]], rows));
}

function showLoads(curve) {
  const note = "Requests served a second over their mean time from end to end are most at the knee (a large point): beyond it users wait longer for little more throughput." +
    (curve.knee.reached ? "" : " Here it may lie beyond, at loads that were not served.");
  const box = section("Throughput and latency as load rises", note, true);
  const radius = curve.points.map((point) => point.load === curve.knee.load ? 8 : 3);
  const of = (key, part) => curve.points.map((point) => ({ x: point.offered, y: point[key]?.[part] ?? NaN }));
  const shown = (label, points, colour, more) => line(label, points, colour, { pointRadius: radius, ...more });
  const pair = element("div", { class: "pair" });
  box.append(pair);
  for (const [name, y, sets] of [
    ["served", "requests/s", [shown("served", curve.points.map((p) => ({ x: p.offered, y: p.requests_per_s })), palette[0]),
                              shown("good", curve.points.map((p) => ({ x: p.offered, y: p.goodput_requests_per_s })), palette[2])]],
    ["TTFT", "TTFT, ms", [shown("P50", of("ttft_ms", "p50"), palette[0]), shown("P99", of("ttft_ms", "p99"), palette[1])]],
    ["TPOT", "TPOT, ms", [shown("P50", of("tpot_ms", "p50"), palette[0]), shown("P99", of("tpot_ms", "p99"), palette[1])]]]) {
    const cell = element("div");
    pair.append(cell);
    lines(cell, `load: ${name}`, curve.unit, y, sets, { scales: { x: axis(curve.unit), y: axis(y, { beginAtZero: true }) } });
  }
  loadTable(box, curve, curve.points.map((point) => loadRow(point, curve.unit,
    [point.load === curve.knee.load ? "knee" : "", point.load === curve.most_goodput.load ? "most good" : ""].filter(Boolean).join(", "))));
}

function showMostLoad(most) {
  const says = most.best ? `${digits(most.best.offered)} ${most.unit}, ${digits(most.best.load)} of the scenario's: the most of which ` +
    `${digits(100 * most.part)}% keep the limits.` : `No load keeps the limits for ${digits(100 * most.part)}% of the requests.`;
  loadTable(section("The most load", says, true), most, most.points.map((point) =>
    loadRow(point, most.unit, point.load === most.best?.load ? "the most" : "")));
}

function showServing() {
  const s = data.summary;
  document.getElementById("subtitle").textContent = `${s.model} on ${s.gpus} GPUs (${s.accelerator}), fabric ${s.fabric}, ${s.placement}`;
  const top = section("What users see", null, true);
  top.append(element("p", { class: "verdict" }, data.verdict));
  const ms = (of) => of ? `${digits(of.p99)} ms` : "none";
  top.append(figures([[`${digits(s.requests_per_s)} /s`, "requests served"], [`${digits(s.goodput_requests_per_s)} /s`, "good requests"],
    [ms(s.ttft_ms), "P99 of TTFT"], [ms(s.tpot_ms), "P99 of TPOT"], [digits(s.output_tokens_per_s_per_gpu), "output tokens/s a GPU"],
    [percent(s.kv_occupancy.mean), "of the KV cache held, mean"]]));
  showPercentiles(s);
  showDistribution("TTFT", "ttft_ms", "s", 1e-3, data.limits.ttft_ms);
  showDistribution("TPOT", "tpot_ms", "ms", 1, data.limits.tpot_ms);
  showDistribution("End to end", "e2e_ms", "s", 1e-3, null);
  showSlowest(s.ttft_p99_ms);
  const failed = data.failures.length > 0
    ? "Shaded: " + data.failures.map((each) => `${each.failed} failed from ${seconds(each.from_s)}${each.until_s === null ? " on" : ` to ${seconds(each.until_s)}`}`).join("; ") + "." : null;
  showSeries("Requests over time", failed, "requests", [["waiting", "in the queue", stateColours.queue],
    ["prefilling", "in prefill", stateColours.prefill], ["moving", "cache on its way", stateColours.transfer]]);
  showSeries("Requests that decode", failed, "requests", [["decoding", "decoding", stateColours.decode]]);
  showSeries("KV cache held", failed, "% of all groups' cache", [["kv_percent", "held", palette[2]]]);
  showSeries("Decode steps", failed ?? "The mean of the steps that began since the point before.", "ms a step", [["decode_step_ms", "step", palette[0]]],
             false);  // a failed plane is a few percent
  if (data.load_curve) showLoads(data.load_curve);
  if (data.max_load) showMostLoad(data.max_load);
  showInputs("The scenario", data.inputs);
}

if (data.kind === "serving") showServing();
document.body.dataset.ready = "yes";
