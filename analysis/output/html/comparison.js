// The page of a comparison: results side by side, differences against the first.

function showComparison() {
  const results = data.results;
  const names = results.map((result, i) => `${i + 1}: ${result.scenario ?? "result"}`);
  document.getElementById("subtitle").textContent = `${results.length} results; changes are against the first`;
  const headline = section("TPOT", null, true);
  headline.append(figures(results.map((result, i) => [digits(result.tpot_ms) + " ms",
    i === 0 ? names[0] : `${names[i]} (${result.tpot_ms >= results[0].tpot_ms ? "+" : ""}` +
                         `${(100 * (result.tpot_ms / results[0].tpot_ms - 1)).toFixed(1)}%)`])));
  const parts = [...new Set(results.flatMap((result) => Object.keys(result.breakdown_ms ?? {})))];
  const box = section("Where the step goes", "ms: computing by operator, and exposed communication.", true);
  chart(box, "breakdown", "", {
    type: "bar",
    data: { labels: names, datasets: parts.map((part) => ({
      label: part, data: results.map((result) => result.breakdown_ms?.[part] ?? 0),
      backgroundColor: part === "idle" ? groupColours.idle : colourOf(part.replaceAll("_", "-")) })) },
    options: { indexAxis: "y", scales: { x: axis("ms", { stacked: true }), y: axis("", { stacked: true }) } },
  });
  let key = "tpot_ms";
  const keys = Object.keys(results[0]).filter((each) => results.every((result) => typeof result[each] === "number"));
  const bars = section("Any figure", null, true);
  let drawn = null;
  const sets = () => [{ label: key, data: results.map((result) => result[key]), backgroundColor: palette[0] }];
  bars.append(element("div", { class: "pickers" }, picker("figure", keys.map((each) => [each, each]), key, (value) => {
    key = value;
    drawn.data.datasets = sets();
    drawn.update("none");
  })));
  drawn = chart(bars, "figure", "low", { type: "bar", data: { labels: names, datasets: sets() },
    options: { indexAxis: "y", scales: { x: axis("", { beginAtZero: true }) }, plugins: { legend: { display: false } } } });
  const rows = [];
  for (const each of Object.keys(results[0])) {
    if (results.some((result) => typeof result[each] === "object")) continue;
    const row = { figure: each };
    results.forEach((result, i) => {
      row[`r${i}`] = typeof result[each] === "number" ? digits(result[each]) : String(result[each] ?? "");
    });
    row.differs = results.some((result) => result[each] !== results[0][each]) ? "differs" : "";
    rows.push(row);
  }
  section("All figures", null, true).append(table(
    [["figure", "figure"], ...names.map((name, i) => [`r${i}`, name]), ["differs", "differs"]], rows));
}

if (data.kind === "comparison") showComparison();
document.body.dataset.ready = "yes";
