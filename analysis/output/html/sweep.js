// The page of a sweep: any two columns against each other, with those points that no other one beats.

// Whether more of it is better: speeds are, times and costs are not.
function moreIsBetter(key) {
  return /tokens_per_s|_GBps|_Gbps|overlap_fraction|tokens_per_step/.test(key);
}

// Points that no other one beats in both, by x.
function paretoFront(points, xKey, yKey) {
  const sign = (key) => (moreIsBetter(key) ? -1 : 1);
  const ordered = [...points].sort((a, b) =>
    sign(xKey) * (a[xKey] - b[xKey]) || sign(yKey) * (a[yKey] - b[yKey]));
  const front = [];
  let best = Infinity;
  for (const point of ordered) {
    const y = sign(yKey) * point[yKey];
    if (y < best) {
      front.push(point);
      best = y;
    }
  }
  return front;
}

function sweepColumns(points) {
  const keys = [];
  for (const point of points) {
    for (const key of Object.keys(point)) if (!keys.includes(key)) keys.push(key);
  }
  const named = keys.filter((key) => key !== "key" && key !== "point");
  const varies = named.filter((key) => new Set(points.map((point) => JSON.stringify(point[key]))).size > 1);
  const shown = varies.length > 0 ? varies : named;
  const numbers = shown.filter((key) => points.some((point) => typeof point[key] === "number"));
  return { shown, numbers };
}

// A row begins with the point's number and its axes; what follows is the status and the results.
function axesOf(points) {
  const keys = Object.keys(points[0]);
  return keys.slice(0, Math.max(0, keys.indexOf("status"))).filter((key) => key !== "point");
}

function sweepSets(points, x, y, colour, bands) {
  const usable = points.filter((point) => typeof point[x] === "number" && typeof point[y] === "number");
  const groups = new Map();
  for (const point of usable) {
    const name = colour === "" ? "points" : String(point[colour] ?? "none");
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push({ x: point[x], y: point[y], point });
  }
  const sets = [...groups].map(([label, list], i) => ({
    label, data: list, pointRadius: 5, pointHoverRadius: 7, backgroundColor: palette[i % palette.length] + "cc",
    borderWidth: 0, showLine: false }));
  sets.push({ label: "Pareto front", showLine: true, pointRadius: 0, pointHitRadius: 0, borderWidth: 2,
              borderDash: [5, 4], borderColor: palette[3], backgroundColor: palette[3],
              data: paretoFront(usable, x, y).map((point) => ({ x: point[x], y: point[y] })) });
  if (bands) sets.push(whiskers(usable, x, y));
  return sets;
}

// What one looks at first; the rest is a choice away.
const mainFigures = /^(status|tpot_ms|ttft_ms|.*_p99_ms|goodput_requests_per_s|tokens_per_s_per_gpu|exposed_communication_ms|usd_per_gpu|usd_per_million_tokens|tpot_band_ms\.(low|high)|binding|bottleneck|gpus|model|accelerator|fabric|error)$/;

function showPoints(points, shown) {
  const box = section("All points", "Columns that are the same everywhere are left out. A click on a title sorts.", true);
  const told = shown.filter((key) => !/^breakdown_ms\.|_band_ms\.coverage/.test(key));
  const axes = axesOf(points);
  const main = told.filter((key) => axes.includes(key) || mainFigures.test(key));
  let drawn = table(main.map((key) => [key, key]), points);
  if (main.length < told.length) {
    box.append(element("div", { class: "pickers" }, picker("columns", [["main", "main figures"], ["all", "all"]], "main", (value) => {
      const other = table((value === "all" ? told : main).map((key) => [key, key]), points);
      drawn.replaceWith(other);
      drawn = other;
    })));
  }
  box.append(drawn);
}

// The point of the least (or most) of a column, among those that have a number there.
function extreme(points, key, most) {
  const known = points.filter((point) => typeof point[key] === "number");
  return known.reduce((a, b) => ((most ? b[key] > a[key] : b[key] < a[key]) ? b : a), known[0]);
}

