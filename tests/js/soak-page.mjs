// The page for minutes: 50 channels at 10 rows a second each, drawn in Chromium. `tests/soak-page.sh` runs it.
//
// Ten panels of five lines each, all in view, and a window that the past fills from the start. That is the hardest a
// person makes it for the page: of 50 panels of one line, a screen shows a dozen, and only what is in view is drawn.
import os from "node:os";
import { mkdir, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openPage, startBrowser } from "./browser.mjs";
import { connect, rowsOf } from "./hub.mjs";
import { attachMeter, median, quantile } from "./page-meter.mjs";
import { startServer } from "./server.mjs";

const seconds = Number(process.env.SOAK_SECONDS ?? 300);
const [panels, lines, rowsPerSecond, windowSeconds] = [10, 5, 10, 300];
const pastRows = windowSeconds * rowsPerSecond;
const sampleMs = 15_000;
/** How much of what is alive, rows aside, may come on top between the second and the last fifth of the time. */
const maxGrowth = 1.15;

const channelOf = (panel, line) => `soak{line="${line}",panel="${panel}"}`;
const valueOf = (panel, line, time) => 50 + 10 * line + 8 * Math.sin(time / 2000 + panel) + Math.random() * 4;
const mib = (bytes) => Math.round(bytes / 2 ** 20 * 100) / 100;
const rounded = (number, places = 1) => Number(number.toFixed(places));

if (!Number.isInteger(seconds) || seconds < 60) {
  console.error("SOAK_SECONDS is the duration in whole seconds, 60 or more");
  process.exit(2);
}

const [server, browser] = await Promise.all([startServer({ HubServer__Channels__Capacity: String(pastRows) }), startBrowser()]);
const problems = [];
try {
  const result = await soak();
  await mkdir(new URL("../results/", import.meta.url), { recursive: true });
  await writeFile(new URL("../results/soak-page.json", import.meta.url), `${JSON.stringify(result, null, 1)}\n`);
} finally {
  await browser.close();
  await server.stop();
}
problems.forEach((problem) => console.error(`FAILED: ${problem}`));
process.exitCode = problems.length > 0 ? 1 : 0;

async function soak() {
  const hub = await connect(server.url, { isBinary: true });
  const start = Math.floor(Date.now() / 1000) * 1000;
  for (let panel = 0; panel < panels; panel++)
    await publish(hub, panel, timesFrom(start - pastRows * (1000 / rowsPerSecond), pastRows));

  const { page, troubles } = await openPage(browser, "about:blank", { viewport: { width: 1920, height: 1080 } });
  let connections = 0;
  page.on("websocket", () => connections++);
  const selectors = Array.from({ length: panels }, (_, panel) => `s=${encodeURIComponent(`soak{panel="${panel}"}`)}`);
  await page.goto(`${server.url}/#w=5m&${selectors.join("&")}`);
  await drawn(page, pastRows - 1);

  const publisher = publishAll(hub);
  const samples = await sample(page, publisher);
  const { lateMs } = await publisher.done;
  await demandLastRows(hub, page);
  const gaps = await page.locator('.panel:not([data-gaps="0"])').count();
  await page.screenshot({ path: fileURLToPath(new URL("./screenshots/soak.png", import.meta.url)) });

  if (troubles.length > 0)
    problems.push(`the console says: ${troubles.join("; ")}`);
  if (connections !== 1 || gaps > 0)
    problems.push(`the page connected ${connections} times and shows gaps in ${gaps} panels`);
  return { ...summarise(samples), rows: { perSecond: panels * lines * rowsPerSecond, published: seconds * panels * lines * rowsPerSecond, drawnToTheLast: true }, publisherLateMs: rounded(lateMs), machine: machine(), samples };
}

/** Publishes rows to all lines of a panel. */
async function publish(hub, panel, times, ofLines = Array.from({ length: lines }, (_, line) => line)) {
  // A block holds 1000 rows at most.
  for (let i = 0; i < times.length; i += 1000) {
    const time = times.slice(i, i + 1000);
    const batches = ofLines.map((line) => ({ channel: channelOf(panel, line), rows: rowsOf({ time, value: time.map((one) => valueOf(panel, line, one)) }, { isBinary: true }) }));
    for (const { channel, count, error } of await hub.invoke("Publish", { batches }))
      if (error || count !== time.length)
        throw new Error(`${channel} took ${count} of ${time.length} rows: ${error?.message}`);
  }
}

function timesFrom(first, count) {
  return Array.from({ length: count }, (_, i) => first + i * (1000 / rowsPerSecond));
}

