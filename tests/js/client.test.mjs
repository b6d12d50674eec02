// @hubserver/client against real servers: what it promises, and how it says what is wrong.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { HubServerClient, HubServerError } from "../../clients/js/dist/index.js";
import { createRecorder } from "./client-recorder.mjs";
import { eventually } from "./eventually.mjs";
import { post, postRows } from "./hub.mjs";
import { freePort } from "./ports.mjs";
import { startProxy } from "./proxy.mjs";
import { readStatus, startServer } from "./server.mjs";

const capacity = 200;
const retry = { firstMs: 20, capMs: 200 };
const unhandled = [];
process.on("unhandledRejection", (error) => unhandled.push(error));

let server;
const opened = [];
before(async () => (server = await startServer({ HubServer__Channels__Capacity: String(capacity), HubServer__Queries__MaxPerConnection: "20" })));
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one()));
  await eventually(async () => (await readStatus(server.url)).queries === 0, "every query ends on the server");
  assert.deepEqual(unhandled.splice(0), []);
});
after(() => server.stop());

function open(url = server.url, options = {}) {
  const client = new HubServerClient({ url, retry, ...options });
  opened.push(() => client.close());
  return client;
}

/** Subscribes, and keeps what comes. */
function record(query) {
  const recorder = Object.assign(createRecorder(), { error: undefined, isDone: false });
  const subscription = query.subscribe({
    next: recorder.take,
    error: (error) => (recorder.error = error),
    complete: () => (recorder.isDone = true),
  });
  return Object.assign(recorder, { unsubscribe: () => subscription.unsubscribe() });
}

const valuesOf = (recorder, key) => (recorder.held.get(key)?.runs ?? []).flatMap(({ rows }) => rows.map(({ value }) => value));
const rows = (from, count) => Array.from({ length: count }, (_, i) => ({ value: from + i }));
const range = (from, count) => Array.from({ length: count }, (_, i) => from + i);

async function proxied() {
  const proxy = await startProxy(server.url);
  opened.push(() => proxy.stop());
  return proxy;
}

for (const protocol of ["messagepack", "json"]) {
  test(`a query emits its whole past at once and then what changes (${protocol})`, async () => {
    await postRows(server.url, `past/${protocol}/a`, rows(0, 3));
    await postRows(server.url, `past/${protocol}/b`, [{ value: 9, text: "x", flag: true, none: 1 }, { value: null, text: null, flag: false }]);
    const updates = [];
    open(server.url, { protocol }).query({ targets: [{ channel: `past/${protocol}/*` }] }).subscribe((update) => updates.push(update));
    await eventually(() => updates.length > 0, "the past comes");
    assert.deepEqual(updates[0].frames.map(({ channel, change, count }) => [channel, change, count]), [[`past/${protocol}/a`, "replaced", 3], [`past/${protocol}/b`, "replaced", 2]]);
    assert.deepEqual([updates[0].state, updates[0].errors], ["live", []]);

    await postRows(server.url, `past/${protocol}/a`, rows(3, 1));
    await eventually(() => updates.length > 1, "the change comes");
    const [{ change, offset, columns, schema }] = updates[1].frames;
    assert.deepEqual([change, offset, columns[schema.fields.findIndex(({ name }) => name === "value")]], ["appended", 3, Float64Array.of(3)]);
  });

  test(`publish takes objects and columns of any size, each once and in order (${protocol})`, async () => {
    const client = open(server.url, { protocol });
    const channel = `publish/${protocol}`;
    const first = client.publish(channel, rows(0, 2_500));
    const second = client.publish(channel, { fields: [{ name: "value" }, { name: "text" }], values: [Float64Array.of(2_500, NaN), ["a", "b"]] });
    assert.deepEqual([(await first).offset, (await first).count], [0, 2_500]);
    assert.deepEqual([(await second).offset, (await second).count], [2_500, 2]);
    const held = record(client.query({ targets: [{ id: channel }] }));
    await eventually(() => held.updates > 0, "the past comes");
    assert.deepEqual(valuesOf(held, `A ${channel}`), [...range(2_501 - capacity + 1, capacity - 2).slice(0), 2_500, NaN]);
    await assert.rejects(client.publish(channel, [...rows(0, 1_000), { value: "text" }]), ({ code, message }) => code === "bad_request" && /holds string values/.test(message));
    await assert.rejects(client.publish(channel, [...rows(0, 1_000).map(({ value }) => ({ value, text: "" })), { value: 1, text: 7 }]), { code: "bad_request" });
  });
}

