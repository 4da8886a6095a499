// Opens run.html, sweep.html, comparison.html, wishes.html and serving.html of a folder in Chromium, at three widths, and uses
// them as a reader would. Prints a line a check; exit code 1 where one failed. Another argument: a folder for pictures of the pages.
import puppeteer from "puppeteer-core";

const [folder, pictures] = process.argv.slice(2);
const widths = [1400, 1024, 500];
let failed = 0;

function check(name, holds, seen = "") {
  if (!holds) ++failed;
  console.log(`${holds ? "ok" : "FAILED"}: ${name}${holds ? "" : `: ${JSON.stringify(seen)}`}`);
}

// What does not fit into its place; a table too wide for its box counts, whether it scrolls or not.
function clipped() {
  const wide = [...document.querySelectorAll("section, header, .figures, .pickers, .verdict, .scroll, .scale")]
    .filter((each) => each.scrollWidth > each.clientWidth + 1)
    .map((each) => (each.closest("section")?.querySelector("h2") ?? each).textContent);
  for (const cell of document.querySelectorAll("td, th, h1, h2")) {
    if (cell.offsetParent && cell.getBoundingClientRect().right > cell.closest("section, header").getBoundingClientRect().right + 1) {
      wide.push(cell.textContent);
    }
  }
  if (document.documentElement.scrollWidth > window.innerWidth + 1) wide.push("the page");
  return wide;
}

// Moves the mouse over a mark and returns what the tooltip says; `find` picks it by what it stands for.
async function hover(page, chart, find) {
  const at = await page.evaluate((name, test) => {
    const drawn = window.report.charts[name];
    drawn.canvas.scrollIntoView({ block: "center" });
    const wanted = new Function("raw", `return ${test}`);
    for (let s = 0; s < drawn.data.datasets.length; ++s) {
      const index = drawn.data.datasets[s].data.findIndex((raw) => wanted(raw));
      if (index < 0) continue;
      const mark = drawn.getDatasetMeta(s).data[index];
      const middle = mark.base !== undefined && drawn.options.indexAxis === "y" ? (mark.x + mark.base) / 2 : mark.x;
      const box = drawn.canvas.getBoundingClientRect();
      return { x: box.left + middle, y: box.top + mark.y };
    }
    return null;
  }, chart, find);
  if (!at) return "nothing to point at";
  await page.mouse.move(at.x - 3, at.y - 3);
  await page.mouse.move(at.x, at.y, { steps: 3 });
  return page.waitForFunction((name) => {
    const tip = window.report.charts[name].tooltip;
    return tip?.opacity > 0 && tip.body?.length > 0 && tip.body.flatMap((each) => each.lines).join("; ");
  }, { timeout: 5000 }, chart).then((handle) => handle.jsonValue(), () => "no tooltip");
}

// Picks the first other choice and says whether what the charts show has changed.
async function pick(page, label) {
  const state = () => page.evaluate(() => JSON.stringify(Object.values(window.report.charts).map((chart) =>
    [chart.options.scales?.x?.title?.text, chart.options.scales?.y?.title?.text, chart.data.datasets]).concat([...document.querySelectorAll("th")].map((title) => title.textContent))));
  const before = await state();
  const other = await page.$eval(`select[name="${label}"]`, (select) =>
    [...select.options].map((option) => option.value).find((value) => value !== select.value));
  await page.select(`select[name="${label}"]`, other);
  return (await state()) !== before;
}

// Clicks the first title of each table twice: the order must turn.
async function sorts(page) {
  const turned = [];
  for (const table of await page.$$("table")) {
    const column = () => table.$$eval("tbody tr td:first-child", (cells) => cells.map((cell) => cell.textContent));
    const button = await table.$("thead button");
    await button.click();
    const up = await column();
    await button.click();
    const down = await column();
    turned.push(new Set(up).size < 2 || up[0] !== down[0]);
  }
  return turned;
}

async function useRun(page) {
  const verdict = await page.$eval(".verdict", (each) => each.textContent);
  check("run: a sentence of verdict holds TPOT, its band, dollars and what binds",
        /^TPOT is [\d.]+ ms.*(nine cases of ten|lower bound).*\$[\d.]+ a million.*Binding: /.test(verdict), verdict);
  for (const [chart, find, says] of [
    ["waterfall", "true", /ms/], ["what if", "raw < -1", /%|faster/], ["gpus", "raw.x === 3 && raw.y === 0", /^GPU 3 of domain 0: computing [\d.]+ ms/],
    ["traffic", "raw.x === 2 && raw.y === 1", /^1 to 2: .*B$/], ["topology", "raw.text?.includes(' in the step')", /links?, [\d.]+ .?B in the step/]]) {
    const said = await hover(page, chart, find);
    check(`run: the pointer over "${chart}" is told what is there`, says.test(said), said);
  }
  for (const label of ["measure", "layer"]) check(`run: choosing another ${label} changes what is shown`, await pick(page, label));
}

