// The page of a comparison: results side by side, differences against the first.

function times(value, first) {
  return typeof value === "number" && first > 0 ? ` (${(value / first).toFixed(3)}x)` : "";
}

function showDifferences(compared, names) {
  if (!compared?.differences) return;
  const told = compared.differences.filter((each) => !each.said_by_name);
  const columns = names.map((name, i) => [`r${i}`, name]);
  const box = section("Inputs that differ", told.length > 0 ? null : "None: the inputs are the same.", true);
  if (told.length > 0) {
    box.append(table([["key", "key"], ...columns],
      told.map((each) => ({ key: each.key, ...Object.fromEntries(each.values.map((value, i) => [`r${i}`, value])) }))));
  }
  const figures = [["tpot_ms", "TPOT, ms"], ["tokens_per_s_per_gpu", "tokens/s/GPU"], ["network_usd_per_gpu", "network, $ a GPU"],
                   ["usd_per_gpu", "GPU and network, $"], ["usd_per_million_tokens", "$ a million output tokens"],
                   ["tokens_per_s_per_kusd", "tokens/s a k$"]];
  const rows = figures.filter(([key]) => data.results.some((result) => typeof result[key] === "number")).map(([key, figure]) => ({
    figure, ...Object.fromEntries(data.results.map((result, i) => [`r${i}`, typeof result[key] === "number"
      ? digits(result[key]) + (i > 0 ? times(result[key], data.results[0][key]) : "") : "unknown"])) }));
  section("Speed and cost", null, true).append(table([["figure", "figure"], ...columns], rows));
}

function showComparison() {
  const results = data.results;
  const names = results.map((result, i) => `${i + 1}: ${data.compared?.designs?.[i]?.name ?? result.scenario ?? "result"}`);
  document.getElementById("subtitle").textContent = `${results.length} results; changes are against the first`;
  const headline = section("TPOT and cost", null, true);
  if ((data.compared?.unlike ?? []).length > 1) {
    headline.append(element("p", { class: "verdict" }, `Unlike in ${data.compared.unlike.length} things ` +
                            `(${data.compared.unlike.join(", ")}): a ratio is of all of them together.`));
  }
  headline.append(figures(results.map((result, i) => [digits(result.tpot_ms) + " ms",
    i === 0 ? names[0] : `${names[i]} (${(result.tpot_ms / results[0].tpot_ms).toFixed(3)}x)`])));
  showDifferences(data.compared, names);
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
