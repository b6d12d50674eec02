// Publishers and subscribers that do at random what clients do, for ten seconds; at the end every subscriber holds
// exactly what was acknowledged, but for the gaps that it was told of. HUBSERVER_SEED repeats the choices of a run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "./client-model.mjs";
import { eventually } from "./eventually.mjs";
import { connect, openQuery } from "./hub.mjs";
import { createLedger } from "./ledger.mjs";
import { startProxy } from "./proxy.mjs";
import { createPublishers } from "./publishers.mjs";
import { createRandom } from "./random.mjs";
import { readStatus, startServer } from "./server.mjs";

const capacity = 400;
const soakMs = Number(process.env.HUBSERVER_SOAK_MS ?? 10_000);
const seed = Number(process.env.HUBSERVER_SEED ?? Date.now() % 2 ** 32);

// A selector beside what it means, so that the server's matching is checked, too.
const selectors = [
  ["soak/*", () => true],
  ["soak/a", (id) => id.startsWith("soak/a")],
  ["soak/*{core=~\"[0-2]\"}", (id) => /core="[0-2]"/.test(id)],
  ["soak/a{core!=\"1\"}", (id) => id.startsWith("soak/a") && !id.includes("core=\"1\"")],
  ["soak/b{core=\"\"}", (id) => id === "soak/b"],
  ["{__name__=~\"soak/(b|c)\",core!~\"3|4\"}", (id) => /^soak\/[bc]/.test(id) && !/core="[34]"/.test(id)],
];

test(`clients that come, stall, break off and resume hold what was acknowledged (seed ${seed})`, async (t) => {
  const random = createRandom(seed);
  const server = await startServer({ HubServer__Channels__Capacity: String(capacity) });
  const subscribers = [];
  const ledger = createLedger();
  try {
    const stop = AbortSignal.timeout(soakMs);
    const publishers = await createPublishers(server.url, random.fork(), ledger, soakMs);
    for (let i = 0; i < 8; i++)
      subscribers.push(await createSubscriber(server.url, random.fork(), i % 2 === 1));
    await Promise.all([
      ...publishers.map((publisher) => publisher.run(stop)),
      ...subscribers.map((subscriber) => subscriber.live(stop)),
    ]);
    await Promise.all(publishers.map((publisher) => publisher.stop()));

    ledger.demandWhole();
    await Promise.all(subscribers.map((subscriber) => subscriber.settle(ledger)));
    const late = await createSubscriber(server.url, random.fork(), true, { targets: [{ channel: "soak/*" }], intervalMs: 0 }, selectors[0][1]);
    subscribers.push(late);
    await late.open();
    await late.settle(ledger);
    for (const { channel, runs } of late.client.held.values())
      assert.equal(runs[0].offset, Math.max(0, ledger.channels.get(channel).length - capacity), `${channel}: the oldest row kept`);

    const total = (count) => subscribers.reduce((sum, subscriber) => sum + count(subscriber), 0);
    const gaps = total(({ client }) => [...client.held.values()].reduce((sum, { gaps }) => sum + gaps.length, 0));
    const rows = [...ledger.channels.values()].reduce((sum, { length }) => sum + length, 0);
    const { lapped, sharedItems, privateItems } = await readStatus(server.url);
    t.diagnostic(`${rows} rows in ${ledger.channels.size} channels, ${total(({ counts }) => counts.opened)} queries, ${total(({ counts }) => counts.stalled)} stalls, ${gaps} gaps held, ${lapped} sent, ${sharedItems} shared and ${privateItems} private items`);
    assert.ok(gaps > 0 && total(({ counts }) => counts.opened) > subscribers.length, "the soak tried what it is for");
  } catch (error) {
    error.message += ` (HUBSERVER_SEED=${seed}; ${subscribers.map(({ text }) => text).join(" ")}; the server wrote: ${server.output()})`;
    throw error;
  } finally {
    await Promise.all(subscribers.map((subscriber) => subscriber.stop()));
    await server.stop();
  }
});

async function createSubscriber(url, random, isBinary, request = undefined, matches = undefined) {
  const [selector, meaning] = random.pick(selectors);
  request ??= {
    targets: [
      { refId: "A", channel: selector, rows: random.pick([undefined, 0, 1, 50, 1_000]), fields: random.pick([undefined, undefined, ["seq", "value"]]) },
      { refId: "B", channel: selector, sample: random.pick(["last", "minmax"]) },
    ].slice(0, random.pick([1, 1, 2])),
    intervalMs: random.pick([0, 20, 50, 100, 200]),
    maxDataPoints: random.pick([undefined, undefined, 100]),
    lastMs: random.pick([undefined, undefined, 500]),
  };
  matches ??= meaning;
  const proxy = await startProxy(url);
  const client = createClient({ isBinary, maxDataPoints: request.maxDataPoints });
  const counts = { opened: 0, stalled: 0 };
  let connection;
  let query;

  async function open() {
    connection ??= await connect(proxy.url, { isBinary });
    client.begin();
    const mine = openQuery(connection, { ...request, resume: client.positions() }, (item) => {
      // What arrives after the client let go belongs to no one.
      if (mine === query)
        client.apply(item);
    });
    query = mine;
    counts.opened++;
  }

  async function leave(how) {
    const was = connection;
    if (how === "dispose") {
      query.dispose();
    } else {
      connection = undefined;
      const closed = new Promise((resolve) => was.onclose(resolve));
      if (how === "cut")
        proxy.cut();
      else
        await was.stop();
      await closed;
    }
    demandNoError(how);
    query = undefined;
  }

  async function live(stop) {
    while (!stop.aborted) {
      await open();
      await delay(random.whole(50, 1_500));
      demandNoError();
      if (random.next() < 0.3) {
        counts.stalled++;
        proxy.stall();
        await delay(random.whole(100, 1_500));
        proxy.flow();
        await delay(random.whole(0, 300));
      }
      if (stop.aborted)
        return;
      await leave(random.pick(["dispose", "stop", "cut"]));
      await delay(random.whole(0, random.pick([50, 50, 1_500])));
    }
  }

  /** A query that was cut ends with an error of SignalR's own; every other one does not. */
  function demandNoError(how) {
    if (query.error && !(how && /WebSocket|connection|Invocation canceled/i.test(query.error.message)))
      throw query.error;
  }

  async function settle(ledger) {
    if (!query)
      await open();
    const wanted = [...ledger.channels.keys()].filter(matches).flatMap((id) => request.targets.map((target) => [target.refId ?? "A", id, target]));
    const missing = () => wanted.filter(([refId, id]) => client.held.get(`${refId} ${id}`)?.next !== ledger.channels.get(id).length);
    await eventually(() => {
      demandNoError();
      return missing().length === 0 && !client.isOpen() && client.state() === "Streaming";
    }, "the last rows arrive").catch((error) => {
      throw new Error(`${error.message}: ${text()}, missing ${JSON.stringify(missing())}, held ${JSON.stringify(client.positions())}`, { cause: error });
    });
    assert.deepEqual([...client.held.keys()].sort(), wanted.map(([refId, id]) => `${refId} ${id}`).sort());
    for (const [refId, id, target] of wanted)
      ledger.demandHeld(client.held.get(`${refId} ${id}`), { capacity, target });
  }

  async function stop() {
    await connection?.stop();
    proxy.stop();
  }

  const text = () => `${isBinary ? "MessagePack" : "JSON"} ${JSON.stringify(request)}`;
  return { client, counts, open, live, settle, stop, text: text() };
}
