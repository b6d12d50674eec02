// @hubserver/client on three nodes that share their channels through Redis, behind a proxy that cuts, switches between
// nodes and finds them killed, while 50 queries run. HUBSERVER_SEED repeats the choices of a run; HUBSERVER_DISTURBANCES
// and HUBSERVER_RESULT make a longer one and keep its figures.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { HubServerClient } from "../../clients/js/dist/index.js";
import { createRecorder } from "./client-recorder.mjs";
import { eventually } from "./eventually.mjs";
import { createLedger } from "./ledger.mjs";
import { freePort } from "./ports.mjs";
import { startProxy } from "./proxy.mjs";
import { createPublishers } from "./publishers.mjs";
import { createRandom } from "./random.mjs";
import { startRedis } from "./redis.mjs";
import { startServer } from "./server.mjs";

const disturbances = Number(process.env.HUBSERVER_DISTURBANCES ?? 10);
const seed = Number(process.env.HUBSERVER_SEED ?? Date.now() % 2 ** 32);
const capacity = 400;
const capMs = 500;
const boundMs = capMs + 1_000;
const queries = 50;

const requests = [
  { targets: [{ refId: "all", channel: "soak/*" }], means: () => true, intervalMs: 50 },
  { targets: [{ refId: "few", channel: "soak/a{core!=\"\"}", rows: 5, fields: ["seq", "value"] }], means: (id) => id.startsWith("soak/a{"), intervalMs: 20 },
  { targets: [{ refId: "one", id: "soak/b", rows: 0 }], means: (id) => id === "soak/b", intervalMs: 100 },
  { targets: [{ refId: "thinned", channel: "soak/c{core!=\"\"}" }], means: (id) => id.startsWith("soak/c"), maxDataPoints: 60 },
];

test(`50 queries hold what was acknowledged through ${disturbances} disturbances (seed ${seed})`, { timeout: 60_000 + disturbances * 10_000 }, async (t) => {
  const random = createRandom(seed);
  const redis = await startRedis();
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()];
  const start = (i) => startServer({
    HubServer__Node: `n${i}`, HubServer__Backplane__Redis__ConnectionString: redis.address, HubServer__Channels__Capacity: String(capacity),
  }, ports[i]);
  const nodes = await Promise.all([0, 1, 2, 3].map(start)); // The fourth is the publishers', and nothing happens to it.
  const proxy = await startProxy(nodes[0].url);
  const ledger = createLedger();
  const client = new HubServerClient({ url: proxy.url, retry: { firstMs: 50, capMs } });
  const recorders = [];
  const recoveries = [];
  let current = 0;
  try {
    for (let i = 0; i < queries; i++) {
      const { means, ...request } = requests[i % requests.length];
      const recorder = Object.assign(createRecorder(), { means, target: request.targets[0], error: undefined });
      client.query(request).subscribe({ next: recorder.take, error: (error) => (recorder.error = error) });
      recorders.push(recorder);
    }
    const areLive = () => {
      const failed = recorders.find(({ error }) => error);
      assert.equal(failed?.error, undefined);
      return recorders.every(({ states }) => states.at(-1) === "live");
    };
    await eventually(areLive, "all queries run");
    const stop = new AbortController();
    const publishers = await createPublishers(nodes[3].url, random.fork(), ledger, disturbances * 700);
    const publishing = Promise.all(publishers.map((publisher) => publisher.run(stop.signal)));

    for (let i = 0; i < disturbances; i++) {
      await delay(random.whole(50, 600));
      const before = recorders.map(({ states }) => states.length);
      const what = random.pick(["cut", "cut", "switch", "switch", "kill"]);
      const next = random.pick([0, 1, 2].filter((node) => node !== current));
      let restart;
      const started = performance.now();
      if (what === "kill") {
        const dead = current;
        proxy.aim(nodes[next].url);
        current = next;
        restart = nodes[dead].stop("SIGKILL").then(async () => (nodes[dead] = await start(dead)));
      } else {
        if (what === "switch") {
          proxy.aim(nodes[next].url);
          current = next;
        }
        proxy.cut();
      }
      await eventually(() => recorders.every(({ states }, j) => states.length > before[j]) && areLive(), `all queries run again after a ${what}`, 20_000);
      recoveries.push({ what, ms: Math.round(performance.now() - started) });
      await restart;
    }

    stop.abort();
    await publishing;
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    ledger.demandWhole();
    for (const { held, means, target } of recorders) {
      const wanted = [...ledger.channels.keys()].filter(means);
      await eventually(() => wanted.every((id) => held.get(`${target.refId} ${id}`)?.next === ledger.channels.get(id).length), `the last rows of ${target.refId} come`);
      assert.deepEqual([...held.values()].map(({ channel }) => channel).sort(), wanted.sort());
      for (const one of held.values())
        if (one.runs.length > 0)
          ledger.demandHeld(one, { capacity, target });
    }

    const sorted = recoveries.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
    const result = {
      seed, disturbances, queries, rows: [...ledger.channels.values()].reduce((sum, { length }) => sum + length, 0),
      gaps: recorders.reduce((sum, { gaps }) => sum + gaps, 0), p50: at(0.5), p99: at(0.99), most: sorted.at(-1),
    };
    t.diagnostic(JSON.stringify(result));
    // How fast it is depends on what else the machine does, so only the longer run, which has it for itself, is held to that.
    if (process.env.HUBSERVER_RESULT) {
      await writeFile(process.env.HUBSERVER_RESULT, `${JSON.stringify({ boundMs, ...result }, null, 1)}\n`);
      assert.ok(result.p99 < boundMs, `recovery p99 is ${result.p99} ms; ${JSON.stringify(recoveries)}`);
    }
  } catch (error) {
    error.message += ` (HUBSERVER_SEED=${seed})`;
    throw error;
  } finally {
    await client.close();
    proxy.stop();
    await Promise.all(nodes.map((node) => node.stop("SIGKILL")));
    await redis.stop();
  }
});