async function useSweep(page) {
  const said = await hover(page, "sweep", "raw.point?.design === 'three-layers'");
  check("sweep: the pointer over a point is told its design and TPOT", /three-layers/.test(said) && /tpot_ms: [\d.]+/.test(said), said);
  const seen = await page.evaluate(() => ({ coinciding: window.report.coinciding, named: window.report.named.join(", "),
    bands: window.report.charts.sweep.data.datasets.find((set) => set.label.startsWith("band"))?.data.length ?? 0 }));
  check("sweep: points that coincide stand side by side", seen.coinciding.some((each) => each.includes("mpft") && each.includes("same")), seen);
  check("sweep: every design is named on the chart", ["mpft", "same", "slower", "three-layers"].every((name) => seen.named.includes(name)), seen);
  check("sweep: each point has a whisker for its band", seen.bands === 3 * 4, seen);
  const verdict = await page.evaluate(() => document.querySelector(".verdict")?.textContent ?? "");
  check("sweep: one sentence says which design is fastest and which is cheapest", /^Fastest.*: design .*[\d.]+ ms.*[\d.]+ \$/.test(verdict), verdict);
  for (const label of ["bands", "x axis", "y axis", "colour", "columns"]) check(`sweep: choosing another ${label} changes what is shown`, await pick(page, label));
}

async function useComparison(page) {
  const text = await page.evaluate(() => document.body.innerText);
  check("comparison: says which inputs differ", /fabric\.nic_bandwidth/.test(text) && /Inputs that differ/.test(text));
  check("comparison: says what each design costs", /\$ a million output tokens/.test(text) && /GPU and network, \$/.test(text));
  const said = await hover(page, "figure", "true");
  check("comparison: the pointer over a bar is told its figure", /[\d.]+/.test(said), said);
  check("comparison: choosing another figure changes the chart", await pick(page, "figure"));
}

async function useWishes(page) {
  const text = await page.evaluate(() => document.body.innerText);
  check("wishes: says which wish is worth most", /the most of a single wish/.test(text));
  check("wishes: says what each costs", /\$ a million tokens/.test(text) || /\$ a\s+million\s+tokens/.test(text));
  const said = await hover(page, "wishes", "true");
  check("wishes: the pointer over a bar is told its change", /[\d.]+/.test(said), said);
}

async function useServing(page) {
  const verdict = await page.$eval(".verdict", (each) => each.textContent);
  check("serving: a sentence of verdict holds the rate, both percentiles, the limits and what failed",
        /requests a second on 24 GPUs: P99 of TTFT \d+ ms, of TPOT [\d.]+ ms\. [\d.]+% of the requests keep .*Failed from 8 s on: plane 3/.test(verdict), verdict);
  const text = await page.evaluate(() => document.body.innerText);
  check("serving: says when the plane had failed", /Shaded: plane 3 failed from 8 s to 14 s/.test(text));
  check("serving: the knee is named", /knee/.test(text) && /most good/.test(text));
  for (const [chart, find] of [["TTFT", "raw.y === 50"], ["Decode steps", "raw.x > 10"], ["slowest", "true"], ["load: TTFT", "true"]]) {
    const said = await hover(page, chart, find);
    check(`serving: the pointer over "${chart}" is told its figure`, /\d/.test(said), said);
  }
}

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM, headless: true, timeout: 120000, protocolTimeout: 120000,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"] });
try {
  for (const [name, use] of [["run", useRun], ["sweep", useSweep], ["comparison", useComparison], ["wishes", useWishes], ["serving", useServing]]) {
    for (const width of widths) {
      const page = await browser.newPage();
      const errors = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => { if (["error", "warn"].includes(message.type())) errors.push(message.text()); });
      await page.setViewport({ width, height: 900 });
      await page.goto(`file://${folder}/${name}.html`, { waitUntil: "load", timeout: 60000 });
      await page.waitForFunction(() => document.body.dataset.ready === "yes", { timeout: 60000 });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const wide = await page.evaluate(clipped);
      check(`${name} at ${width} px: nothing is clipped`, wide.length === 0, wide);
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-${width}.png`, fullPage: true });
      await use(page);
      const turned = await sorts(page);
      check(`${name} at ${width} px: a click on a title turns each of ${turned.length} tables`, turned.length > 0 && turned.every(Boolean), turned);
      check(`${name} at ${width} px: no error and no warning on the console`, errors.length === 0, errors);
      await page.close();
    }
  }
} finally {
  await browser.close();
}
process.exit(failed > 0 ? 1 : 0);