test("a loop ends its stream on the server when it is left", async () => {
  await postRows(server.url, "loop", rows(0, 1));
  const client = open();
  for await (const { frames } of client.query({ targets: [{ channel: "loop" }] })) {
    assert.equal((await readStatus(server.url)).queries, 1);
    assert.equal(frames.length, 1);
    break;
  }
  await eventually(async () => (await readStatus(server.url)).queries === 0, "the stream ends");
  assert.equal((await readStatus(server.url)).connections, 1);
});

test("history ends with its last row", async () => {
  await postRows(server.url, "history", [{ time: 1_000, value: 1 }, { time: 2_000, value: 2 }, { time: 3_000, value: 3 }]);
  const updates = [];
  for await (const update of open().query({ targets: [{ channel: "history" }], range: { from: 1_500, to: 3_000 } }))
    updates.push(update);
  assert.equal(updates.at(-1).state, "done");
  assert.deepEqual(updates.flatMap(({ frames }) => frames.flatMap(({ count }) => count)), [2]);
});

test("a server that is down is waited for, and the state says why", async () => {
  const port = await freePort();
  const client = open(`http://127.0.0.1:${port}`);
  const held = record(client.query({ targets: [{ channel: "late" }] }));
  await eventually(() => client.error, "the client says what is wrong");
  assert.deepEqual([client.state, client.error.code, client.error.isFinal], ["connecting", "connection", false]);
  assert.match(client.error.message, /no server answers at http:\S+\/hub/);
  assert.deepEqual(held.states, []);

  const late = await startServer({}, port);
  try {
    await postRows(late.url, "late", rows(7, 1));
    await eventually(() => valuesOf(held, "A late").length === 1, "the query runs once the server is there");
    assert.deepEqual([client.state, client.error], ["live", undefined]);
  } finally {
    await client.close();
    await late.stop();
  }
});