// What an architect would take from all points, in a sentence or two.
function sweepVerdict(points) {
  const name = (point) => axesOf(points).map((key) => `${key} ${point[key] ?? ""}`).join(", ") || "the only point";
  const fastest = extreme(points, "tpot_ms", false);
  const cheapest = extreme(points, "usd_per_million_tokens", false);
  const busiest = extreme(points, "goodput_requests_per_s", true);
  const price = (point) => `${digits(point.usd_per_million_tokens)} $ a million tokens`;
  const said = [];
  if (fastest && cheapest === fastest) {
    said.push(`Fastest and cheapest: ${name(fastest)}, with ${digits(fastest.tpot_ms)} ms and ${price(fastest)}`);
  } else if (fastest) {
    const its = typeof fastest.usd_per_million_tokens === "number" ? `, at ${price(fastest)}` : "";
    said.push(`Fastest: ${name(fastest)}, with ${digits(fastest.tpot_ms)} ms${its}`);
    if (cheapest) said.push(`Cheapest: ${name(cheapest)}, with ${price(cheapest)}, at ${digits(cheapest.tpot_ms)} ms`);
  }
  if (busiest && busiest.goodput_requests_per_s > 0)
    said.push(`Most requests within their limits: ${name(busiest)}, ${digits(busiest.goodput_requests_per_s)} a second`);
  const failed = points.filter((point) => point.status === "failed").length;
  if (failed > 0) said.push(`${failed} of ${points.length} points failed; the table says why`);
  return said.length > 0 ? said.join(". ") + "." : "No point has a TPOT.";
}

function showSweep() {
  const points = data.points;
  const { shown, numbers } = sweepColumns(points);
  document.getElementById("subtitle").textContent = `${points.length} points`;
  const first = (wanted) => wanted.map((end) => numbers.find((key) => key === end || key.endsWith("." + end))).find(Boolean);
  const tpot = first(["tpot_ms"]);
  if (tpot) {
    const known = points.filter((point) => typeof point[tpot] === "number");
    const best = extreme(known, tpot, false);
    const top = section("Lowest TPOT", null, true);
    if (points.length > 1) top.append(element("p", { class: "verdict" }, sweepVerdict(points)));
    if (best) top.append(figures([[digits(best[tpot]) + " ms", "TPOT"],
      ...axesOf(points).slice(0, 7).map((key) => [String(best[key] ?? ""), key])]));
  }
  if (numbers.length > 0) {
    const price = first(["usd_per_gpu", "network_usd_per_gpu"]);
    let x = price ?? first(["tokens_per_s_per_user"]) ?? numbers[0];
    let y = (price ? tpot : first(["tokens_per_s_per_gpu"])) ?? tpot ?? numbers[numbers.length - 1];
    const colours = shown.filter((key) => new Set(points.map((point) => String(point[key]))).size <= 12);
    let colour = colours.find((key) => !numbers.includes(key)) ?? "";
    const box = section("Points", "Dashed: points that no other one beats in both (speeds up, times and costs down). " +
                        "Points of the same place stand side by side.", true);
    let bands = points.some((point) => numbers.some((key) => bandOf(point, key)));
    const choice = bands ? [picker("bands", [["yes", "shown"], ["", "hidden"]], "yes", (value) => { bands = value !== ""; redraw(); })] : [];
    let drawn = null;
    const redraw = () => {
      drawn.data = { datasets: sweepSets(points, x, y, colour, bands) };
      drawn.options.scales.x.title.text = x;
      drawn.options.scales.y.title.text = y;
      drawn.update("none");
    };
    const options = numbers.map((key) => [key, key]);
    box.append(element("div", { class: "pickers" },
      picker("x axis", options, x, (value) => { x = value; redraw(); }),
      picker("y axis", options, y, (value) => { y = value; redraw(); }),
      picker("colour", [["", "none"], ...colours.map((key) => [key, key])], colour, (value) => { colour = value; redraw(); }), ...choice));
    drawn = chart(box, "sweep", "", {
      type: "scatter",
      plugins: [namedMarks((point) => axesOf(points).map((key) => String(point[key] ?? "")).join(" "),
                           points.length <= 40 && axesOf(points).length > 0)],
      data: { datasets: sweepSets(points, x, y, colour, bands) },
      options: {
        scales: { x: axis(x), y: axis(y) },
        plugins: { tooltip: { callbacks: { label: (item) => item.raw.point
          ? shown.slice(0, 14).map((key) => `${key}: ${digits(item.raw.point[key])}`) : "" } } },
      },
    });
  }
  showPoints(points, shown);
  showInputs("Sweep", data.inputs);
}

if (data.kind === "sweep") showSweep();
