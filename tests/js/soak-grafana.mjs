// The Grafana plugin for minutes: 20 targets at 10 rows a second each, in four of Grafana's charts in Chromium.
// `tests/soak-grafana.sh` runs it.
import os from "node:os";
import { mkdir, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startBrowser } from "./browser.mjs";
import { openGrafana, startGrafanaHost } from "./grafana-host.mjs";
import { connect, rowsOf } from "./hub.mjs";
import { attachMeter } from "./page-meter.mjs";
import { readStatus, startServer } from "./server.mjs";

const seconds = Number(process.env.SOAK_SECONDS ?? 300);
const [panels, targets, rowsPerSecond, windowSeconds] = [4, 5, 10, 300];
const pastRows = windowSeconds * rowsPerSecond;
const sampleMs = 15_000;
/** How much of what is alive may come on top between the second and the last fifth of the time. */
const maxGrowth = 1.15;

const channelOf = (panel, target) => `soak{panel="${panel}",target="${target}"}`;
const mib = (bytes) => Math.round(bytes / 2 ** 20 * 100) / 100;
const rounded = (number, places = 3) => Number(number.toFixed(places));

const [server, browser, host] = await Promise.all([startServer({ HubServer__Channels__Capacity: String(pastRows) }), startBrowser(), startGrafanaHost()]);
const problems = [];
try {
  const result = await soak();
  await mkdir(new URL("../results/", import.meta.url), { recursive: true });
  await writeFile(new URL("../results/soak-grafana.json", import.meta.url), `${JSON.stringify(result, null, 1)}\n`);
  console.log(JSON.stringify({ ...result, samples: undefined }));
} finally {
  await browser.close();
  await host.stop();
  await server.stop();
}
problems.forEach((problem) => console.error(`FAILED: ${problem}`));
process.exitCode = problems.length > 0 ? 1 : 0;

async function soak() {
  const hub = await connect(server.url, { isBinary: true });
  let next = 0;
  const step = 1000 / rowsPerSecond;
  const start = Date.now() - pastRows * step;
  const publish = async (count) => {
    const time = Array.from({ length: count }, (_, i) => start + (next + i) * step);
    const seq = time.map((_, i) => String(next + i)); // A text is not drawn.
    next += count;
    const batches = Array.from({ length: panels * targets }, (_, i) => {
      const value = time.map((one) => 50 + 10 * (i % targets) + 8 * Math.sin(one / 2000 + i) + Math.random() * 4);
      return { channel: channelOf(Math.floor(i / targets), i % targets), rows: rowsOf({ time, value, seq }, { isBinary: true }) };
    });
    for (const { channel, error } of await hub.invoke("Publish", { batches }))
      if (error)
        throw new Error(`${channel}: ${error.message}`);
  };
  while (next < pastRows)
    await publish(500);

  const grafana = await openGrafana(browser, host.url, server.url, { intervalMs: 100 });
  await grafana.page.setViewportSize({ width: 1600, height: 1400 });
  for (let panel = 0; panel < panels; panel++)
    await grafana.open(panel, Array.from({ length: targets }, (_, target) => ({ refId: "ABCDE"[target], channel: channelOf(panel, target), fields: ["value", "seq"] })), { from: `now-${windowSeconds}s`, to: "now" });
  const samples = await sample(grafana, publish);

  const shown = await Promise.all(Array.from({ length: panels }, (_, panel) => grafana.look(panel)));
  for (const { frames, emptied, errors } of shown)
    if (frames.length !== targets || emptied > 0 || errors.length > 0 || frames.some(({ fields }) => fields[2].values.at(-1) !== String(next - 1) || !isRising(fields[2].values)))
      problems.push(`a panel does not end with the last row, or was empty: ${JSON.stringify({ frames: frames.length, emptied, errors })}`);
  const { queries, connections } = await readStatus(server.url);
  if (queries !== panels || connections !== 2)
    problems.push(`there are ${queries} queries and ${connections} connections`);
  await grafana.page.screenshot({ path: fileURLToPath(new URL("./screenshots/soak-grafana.png", import.meta.url)) });
  await grafana.close();
  return summarise(samples, shown);
}

function isRising(values) {
  return values.every((value, row) => row === 0 || Number(value) > Number(values[row - 1]));
}

/** Publishes on schedule, and reads what the page costs a few times a minute. */
async function sample(grafana, publish) {
  const meter = await attachMeter(browser, grafana.page);
  const samples = [];
  const began = performance.now();
  let isDone = false;
  const publishing = (async () => {
    for (let row = 0; !isDone; row++) {
      await delay(Math.max(0, began + row * (1000 / rowsPerSecond) - performance.now()));
      await publish(1);
    }
  })();
  while (performance.now() - began < seconds * 1000) {
    await meter.start();
    await delay(sampleMs);
    const { busy, cpu, longTasks } = await meter.stop();
    const { bytes, nodes, listeners } = await meter.readMemory();
    const pictures = await grafana.page.evaluate(() => [...window.host.panels.values()].reduce((sum, panel) => sum + panel.pictures, 0));
    samples.push({ at: Math.round((performance.now() - began) / 1000), busy: rounded(busy), cpu: rounded(cpu), longTasks: longTasks.length, heapMib: mib(bytes), nodes, listeners, pictures });
  }
  isDone = true;
  await publishing;
  await delay(500);
  return samples;
}

function summarise(samples, shown) {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  const least = (part) => Math.min(...part.map(({ heapMib }) => heapMib));
  const [first, last] = [least(samples.slice(fifth, 2 * fifth)), least(samples.slice(-fifth))];
  if (last > first * maxGrowth)
    problems.push(`what is alive grew from ${first} to ${last} MiB`);
  const mean = (name) => rounded(samples.reduce((sum, one) => sum + one[name], 0) / samples.length);
  return {
    targets: panels * targets, rowsPerSecond: panels * targets * rowsPerSecond, seconds: samples.at(-1).at, heapMib: { first, last, ratio: rounded(last / first) },
    mainThreadBusy: mean("busy"), cpu: mean("cpu"), longTasks: samples.reduce((sum, { longTasks }) => sum + longTasks, 0),
    drawMsPerPanelAndSecond: rounded(shown.reduce((sum, { drawMs }) => sum + drawMs, 0) / shown.length / samples.at(-1).at, 1),
    rowsShown: shown.flatMap(({ frames }) => frames.map(({ length }) => length)).sort((a, b) => a - b).filter((_, i, all) => i === 0 || i === all.length - 1),
    machine: `${os.cpus().length} x ${os.cpus()[0].model}`, samples,
  };
}