/** Publishes on schedule whatever the server and the page do, each panel's lines at their own moment of a period. */
function publishAll(hub) {
  let isDone = false;
  const start = Date.now();
  const stepMs = 1000 / rowsPerSecond / panels;
  const run = async () => {
    let lateMs = 0;
    const answers = [];
    for (let step = 0; step < seconds * rowsPerSecond * panels; step++) {
      const due = start + step * stepMs;
      if (due > Date.now())
        await delay(due - Date.now());
      lateMs = Math.max(lateMs, Date.now() - due);
      answers.push(publish(hub, step % panels, [due]));
    }
    await Promise.all(answers);
    isDone = true;
    return { lateMs };
  };
  return { start, isDone: () => isDone, done: run() };
}

async function sample(page, publisher) {
  const meter = await attachMeter(browser, page);
  const samples = [];
  printRow(["second", "rows MiB", "rest MiB", "nodes", "listeners", "frames", "median ms", "p95 ms", "p99 ms", "max ms", "long tasks", "busy", "cpu", "load"]);
  while (!publisher.isDone()) {
    await meter.start();
    await Promise.race([delay(sampleMs), publisher.done]);
    const { frames, longTasks, busy, cpu } = await meter.stop();
    const { bytes, nodes, listeners } = await meter.readMemory();
    const second = (Date.now() - publisher.start) / 1000;
    const rings = ringBytes(pastRows + second * rowsPerSecond) * panels * lines;
    const one = {
      second: Math.round(second), ringsMib: mib(rings), restMib: mib(bytes - rings), nodes, listeners, frames: frames.length,
      ...frameTimes(frames), longTasks: longTasks.length, busy: rounded(busy, 3), cpu: rounded(cpu, 3), load: rounded(os.loadavg()[0]),
    };
    samples.push({ ...one, all: frames });
    printRow(Object.values(one));
  }
  return samples;
}

/**
 * What the page holds rows in is no leak, and is known: rings that double from 512 rows up to 16,384, with eight bytes
 * for a row's offset, for its time, and for each of its two fields (clients/dashboard/src/ring.ts).
 */
function ringBytes(rows) {
  return Math.min(16_384, 2 ** Math.ceil(Math.log2(Math.max(512, rows)))) * 4 * 8;
}

function frameTimes(frames) {
  return { medianMs: rounded(median(frames)), p95Ms: rounded(quantile(frames, 0.95)), p99Ms: rounded(quantile(frames, 0.99)), maxMs: rounded(Math.max(...frames)) };
}

function summarise(samples) {
  const fifth = (n) => samples.filter(({ second }) => second > seconds * (n - 1) / 5 && (n === 5 || second <= seconds * n / 5));
  const growth = Object.fromEntries(["restMib", "nodes", "listeners"].map((what) => {
    const [first, last] = [fifth(2), fifth(5)].map((some) => median(some.map((one) => one[what])));
    return [what, { first, last, ratio: rounded(last / first, 3) }];
  }));
  for (const [what, { first, last, ratio }] of Object.entries(growth))
    if (!(ratio <= maxGrowth))
      problems.push(`${what} grew from ${first} to ${last}`);
  const frames = samples.flatMap(({ all }) => all);
  samples.forEach((one) => delete one.all);
  const summary = {
    growth, frames: { count: frames.length, ...frameTimes(frames) },
    longTasks: samples.reduce((sum, { longTasks }) => sum + longTasks, 0),
    busy: median(samples.map(({ busy }) => busy)), cpu: median(samples.map(({ cpu }) => cpu)),
  };
  console.log(JSON.stringify(summary));
  return summary;
}

function printRow(cells) {
  console.log(cells.map((cell) => String(cell).padStart(10)).join(" "));
}

/** Line by line, gives a line its newest row, by another offset than the others have, and waits until that is drawn. */
async function demandLastRows(hub, page) {
  let last = pastRows + seconds * rowsPerSecond - 1;
  for (let line = 0; line < lines; line++, last++) {
    for (let panel = 0; panel < panels; panel++)
      await publish(hub, panel, Array.from({ length: line + 1 }, () => Date.now()), [line]);
    await drawn(page, last + 1);
  }
}

/** Waits until every panel has drawn the row as its newest. */
async function drawn(page, offset) {
  await page.waitForFunction(([panels, offset]) => document.querySelectorAll(`.panel[data-offset="${offset}"]`).length === panels, [panels, offset]);
}

function machine() {
  return { cores: os.cpus().length, node: process.version, chromium: browser.version(), gpu: false };
}