test("an address that is none is refused at once", () => {
  assert.throws(() => new HubServerClient({ url: "//x:y" }), /url is '\/\/x:y'; it is a server's address/);
  for (const url of ["localhost:5080", "ws://localhost:5080", "ftp://localhost"])
    assert.throws(() => new HubServerClient({ url }), /it begins with http:\/\/ or https:\/\//);
  assert.throws(() => new HubServerClient({ url: server.url, protocol: "xml" }), /protocol is 'xml'; it is "messagepack" or "json"/);
  assert.throws(() => open().query({}), /a query names its targets/);
});

test("publish and channels give up after their time, with the cause", async () => {
  const client = open(`http://127.0.0.1:${await freePort()}`, { timeoutMs: 300 });
  await Promise.all([client.publish("x", rows(0, 1)), client.channels()].map((call) =>
    assert.rejects(call, ({ code, message }) => code === "connection" && /not answered within 300 ms: no server answers/.test(message))));
});

for (const [what, status, code, text] of [
  ["a wrong address", 404, "not_found", /there is no hub at/],
  ["a missing token", 401, "unauthorized", /give an accessToken/],
  ["a refused token", 403, "forbidden", /refuses this caller/],
]) {
  test(`${what} is said, and not tried again`, async () => {
    let attempts = 0;
    const http = createServer((request, response) => response.writeHead(status).end());
    http.on("upgrade", (request, socket) => {
      attempts++;
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const client = open(`http://127.0.0.1:${http.address().port}`);
    try {
      const held = record(client.query({ targets: [{ channel: "x" }] }));
      await assert.rejects(async () => {
        for await (const _ of client.query({ targets: [{ channel: "x" }] }))
          assert.fail("nothing comes");
      }, (error) => error instanceof HubServerError && error.code === code && error.isFinal && text.test(error.message));
      assert.equal(held.error.code, code);
      assert.deepEqual([client.state, attempts], ["closed", 1]);
      await assert.rejects(client.channels(), { code });
    } finally {
      http.close();
      http.closeAllConnections();
    }
  });
}

test("a token is asked for before every attempt", async () => {
  const proxy = await proxied();
  let asked = 0;
  const client = open(proxy.url, { accessToken: async () => `token ${++asked}` });
  const held = record(client.query({ targets: [{ channel: "token" }] }));
  await eventually(() => held.updates > 0, "the query runs");
  proxy.cut();
  await eventually(() => held.states.at(-1) === "live" && held.states.includes("reconnecting"), "the query runs again");
  assert.ok(asked >= 2, `${asked} tokens`);
});

test("a server that says nothing is given up on, with the cause", { timeout: 60_000 }, async () => {
  const proxy = await proxied();
  proxy.stall();
  const client = open(proxy.url);
  record(client.query({ targets: [{ channel: "x" }] }));
  await eventually(() => client.error, "the client says what is wrong", 30_000);
  assert.equal(client.error.code, "connection");
});

for (const [what, request, code, text] of [
  ["another version of the contract", { version: 2, targets: [{ channel: "x" }] }, "bad_request", /version is 2; this server speaks version 1/],
  ["too many targets", { targets: Array.from({ length: 101 }, (_, i) => ({ refId: `${i}`, channel: "x" })) }, "limit_exceeded", /HubServer:Queries:MaxTargets/],
  ["a wrong selector", { targets: [{ channel: "cpu{" }] }, "bad_request", /targets\[0\]\.channel/],
]) {
  test(`${what} ends the query with the server's words`, async () => {
    const held = record(open().query(request));
    await eventually(() => held.error, "the query fails");
    assert.deepEqual([held.error.code, held.error.isFinal, held.updates], [code, true, 0]);
    assert.match(held.error.message, text);
  });
}

test("one query too many fails, and the others go on", async () => {
  const client = open();
  const many = Array.from({ length: 20 }, () => record(client.query({ targets: [{ channel: "many" }] })));
  await eventually(() => many.every(({ updates }) => updates > 0), "as many as may run");
  const over = record(client.query({ targets: [{ channel: "many" }] }));
  await eventually(() => over.error, "one more is refused");
  assert.match(over.error.message, /MaxPerConnection/);
  await postRows(server.url, "many", rows(0, 1));
  await eventually(() => many.every((one) => valuesOf(one, "A many").length === 1), "the others go on");
  many.forEach(({ unsubscribe }) => unsubscribe());
});

test("queries in the place of ones that were let go at the same moment are served, time and again", async () => {
  await postRows(server.url, "swapped", rows(0, 1));
  const client = open();
  const begin = () => Array.from({ length: 15 }, () => record(client.query({ targets: [{ channel: "swapped" }] })));
  let many = begin();
  for (let round = 0; round < 10; round++) {
    if (round % 2 === 0)
      await eventually(() => many.every(({ updates }) => updates > 0), "all run");
    many.forEach(({ unsubscribe }) => unsubscribe());
    many = begin();
  }
  await eventually(() => many.every(({ updates, error }) => updates > 0 || error), "all run, or are refused");
  assert.deepEqual(many.map(({ error }) => error?.message), many.map(() => undefined));
  many.forEach(({ unsubscribe }) => unsubscribe());
});

test("one wrong target of several is left out and named", async () => {
  await postRows(server.url, "right", rows(0, 1));
  const held = record(open().query({ targets: [{ refId: "A", channel: "right" }, { refId: "B", channel: "cpu{" }, { refId: "C", channel: "{a=~\"(\"}" }] }));
  await eventually(() => held.updates > 0, "the right one comes");
  assert.deepEqual(valuesOf(held, "A right"), [0]);
  assert.deepEqual(held.errors.map(({ refId, code }) => [refId, code]), [["B", "bad_request"], ["C", "bad_request"]]);
});

test("a connection that is cut is made anew, and no row comes twice or not at all", async () => {
  const proxy = await proxied();
  const client = open(proxy.url);
  await postRows(server.url, "cut", rows(0, 5));
  const held = record(client.query({ targets: [{ channel: "cut" }] }));
  await eventually(() => held.updates > 0, "the past comes");
  for (let i = 1; i <= 5; i++) {
    proxy.cut();
    await postRows(server.url, "cut", rows(5 * i, 5));
    await eventually(() => valuesOf(held, "A cut").length === 5 * (i + 1), "what was missed comes");
  }
  assert.deepEqual([valuesOf(held, "A cut"), held.gaps], [range(0, 30), 0]);
  assert.deepEqual(new Set(held.states), new Set(["live", "reconnecting"]));
});

test("a server that restarts without its rows is told as a gap", async () => {
  const port = await freePort();
  let own = await startServer({}, port);
  const client = open(own.url);
  try {
    await postRows(own.url, "restart", rows(0, 3));
    const held = record(client.query({ targets: [{ channel: "restart" }] }));
    await eventually(() => valuesOf(held, "A restart").length === 3, "the past comes");
    await own.stop("SIGKILL");
    own = await startServer({}, port);
    await eventually(() => client.state === "live", "the client is back");
    await postRows(own.url, "restart", rows(10, 2));
    await eventually(() => valuesOf(held, "A restart").at(-1) === 11, "new rows come");
    assert.ok(held.gaps > 0, "the loss is announced");
  } finally {
    await client.close();
    await own.stop();
  }
});

test("a publish whose answer is lost is repeated and written once", async () => {
  const proxy = await proxied();
  const client = open(proxy.url);
  await client.publish("once", rows(0, 1));
  for (let i = 1; i <= 10; i++) {
    const result = client.publish("once", rows(i, 1));
    proxy.cut();
    assert.deepEqual([(await result).offset, (await result).count], [i, 1]);
  }
  const { rows: count } = (await client.channels("once"))[0];
  assert.equal(count, 11);
});

test("publishStream answers each request in order, refused ones with their error", async () => {
  const client = open();
  async function* requests() {
    for (let i = 0; i < 200; i++)
      yield { batches: [{ channel: i === 50 ? "{wrong" : "streamed", rows: { fields: [{ name: "value" }], values: [[i]] } }] };
  }
  const results = [];
  for await (const [result] of client.publishStream(requests()))
    results.push(result);
  assert.equal(results.length, 200);
  assert.equal(results[50].error.code, "bad_request");
  assert.deepEqual(results.filter(({ error }) => !error).map(({ offset }) => offset), range(0, 199));
});

test("publishStream answers a source that waits for each answer, and fails with a loss", async () => {
  const proxy = await proxied();
  const client = open(proxy.url);
  let answered = 0;
  async function* requests() {
    for (let i = 0; ; i++) {
      yield { batches: [{ channel: "lockstep", rows: { fields: [{ name: "value" }], values: [[i]] } }] };
      await eventually(() => answered > i, "the answer comes before the next request");
      if (i === 4)
        proxy.cut();
    }
  }
  await assert.rejects(async () => {
    for await (const [{ offset }] of client.publishStream(requests()))
      assert.equal(offset, answered++);
  }, { code: "connection" });
  assert.equal(answered, 5);
});

test("a request that cannot be written fails alone", async () => {
  const client = open(server.url, { protocol: "json" });
  const held = record(client.query({ targets: [{ channel: "alone" }] }));
  await eventually(() => held.updates > 0, "the query runs");
  const wrong = record(client.query({ targets: [{ channel: "alone", rows: 1n }] }));
  await eventually(() => wrong.error, "the other fails");
  assert.equal(wrong.error.code, "bad_request");
  await postRows(server.url, "alone", rows(0, 1));
  await eventually(() => valuesOf(held, "A alone").length === 1, "the first goes on");
});

test("channels lists all pages", async () => {
  const batches = Array.from({ length: 1_100 }, (_, i) => ({ channel: `listed/${String(i).padStart(4, "0")}`, rows: { fields: [{ name: "value" }], values: [[i]] } }));
  await post(server.url, "/api/publish", { batches });
  const found = await open().channels("listed/*");
  assert.deepEqual(found.map(({ id }) => id), batches.map(({ channel }) => channel));
});

test("pause ends the streams on the server, and resume goes on by position", async () => {
  await postRows(server.url, "pause", rows(0, 2));
  const client = open();
  const held = record(client.query({ targets: [{ channel: "pause" }] }));
  await eventually(() => held.updates > 0, "the past comes");
  client.pause();
  await eventually(async () => (await readStatus(server.url)).queries === 0, "the stream ends");
  await postRows(server.url, "pause", rows(2, capacity + 50));
  assert.deepEqual([valuesOf(held, "A pause"), held.states.at(-1)], [[0, 1], "paused"]);

  client.resume();
  await eventually(() => valuesOf(held, "A pause").at(-1) === capacity + 51, "the rest comes");
  assert.deepEqual(held.held.get("A pause").gaps.map(({ from, to, reason }) => [from, to, reason]), [[2, 51, "lapped"]]);
});

test("a loop that is slower than its stream lets the server's stream go, and misses nothing unannounced", async () => {
  await postRows(server.url, "slow", rows(0, 1));
  const client = open(server.url, { maxBacklogBytes: 20_000 });
  const recorder = createRecorder();
  const updates = client.query({ targets: [{ channel: "slow" }], intervalMs: 0 })[Symbol.asyncIterator]();
  recorder.take((await updates.next()).value);
  let next = 1;
  await eventually(async () => {
    await postRows(server.url, "slow", rows(next, 50));
    next += 50;
    return (await readStatus(server.url)).queries === 0;
  }, "the backlog is dropped and the stream ends");
  await postRows(server.url, "slow", rows(next, 2 * capacity));
  next += 2 * capacity;

  while (recorder.held.get("A slow").next < next)
    recorder.take((await updates.next()).value);
  await updates.return();
  const { runs, gaps } = recorder.held.get("A slow");
  let at = 0;
  for (const run of runs) {
    const gap = run.offset > at && gaps.find(({ from }) => from === at);
    assert.equal(gap ? gap.to + 1 : at, run.offset);
    assert.deepEqual(run.rows.map(({ value }) => value), range(run.offset, run.count));
    at = run.offset + run.count;
  }
  assert.ok(gaps.length > 0, "there was a gap");
});

test("close ends everything, and says so to who waits", async () => {
  const client = open();
  const held = record(client.query({ targets: [{ channel: "closing" }] }));
  const waiting = client.query({ targets: [{ channel: "closing" }] })[Symbol.asyncIterator]();
  await waiting.next();
  const next = waiting.next();
  const call = open(`http://127.0.0.1:${await freePort()}`);
  const answer = assert.rejects(call.channels(), /the client was closed/);
  await Promise.all([client.close(), call.close()]);
  await answer;
  assert.deepEqual(await next, { done: true, value: undefined });
  assert.deepEqual([held.isDone, held.error, client.state], [true, undefined, "closed"]);
  await assert.rejects(client.channels(), /the client was closed/);
  await eventually(async () => (await readStatus(server.url)).connections === 0, "the connection ends");
});

test("hundreds of queries that come and go leave nothing on either side", async () => {
  const client = open();
  await postRows(server.url, "cycle", rows(0, 10));
  const cycle = async (i) => {
    const query = client.query({ targets: [{ channel: "cycle" }] });
    if (i % 3 === 0) {
      query.subscribe().unsubscribe();
      return;
    }
    for await (const { frames } of query) {
      assert.equal(frames[0].count, 10);
      break;
    }
  };
  for (let i = 0; i < 300; i++)
    await cycle(i);
  await eventually(async () => {
    const { queries, feeds } = await readStatus(server.url);
    return queries === 0 && feeds === 0;
  }, "nothing is left on the server");
});

test("a closed client begins nothing more and leaves nothing behind, whatever it was at", async () => {
  const client = open();
  await postRows(server.url, "ended", rows(0, 1));
  const { connections } = await readStatus(server.url);
  let pulled = 0;
  async function* endless() {
    for (;; pulled++)
      yield { batches: [{ channel: "ended", rows: { fields: [{ name: "v", type: "number" }], values: [[pulled]] } }] };
  }
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const stream = assert.rejects(async () => { for await (const _ of client.publishStream(endless())); }, /the client was closed/);
  const call = assert.rejects(client.channels(), /the client was closed/);
  await client.close();
  await Promise.all([stream, call]);
  await assert.rejects(async () => { for await (const _ of client.publishStream(endless())); }, /the client was closed/);
  await assert.rejects(client.publish("ended", [{ v: 1 }]), /the client was closed/);
  assert.equal(pulled, 0);
  await eventually(() => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length <= timers, "no timer is left");
  await eventually(async () => (await readStatus(server.url)).connections <= connections, "no connection is left");
});

test("a client lets go of a server that takes connections and says nothing", async (t) => {
  const sockets = new Set();
  const mute = createTcpServer((socket) => {
    sockets.add(socket);
    socket.resume().on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  mute.listen(0, "127.0.0.1");
  await once(mute, "listening");
  t.after(() => mute.close());
  const client = open(`http://127.0.0.1:${mute.address().port}`);
  const held = record(client.query({ targets: [{ channel: "x" }] }));
  await eventually(() => sockets.size > 0, "it connects");
  await client.close();
  await eventually(() => sockets.size === 0, "its socket is gone");
  assert.equal(held.error, undefined);
});
