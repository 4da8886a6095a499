// Maps of a run: GPU by GPU, GPU to GPU, and the network. Knows no summary.

// What the colours mean, in words and numbers.
function colourScale(low, high) {
  const stops = Array.from({ length: 9 }, (_, i) => heatColour(i / 8)).join(", ");
  return element("div", { class: "scale" }, element("span", {}, low),
                 element("i", { style: `background: linear-gradient(to right, ${stops})` }), element("span", {}, high));
}

// Squares of a grid: cells are {x, y, value, text}; pale at `low`, strong at `high`.
function heatMap(parent, name, across, down, cells, titles, more = {}) {
  return chart(parent, name, "square", {
    type: "scatter",
    data: { datasets: [{ data: cells, pointStyle: "rect", borderWidth: 0, hitRadius: 0, hoverBorderWidth: 0,
                         backgroundColor: cells.map((cell) => cell.colour),
                         radius: (context) => 1.03 * (context.chart.chartArea?.width ?? 300) / across / Math.SQRT2,
                         hoverRadius: (context) => 1.03 * (context.chart.chartArea?.width ?? 300) / across / Math.SQRT2 }] },
    options: {
      scales: {
        x: axis(titles[0], { min: -0.5, max: across - 0.5, grid: { display: false }, ticks: { precision: 0, includeBounds: false } }),
        y: axis(titles[1], { min: -0.5, max: down - 0.5, reverse: true, grid: { display: false },
                             ticks: { precision: 0, includeBounds: false, ...more } }) },
      plugins: { legend: { display: false }, tooltip: { callbacks: { label: (item) => item.raw.text } } },
    },
  }, `${across} / ${down}`);
}

function showHeat(heat) {
  const box = section("Traffic from GPU to GPU", heat.gpus_per_cell > 1
    ? `Bytes sent in the step; a cell is ${heat.gpus_per_cell} by ${heat.gpus_per_cell} GPUs.` : "Bytes sent in the step.");
  const n = heat.cells;
  const most = Math.max(...heat.bytes);
  if (!(most > 0)) return box.append(element("p", {}, "Nothing is sent."));
  box.append(colourScale("nothing", bytes(most)));
  heatMap(box, "traffic", n, n, heat.bytes.map((value, i) => ({
    x: i % n, y: Math.floor(i / n), colour: heatColour(value / most),
    text: `${Math.floor(i / n)} to ${i % n}: ${bytes(value)}` })), ["to", "from"]);
}

// GPUs in rows, in the order of their ranks.
function showGpus(gpus) {
  const milliseconds = (value) => digits(value) + " ms";
  const metrics = { computing_ms: ["computing", milliseconds], exposed_ms: ["waiting for the network", milliseconds],
                    idle_ms: ["idle", milliseconds], sent_bytes: ["bytes sent", bytes],
                    received_bytes: ["bytes received", bytes] };
  const count = gpus.domain.length;
  const across = Math.min(count, Math.max(8, 2 ** Math.ceil(Math.log2(Math.sqrt(2 * count)))));
  let metric = "computing_ms";
  const box = section("GPU by GPU", "Pale to strong from the least to the most of all GPUs, which stand in the order of their ranks.");
  const scale = element("div");
  const cells = () => {
    const [name, text] = metrics[metric];
    const low = Math.min(...gpus[metric]);
    const high = Math.max(...gpus[metric]);
    scale.replaceChildren(high > low ? colourScale(text(low), text(high)) : element("p", { class: "note" }, `all alike: ${text(low)}`));
    return gpus[metric].map((value, i) => ({
      x: i % across, y: Math.floor(i / across), value, colour: heatColour(high > low ? (value - low) / (high - low) : 0.4),
      text: `GPU ${i} of domain ${gpus.domain[i]}: ${name} ${text(value)}` }));
  };
  let drawn = null;
  box.append(element("div", { class: "pickers" },
    picker("measure", Object.entries(metrics).map(([key, [name]]) => [key, name]), metric, (value) => {
      metric = value;
      const set = drawn.data.datasets[0];
      set.data = cells();
      set.backgroundColor = set.data.map((cell) => cell.colour);
      drawn.update("none");
    })), scale);
  drawn = heatMap(box, "gpus", across, Math.ceil(count / across), cells(), ["GPU", ""],
                  { callback: (row) => (Number.isInteger(row) ? row * across : "") });
}

// Places along a link that a pointer can find; a chart has no lines that answer to it.
function placesOn(edge, nodes) {
  const [a, b, links, tier, use, carried] = edge;
  const [from, to] = [nodes[a], nodes[b]];
  const text = `${from[0]} to ${to[0]}: ${links} ${tier} link${links > 1 ? "s" : ""}, ${bytes(carried)} in the step, ` +
               `the busiest in use ${percent(use)} of it`;
  return [0.2, 0.35, 0.5, 0.65, 0.8].map((part) => ({
    x: from[2] + part * (to[2] - from[2]), y: from[3] + part * (to[3] - from[3]), text }));
}

function showTopology(topology) {
  const box = section("The network", "Lines by how busy their busiest link is; point at one for its load. What stands inside " +
                      "one scale-up domain may be drawn as one.", true);
  const bins = 5;
  const sets = Array.from({ length: bins }, (_, bin) => ({
    label: `busy up to ${100 * (bin + 1) / bins}%`, data: [], showLine: true, pointRadius: 0, pointHitRadius: 0,
    borderWidth: 0.8 + 0.3 * bin, borderColor: heatColour((bin + 1) / bins), backgroundColor: heatColour((bin + 1) / bins) }));
  const unused = { ...sets[0], data: [], label: "carries nothing", borderColor: groupColours.idle + "66",
                   backgroundColor: groupColours.idle + "66" };
  for (const [a, b, , , use] of topology.edges) {
    const set = use > 0 ? sets[Math.min(bins - 1, Math.max(0, Math.ceil(bins * use) - 1))] : unused;
    set.data.push({ x: topology.nodes[a][2], y: topology.nodes[a][3] }, { x: topology.nodes[b][2], y: topology.nodes[b][3] },
                  { x: NaN, y: NaN });
  }
  const roles = [...new Set(topology.nodes.map((node) => node[1]))];
  const dots = roles.map((role, i) => ({
    label: role, pointRadius: 4, backgroundColor: palette[(i + 2) % palette.length], borderWidth: 0,
    data: topology.nodes.filter((node) => node[1] === role).map((node) => ({ x: node[2], y: node[3], text: `${node[0]} (${role})` })) }));
  const places = { label: "loads", pointRadius: 0, pointHoverRadius: 4, pointHitRadius: 4, borderWidth: 0,
                   backgroundColor: palette[3], data: topology.edges.flatMap((edge) => placesOn(edge, topology.nodes)) };
  chart(box, "topology", "", {
    type: "scatter",
    data: { datasets: [...dots, ...[unused, ...sets].filter((set) => set.data.length > 0), places] },
    options: {
      scales: { x: { display: false, min: 0, max: 1 }, y: { display: false, grace: "8%" } },
      plugins: { legend: { labels: { filter: (item) => item.text !== places.label } },
                 tooltip: { filter: (item, index) => Boolean(item.raw.text) && index < 6, callbacks: { label: (item) => item.raw.text } } },
    },
  });
}
