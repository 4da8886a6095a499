// Put at the end of a page by a test: uses the page as a reader would, and writes down what happened, as JSON in an
// element that a dump of the page shows.
"use strict";

function marksOf(chart) {
  return chart.data.datasets.reduce((sum, set, i) => sum + chart.getDatasetMeta(i).data.length, 0);
}

// Pixels of the canvas that something was drawn on.
function inkOf(chart) {
  const { width, height } = chart.canvas;
  const pixels = chart.canvas.getContext("2d").getImageData(0, 0, width, height).data;
  let ink = 0;
  for (let i = 3; i < pixels.length; i += 4) if (pixels[i] > 0) ++ink;
  return ink;
}

// A text that changes when what the charts show changes.
function stateOf(charts) {
  const titles = [...document.querySelectorAll("th")].map((title) => title.textContent);
  return JSON.stringify([titles, Object.values(charts).map((chart) => [
    chart.data.labels, chart.data.datasets.map((set) => [set.label, set.data.map((each) =>
      each && typeof each === "object" ? [each.x, each.y, each.value] : each)])])]);
}

const seen = { charts: {}, pickers: [], sorted: [], errors: report.errors, open_ms: Math.round(performance.now()) };
for (const [name, chart] of Object.entries(report.charts)) seen.charts[name] = { marks: marksOf(chart), ink: inkOf(chart) };
for (const select of document.querySelectorAll("select")) {
  if (select.options.length < 2) continue;
  const before = stateOf(report.charts);
  const old = select.value;
  select.value = [...select.options].map((option) => option.value).find((value) => value !== old);
  select.dispatchEvent(new Event("change"));
  seen.pickers.push({ name: select.name, changed: stateOf(report.charts) !== before });
  select.value = old;
  select.dispatchEvent(new Event("change"));
}
for (const each of document.querySelectorAll("table")) {
  const button = each.querySelector("th:last-child button");
  const column = () => [...each.querySelectorAll("td:last-child")].map((cell) => cell.textContent);
  const before = column();
  button.click();
  const up = column();
  button.click();
  const down = column();
  seen.sorted.push({ rows: before.length, same_cells: [...before].sort().join() === [...up].sort().join(),
                     turned: new Set(before).size < 2 || up[0] !== down[0] });
}
// What is wider than the place it has, unless it scrolls there; and what a reader sees first.
seen.cut_off = [...document.querySelectorAll("section, header, .figures, .pickers, .verdict")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => (each.querySelector("h2") ?? each).textContent);
if (document.documentElement.scrollWidth > window.innerWidth + 1) seen.cut_off.push("the page");
seen.width = window.innerWidth;
seen.verdict = document.querySelector(".verdict")?.textContent ?? "";
const out = document.createElement("pre");
out.id = "probe";
out.textContent = JSON.stringify(seen);
document.body.append(out);
