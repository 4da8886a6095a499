// The page of wishes: by how much each lowers TPOT, as bars, and what it costs.

function wishLabel(row) { return row.name; }

function showBars(box, id, rows) {
  const change = (row) => 100 * (row.tpot_ms_after / row.tpot_ms_before - 1);
  chart(box, id, "", {
    type: "bar",
    data: { labels: rows.map(wishLabel), datasets: [{ label: "change of TPOT, %", data: rows.map(change),
      backgroundColor: rows.map((row) => change(row) <= 0 ? palette[2] : palette[1]) }] },
    options: { indexAxis: "y", scales: { x: axis("change of TPOT, %") }, plugins: { legend: { display: false } } },
  });
}

function showWishes() {
  const here = data.rows.filter((row) => typeof row.tpot_ms_after === "number");
  const before = data.rows[0]?.tpot_ms_before;
  document.getElementById("subtitle").textContent = `TPOT ${digits(before)} ms as it is`;
  const wishes = here.filter((row) => !row.design), designs = here.filter((row) => row.design);
  const best = wishes.filter((row) => row.section !== "").reduce((a, b) => !a || b.tpot_ms_after < a.tpot_ms_after ? b : a, null);
  const all = wishes.find((row) => row.section === "");
  const top = section("What each wish is worth", null, true);
  if (best) {
    top.append(element("p", { class: "verdict" }, `${best.name}: ${digits(best.tpot_ms_after)} ms, the most of a single wish` +
      (all ? `; all of the best together ${digits(all.tpot_ms_after)} ms.` : ".")));
  }
  showBars(top, "wishes", wishes);
  if (designs.length > 0) showBars(section("Other machines and fabrics", "The same work on what exists.", true), "designs", designs);
  const columns = [["name", "wish or design"], ["section", "paper, section"], ["tpot", "TPOT, ms"], ["tokens", "tokens/s/GPU"],
                   ["network", "network, M$"], ["power", "network, kW"], ["token", "$ a million tokens"], ["says", "what changes"]];
  const figure = (value, by = 1) => typeof value === "number" ? digits(value * by) : "-";
  section("Figures", null, true).append(table(columns, data.rows.map((row) => ({
    name: row.name, section: row.section, tpot: figure(row.tpot_ms_after), tokens: figure(row.tokens_per_s_per_gpu_after),
    network: figure(row.network_cost_usd_after, 1e-6), power: figure(row.power_W_after, 1e-3),
    token: figure(row.usd_per_million_tokens_after), says: row.why_not ? `not here: ${row.why_not}` : row.says }))));
}

if (data.kind === "wishes") showWishes();
