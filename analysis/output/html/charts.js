// Charts in the page's colours. Knows Chart.js, and no result.

// Colours that differ in lightness too, so that they can be told apart in print and by the colour-blind.
const palette = ["#3b7dd8", "#e08a1e", "#2f9e6e", "#c8456c", "#7a5bd0", "#17a2b8", "#a67c52", "#8a94a6", "#b5bd3a",
                 "#5f6fb0", "#d46ab0", "#4fae3a"];
const groupColours = { communication: "#e08a1e", overlap: "#2f9e6e", compute: "#3b7dd8", idle: "#8a94a6",
                       total: "#7a5bd0" };

const colourOf = (() => {
  const known = new Map();
  return (name) => {
    const plain = String(name).replace(/^mtp-/, "");
    if (!known.has(plain)) known.set(plain, palette[known.size % palette.length]);
    return known.get(plain);
  };
})();

function themeColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function applyTheme() {
  Chart.defaults.color = themeColour("--ink");
  Chart.defaults.borderColor = themeColour("--line");
}
Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.font.family = "system-ui, sans-serif";
Chart.defaults.plugins.legend.labels.boxWidth = 12;
applyTheme();

// `name` is what a test finds it by. `shape`: "", low or square; `ratio`: width to height of a square that is none.
function chart(parent, name, shape, config, ratio = "") {
  const canvas = element("canvas", { role: "img", "aria-label": name });
  parent.append(element("div", { class: "chart " + shape, ...(ratio ? { style: `aspect-ratio: ${ratio}` } : {}) }, canvas));
  const made = new Chart(canvas, config);
  report.charts[name] = made;
  return made;
}

function redrawAll() {
  applyTheme();
  for (const each of Object.values(report.charts)) {
    for (const scale of Object.values(each.options.scales ?? {})) {
      if (scale.ticks) scale.ticks.color = Chart.defaults.color;
      if (scale.grid) scale.grid.color = Chart.defaults.borderColor;
      if (scale.title) scale.title.color = Chart.defaults.color;
    }
    if (each.options.plugins.legend) each.options.plugins.legend.labels.color = Chart.defaults.color;
    each.resize();
    each.update("none");
  }
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
// Paper is white, whatever the screen is.
for (const [moment, printing] of [["beforeprint", true], ["afterprint", false]]) {
  window.addEventListener(moment, () => {
    document.documentElement.classList.toggle("printing", printing);
    redrawAll();
  });
}

function axis(title, more = {}) {
  return { title: { display: Boolean(title), text: title }, ...more };
}

// Bars from one value to another: rows are {name, from, to, colour, text}.
function floatingBars(parent, name, shape, unit, rows, more = {}) {
  return chart(parent, name, shape, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.name),
      datasets: [{ data: rows.map((row) => [row.from, row.to]), backgroundColor: rows.map((row) => row.colour),
                   barPercentage: 0.95, categoryPercentage: 0.95 }],
    },
    options: {
      indexAxis: "y",
      scales: { x: axis(unit), y: axis("", { ticks: { autoSkip: false, font: { size: 11 } }, grid: { display: false } }) },
      plugins: { legend: { display: false },
                 tooltip: { callbacks: { label: (item) => rows[item.dataIndex].text } } },
      ...more,
    },
  });
}

// From pale to strong, by a part in [0, 1].
function heatColour(part) {
  const stops = [[238, 242, 247], [125, 177, 226], [59, 110, 190], [122, 40, 110], [190, 25, 50]];
  const place = Math.max(0, Math.min(1, part)) * (stops.length - 1);
  const low = Math.min(Math.floor(place), stops.length - 2);
  const mix = stops[low].map((value, i) => Math.round(value + (stops[low + 1][i] - value) * (place - low)));
  return `rgb(${mix.join(",")})`;
}
