// Points of a scatter chart: those that coincide told apart, their names, their bands. Knows no axis by name.

const beside = 11;  // pixels between points that coincide

function visibleMarks(chart) {
  const marks = [];
  chart.data.datasets.forEach((set, i) => {
    if (!chart.isDatasetVisible(i)) return;
    chart.getDatasetMeta(i).data.forEach((mark, p) => {
      if (set.data[p]?.point) marks.push({ mark, point: set.data[p].point });
    });
  });
  return marks;
}

// Marks within a few pixels of each other, in groups.
function coinciding(marks) {
  const groups = [];
  for (const each of marks) {
    const near = groups.find(([first]) => Math.hypot(first.mark.x - each.mark.x, first.mark.y - each.mark.y) < 5);
    if (near) near.push(each);
    else groups.push([each]);
  }
  return groups;
}

function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

// The first place around a group, within the chart, where its name covers nothing that is there already.
function placeOfName(group, width, area, taken) {
  const left = Math.min(...group.map(({ mark }) => mark.x));
  const right = Math.max(...group.map(({ mark }) => mark.x));
  const y = group[0].mark.y;
  const boxes = [[right + 8, y - 18], [right + 8, y + 5], [left - 8 - width, y - 18], [left - 8 - width, y + 5],
                 [left, y - 32], [left, y + 18]].map(([x, top]) => ({
    x: Math.max(area.left, Math.min(x, area.right - width)), y: Math.max(area.top, Math.min(top, area.bottom - 13)), width, height: 13 }));
  return boxes.find((box) => !taken.some((other) => overlap(box, other)));
}

// Points of one place stand side by side; where points are few, names stand beside them, as far as there is room.
function namedMarks(nameOf, few) {
  let groups = [];
  return {
    id: "names",
    afterDatasetsUpdate(chart) {
      groups = coinciding(visibleMarks(chart));
      for (const group of groups.filter((each) => each.length > 1)) {
        group.forEach(({ mark }, i) => (mark.x += beside * (i - (group.length - 1) / 2)));
      }
      report.coinciding = groups.filter((each) => each.length > 1).map((each) => each.map(({ point }) => nameOf(point)));
    },
    afterDatasetsDraw(chart) {
      report.named = [];
      if (!few) return;
      const pen = chart.ctx;
      const taken = groups.flat().map(({ mark }) => ({ x: mark.x - 5, y: mark.y - 5, width: 10, height: 10 }));
      pen.save();
      pen.font = "11px system-ui, sans-serif";
      pen.fillStyle = Chart.defaults.color;
      pen.textBaseline = "top";
      for (const group of groups) {
        const text = group.map(({ point }) => nameOf(point)).join(", ");
        const box = placeOfName(group, pen.measureText(text).width, chart.chartArea, taken);
        if (!box) continue;
        taken.push(box);
        pen.fillText(text, box.x, box.y);
        report.named.push(text);
      }
      pen.restore();
    },
  };
}

// Ends of what a figure may be, where its row says so: a band of the prediction, or of repeats.
function bandOf(point, key) {
  const ends = [[`${key.replace(/_ms$/, "")}_band_ms.low`, `${key.replace(/_ms$/, "")}_band_ms.high`], [`${key}_min`, `${key}_max`]];
  return ends.map(([low, high]) => [point[low], point[high]])
    .find(([low, high]) => typeof low === "number" && typeof high === "number" && high > low);
}

// Bands as one line with gaps.
function whiskers(points, x, y) {
  const data = [];
  for (const point of points) {
    const up = bandOf(point, y);
    const across = bandOf(point, x);
    const gap = { x: NaN, y: NaN };
    if (up) data.push({ x: point[x], y: up[0] }, { x: point[x], y: up[1] }, gap);
    if (across) data.push({ x: across[0], y: point[y] }, { x: across[1], y: point[y] }, gap);
  }
  return { label: "band, nine cases of ten", data, showLine: true, pointRadius: 0, pointHitRadius: 0, borderWidth: 1.5,
           borderColor: groupColours.idle + "99", backgroundColor: groupColours.idle + "99" };
}
