// @hubserver/client for minutes: 10,000 queries that come and go, and a loop that takes a second for each update of 1,000
// rows a second. `tests/soak-client.sh` runs it with the garbage collector at hand.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { HubServerClient } from "../../clients/js/dist/index.js";
import { createRecorder } from "./client-recorder.mjs";
import { eventually } from "./eventually.mjs";
import { postRows } from "./hub.mjs";
import { readStatus, startServer } from "./server.mjs";

const cycles = Number(process.env.SOAK_CYCLES ?? 10_000);
const slowSeconds = Number(process.env.SOAK_SECONDS ?? 120);
const capacity = 5_000;
const rowsPerSecond = 1_000;
const mib = (bytes) => Math.round(bytes / 2 ** 20 * 100) / 100;
const resources = () => process.getActiveResourcesInfo().length;

const server = await startServer({ HubServer__Channels__Capacity: String(capacity) });
const client = new HubServerClient({ url: server.url, maxBacklogBytes: 256 << 10 });
try {
  const result = { cycles: await soakCycles(), slow: await soakSlow() };
  console.log(JSON.stringify(result, null, 1));
  await writeFile(new URL("../results/soak-client.json", import.meta.url), `${JSON.stringify(result, null, 1)}\n`);
} finally {
  await client.close();
  await server.stop();
}

/** Opens and closes queries, and compares what is left after the first tenth with what is left at the end. */
async function soakCycles() {
  await postRows(server.url, "cycle", Array.from({ length: 50 }, (_, value) => ({ value })));
  const samples = [];
  for (let i = 1; i <= cycles; i++) {
    for await (const { frames } of client.query({ targets: [{ channel: "cycle" }] })) {
      assert.equal(frames[0].count, 50);
      break;
    }
    if (i === cycles / 10 || i === cycles) {
      await eventually(async () => (await readStatus(server.url)).queries === 0, "the last query ends");
      globalThis.gc();
      samples.push({ heap: process.memoryUsage().heapUsed, resources: resources(), server: (await readStatus(server.url)) });
    }
  }
  const [first, last] = samples;
  const result = {
    cycles, heapMib: [mib(first.heap), mib(last.heap)], resources: [first.resources, last.resources],
    left: { queries: last.server.queries, feeds: last.server.feeds, connections: last.server.connections },
  };
  assert.ok(last.heap - first.heap < 1 << 20, `the heap grew: ${JSON.stringify(result)}`);
  assert.ok(last.resources <= first.resources, `timers or sockets are left: ${JSON.stringify(result)}`);
  assert.deepEqual(result.left, { queries: 0, feeds: 0, connections: 1 });
  return result;
}

/** A reader that is far too slow, and then no more. */
async function soakSlow() {
  await postRows(server.url, "slow", { value: 0 });
  const recorder = createRecorder();
  const updates = client.query({ targets: [{ channel: "slow" }], intervalMs: 0 })[Symbol.asyncIterator]();
  const until = performance.now() + slowSeconds * 1_000;
  let published = 1;
  const publishing = (async () => {
    for (let tick = 0; performance.now() < until; tick++) {
      await postRows(server.url, "slow", Array.from({ length: rowsPerSecond / 20 }, (_, i) => ({ value: published + i })));
      published += rowsPerSecond / 20;
      await delay(Math.max(0, until - slowSeconds * 1_000 + tick * 50 - performance.now()));
    }
  })();

  const heaps = [], servers = [];
  while (performance.now() < until) {
    recorder.take((await updates.next()).value);
    await delay(1_000);
    recorder.held.get("A slow").runs.forEach((run) => (run.columns = undefined)); // Their number is enough here.
    globalThis.gc();
    heaps.push(process.memoryUsage().heapUsed);
    servers.push((await (await fetch(`${server.url}/metrics`)).text()).match(/^dotnet_process_memory_working_set_bytes\S* (\d+)/m)?.[1]);
  }
  await publishing;
  const caughtUp = performance.now();
  while (recorder.held.get("A slow").next < published)
    recorder.take((await updates.next()).value);
  const caughtUpMs = Math.round(performance.now() - caughtUp);
  await updates.return();

  const { runs, gaps } = recorder.held.get("A slow");
  let [at, missing] = [0, 0];
  for (const run of runs) {
    while (at < run.offset) {
      const gap = gaps.find(({ from, to }) => from === at && to < run.offset);
      assert.ok(gap, `rows ${at} to ${run.offset} are missing without a word`);
      missing += gap.to + 1 - at;
      at = gap.to + 1;
    }
    at = run.offset + run.count;
  }
  assert.equal(at, published);
  const half = Math.floor(heaps.length / 2);
  const result = {
    seconds: slowSeconds, published, updates: recorder.updates, gaps: gaps.length, missing, caughtUpMs,
    heapMib: [mib(Math.max(...heaps.slice(0, half))), mib(Math.max(...heaps.slice(half)))],
    serverMib: [mib(Math.max(...servers.slice(0, half))), mib(Math.max(...servers.slice(half)))],
  };
  assert.ok(Math.max(...heaps.slice(half)) < Math.max(...heaps.slice(0, half)) + (4 << 20), `the heap grew: ${JSON.stringify(result)}`);
  return result;
}
