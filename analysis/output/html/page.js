// The page's parts: sections, figures, pickers and tables that sort. Knows no chart and no result.
"use strict";

// What a test in a browser looks at: errors so far, and every chart by name.
const report = { errors: [], charts: {} };
window.report = report;
window.addEventListener("error", (event) => report.errors.push(String(event.message)));

const data = JSON.parse(document.getElementById("data").textContent);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function section(title, note, wide) {
  const made = element("section", wide ? { class: "wide" } : {}, element("h2", {}, title));
  if (note) made.append(element("p", { class: "note" }, note));
  document.getElementById("page").append(made);
  return made;
}

function digits(value, places = 4) {
  if (typeof value !== "number" || !isFinite(value)) return String(value ?? "");
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-3)) return value.toExponential(places - 1);
  return String(Number(value.toPrecision(places)));
}

function percent(part) {
  return (100 * part).toFixed(1) + "%";
}

function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  for (; value >= 1000 && unit + 1 < units.length; ++unit) value /= 1000;
  return digits(value, 3) + " " + units[unit];
}

function figures(list) {
  const box = element("div", { class: "figures" });
  for (const [value, name] of list) {
    box.append(element("div", { class: "figure" }, element("b", {}, value), element("span", {}, name)));
  }
  return box;
}

// A labelled choice; `options` are [value, text]. Calls `chosen` when it changes.
function picker(label, options, value, chosen) {
  const select = element("select", { "aria-label": label, name: label });
  for (const [key, text] of options) select.append(element("option", { value: key }, text));
  select.value = value;
  select.addEventListener("change", () => chosen(select.value));
  return element("label", {}, label + " ", select);
}

// `columns`: [key, title, to text]; rows are objects. A click on a title sorts by it, another one turns the order.
function table(columns, rows) {
  const head = element("tr");
  const body = element("tbody");
  const numbers = new Set(columns.map(([key]) => key).filter((key) =>
    rows.every((row) => row[key] === undefined || row[key] === null || typeof row[key] === "number")));
  const isNumber = (key) => numbers.has(key);
  const cell = (row, [key, title, text]) => {
    const value = row[key];
    const said = value === undefined || value === null ? "" : text ? text(value) : isNumber(key) ? digits(value) : value;
    return element("td", { "data-title": title, ...(isNumber(key) ? { class: "number" } : {}) },
                   ...(said === "" ? [] : isNumber(key) ? [said] : breakable(said)));
  };
  const fill = (sorted) => body.replaceChildren(
    ...sorted.map((row) => element("tr", {}, ...columns.map((column) => cell(row, column)))));
  for (const [key, title] of columns) {
    const button = element("button", { type: "button" }, ...breakable(title));
    const top = element("th", isNumber(key) ? { class: "number" } : {}, button);
    button.addEventListener("click", () => {
      const down = top.getAttribute("aria-sort") === "ascending";
      for (const other of head.children) other.removeAttribute("aria-sort");
      top.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = (a, b) => isNumber(key) ? (a[key] ?? -Infinity) - (b[key] ?? -Infinity)
                                            : String(a[key] ?? "").localeCompare(String(b[key] ?? ""));
      fill([...rows].sort((a, b) => (down ? -1 : 1) * order(a, b)));
    });
    head.append(top);
  }
  fill(rows);
  return stackedIfNarrow(element("table", {}, element("thead", {}, head), body));
}

// Long names may be broken after a mark.
function breakable(text) {
  return String(text).split(/(?<=[_./])/).flatMap((part, i) => (i > 0 ? [document.createElement("wbr"), part] : [part]));
}

// A table that is wider than its place is shown row by row, each cell under its title.
function stackedIfNarrow(made) {
  const box = element("div", { class: "scroll" }, made);
  let width = 0;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    made.classList.remove("stacked");
    made.classList.toggle("stacked", made.scrollWidth > width);
  }).observe(box);
  return box;
}

function showInputs(title, text) {
  if (!text) return;
  const box = section(title, null, true);
  box.append(element("details", {}, element("summary", {}, "as written, with every --set"), element("pre", {}, text)));
}
