// The Python client: against the rules, against a server amid random losses of its connection, and as a program.
// HUBSERVER_SEED repeats the choices of a run.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startChild } from "./child.mjs";
import { eventually } from "./eventually.mjs";
import { post, postRows } from "./hub.mjs";
import { createLedger } from "./ledger.mjs";
import { startProxy } from "./proxy.mjs";
import { createPublishers } from "./publishers.mjs";
import { createRandom } from "./random.mjs";
import { startServer } from "./server.mjs";

const program = fileURLToPath(new URL("../../clients/python/hubserver.py", import.meta.url));
const driver = fileURLToPath(new URL("../python/replay.py", import.meta.url));
const python = process.env.PYTHON ?? "python3";
const env = { PYTHONDONTWRITEBYTECODE: "1" };
const broken = /broke its promise|zip\(\) argument/; // How the client says that the server broke the contract.
const capacity = 400;
const soakMs = Number(process.env.HUBSERVER_SOAK_MS ?? 7_000);
const seed = Number(process.env.HUBSERVER_SEED ?? Date.now() % 2 ** 32);

// What each client asks for, beside which channels each of its targets means.
const requests = [
  {
    targets: [
      { refId: "all", channel: "soak/*" },
      { refId: "few", channel: "soak/a{core!=\"\"}", rows: 5, fields: ["seq", "value"] },
      { refId: "one", id: "soak/b", rows: 0 },
    ],
    means: { all: () => true, few: (id) => id.startsWith("soak/a{"), one: (id) => id === "soak/b" },
    intervalMs: 20,
    hoards: true,
  },
  {
    targets: [{ refId: "thinned", channel: "soak/*" }],
    means: { thinned: () => true },
    maxDataPoints: 60,
    hoards: true,
  },
  {
    targets: [{ refId: "last", channel: "soak/a", sample: "last" }, { refId: "minmax", channel: "soak/*{core=~\"[0-2]\"}", sample: "minmax" }],
    means: { last: (id) => id.startsWith("soak/a"), minmax: (id) => /core="[0-2]"/.test(id) },
    intervalMs: 100,
  },
];

test(`Python clients that are cut off, stalled and refused resume and hold what was acknowledged (seed ${seed})`, async (t) => {
  const random = createRandom(seed);
  const server = await startServer({ HubServer__Channels__Capacity: String(capacity) });
  const ledger = createLedger();
  const clients = [];
  try {
    const stop = AbortSignal.timeout(soakMs);
    const publishers = await createPublishers(server.url, random.fork(), ledger, soakMs);
    for (const request of requests)
      clients.push(await startClient(server.url, request));
    await Promise.all([
      ...publishers.map((publisher) => publisher.run(stop)),
      ...clients.map((client) => trouble(client, random.fork(), stop)),
    ]);
    await Promise.all(publishers.map((publisher) => publisher.stop()));

    ledger.demandWhole();
    const held = await Promise.all(clients.map((client) => settle(client, ledger)));
    const sum = (counts) => counts.reduce((total, count) => total + count, 0);
    const gaps = held.flatMap(({ all }) => all.flatMap(({ gaps }) => gaps)).length;
    const [calls, pasts] = ["calls", "pasts"].map((name) => sum(held.map((one) => one[name])));
    t.diagnostic(`${sum([...ledger.channels.values()].map(({ length }) => length))} rows, ${calls} calls, ${pasts} items amid a past, ${gaps} gaps held`);
    assert.ok(calls > 2 * clients.length && pasts > 0 && gaps > 0, `the soak tried what it is for: ${calls} calls, ${pasts} items amid a past, ${gaps} gaps`);
  } catch (error) {
    error.message += ` (HUBSERVER_SEED=${seed}; the clients wrote: ${clients.map(({ child }) => child.stderr())}; the server wrote: ${server.output()})`;
    throw error;
  } finally {
    for (const { child, proxy } of clients) {
      await child.stop("SIGKILL");
      proxy.stop();
    }
    await server.stop();
  }
});

async function startClient(url, { means, hoards, ...request }) {
  const proxy = await startProxy(url);
  const child = startChild(python, [driver, proxy.url, JSON.stringify({ version: 1, ...request }), ...hoards ? ["hoards"] : []], { env, hasInput: true });
  let answered = 0;

  /** Asks the driver for one line of JSON. */
  async function ask(question) {
    child.write(`${question}\n`);
    const line = await eventually(() => {
      assert.ok(!child.hasEnded(), `the client ended: ${child.output().slice(-2_000)}`);
      const end = child.stdout().indexOf("\n", answered);
      return end >= 0 && child.stdout().slice(answered, end + 1);
    }, `the client answers ${question}`);
    answered += line.length;
    return parse(line);
  }

  const client = { child, proxy, request, means, hoards, ask };
  // A connection that never was is an error at once; one that is lost is resumed.
  await eventually(async () => (await ask("positions")).calls > 0, "the client's first item");
  return client;
}

/** Does to a client's connection what networks do, until the end. */
async function trouble({ child, proxy }, random, stop) {
  while (!stop.aborted) {
    await delay(random.whole(50, 700));
    assert.ok(!child.hasEnded(), "the client goes on");
    const what = random.pick(["cut", "stall", "stall", "refuse"]);
    if (what === "stall") {
      proxy.stall();
      await delay(random.whole(100, 1_200));
      proxy.flow();
      await delay(random.whole(0, 300));
    }
    if (what === "refuse") {
      proxy.refuse();
      proxy.cut();
      await delay(random.whole(50, 600));
      proxy.accept();
    }
    if (what === "cut" || random.next() < 0.5)
      proxy.cut();
  }
}

/** Waits for the newest rows, and demands that a client holds what the ledger says. */
async function settle({ child, request, means, hoards, ask }, ledger) {
  const wanted = request.targets.flatMap((target) => [...ledger.channels.keys()].filter(means[target.refId]).map((id) => [target.refId, id]));
  const { calls, pasts } = await eventually(async () => {
    const now = await ask("positions");
    const next = new Map(now.positions.map(([refId, id, next]) => [`${refId} ${id}`, next]));
    const isThere = wanted.every(([refId, id]) => next.get(`${refId} ${id}`) === ledger.channels.get(id).length);
    return isThere && !now.isAmid && now.state === "Streaming" && now;
  }, `the last rows of ${JSON.stringify(request.targets)} arrive`);
  const all = await ask("held");
  assert.deepEqual(all.map(({ refId, channel }) => `${refId} ${channel}`).sort(), wanted.map((key) => key.join(" ")).sort());
  for (const one of all) {
    ledger.demandHeld(one, { capacity, target: request.targets.find(({ refId }) => refId === one.refId) });
    const rows = one.runs.flatMap(({ rows }) => rows).length;
    assert.ok(hoards || rows <= capacity, `${one.channel}: ${rows} rows are held`);
  }
  assert.doesNotMatch(child.stderr(), broken);
  return { all, calls, pasts };
}

const schema = { refId: "A", name: "cpu", fields: [{ name: "time", type: "time" }, { name: "user", type: "number" }] };
const frame = (offset, values, rest) => ({
  refId: "A", channel: "cpu", kind: "delta", epoch: "e", offset, count: values.length, data: { values: [values.map(() => 0), values] }, ...rest,
});
const past = { state: "Streaming", frames: [frame(5, [1, 2], { kind: "snapshot", schema })] };
const gap = (from, to, reason, epoch = "e") => ({ gap: { epoch, from, to, reason } });
const thinned = { sampled: "minmax" };

// What follows the past of the rows 5 and 6: an item's frames, and the values, the position and the epoch held then.
const rules = [
  ["a delta appends rows", [frame(7, [3])], [1, 2, 3], 8],
  ["a change of epoch without a gap is taken over without a sign of it", [frame(7, [3], { epoch: "f" })], [1, 2, 3], 8, "f"],
  ["NaN, infinities and null are different things", [frame(7, [null, null, null, null], { data: { values: [[0, 0, 0, 0], [null, null, null, null]], entities: [null, { NaN: [0], Inf: [1], NegInf: [3] }] } })],
    [1, 2, NaN, Infinity, null, -Infinity], 11],
  ["the parts of a past are held with the last of them", [frame(7, [3], { more: true }), frame(8, [4])], [1, 2, 3, 4], 9],
  ["the parts of a past are not held before the last of them", [frame(7, [3], { more: true })], [1, 2]],
  ["a lapped gap leaves a hole", [frame(9, [3], gap(7, 8, "lapped"))], [1, 2, 3], 10],
  ["a rollback takes back rows", [frame(6, [3], { epoch: "f", ...gap(6, 6, "rollback") })], [1, 3], 7, "f"],
  ["a rollback takes back the thinned rows that it may concern", [frame(7, [3, 4], { ...thinned, count: 4 }), frame(8, [5], gap(8, 10, "rollback"))], [1, 2, 5], 9],
  ["a position counts the rows that a thinned frame stands for", [frame(7, [3], { ...thinned, count: 400 })], [1, 2, 3], 407],
  ["a reset leaves a gap and what follows it", [frame(0, [3], { epoch: "f", ...gap(7, null, "reset") })], [3], 1, "f"],
  ["a snapshot takes the place of what is held", [frame(20, [3], { kind: "snapshot", ...gap(7, null, "reset") })], [3], 21],
  ["a channel that was removed is forgotten with its position", [frame(7, [], { kind: "removed", data: { values: [] } })], undefined],
  ["a field that came up later has no value in earlier rows", [frame(7, [3], { schema: { ...schema, fields: [...schema.fields, { name: "idle", type: "number" }] }, data: { values: [[0], [3], [9]] } })], [1, 2, 3], 8],
];

const offences = [
  ["a row twice", [frame(6, [2])]],
  ["a hole that is not announced", [frame(8, [4])]],
  ["a gap that is not the hole", [frame(9, [4], gap(8, 8, "lapped"))]],
  ["a gap of another epoch", [frame(8, [4], gap(7, 7, "lapped", "f"))]],
  ["fewer rows than counted", [frame(7, [3], { count: 2 })]],
  ["more rows than counted", [frame(7, [3, 4], { ...thinned, count: 1 })]],
  ["a column too many", [frame(7, [3], { data: { values: [[0], [3], [4]] } })]],
  ["columns of different lengths", [frame(7, [3], { data: { values: [[0], [3, 4]] } })]],
  ["a value where entities say that there is none", [frame(7, [3], { data: { values: [[0], [3]], entities: [null, { NaN: [0] }] } })]],
  ["a channel without its past", [frame(7, [3], { channel: "disk", schema: { ...schema, name: "disk" } })]],
  ["an item whose second frame is wrong", [frame(7, [3]), frame(9, [4])]],
];

for (const [what, frames, values, next = 7, epoch = "e"] of rules) {
  test(what, () => {
    const { held: [held], error } = apply(frames);
    assert.equal(error, null);
    assert.deepEqual(held && [valuesOf(held), held.next, held.epoch, held.gaps], values && [values, next, epoch, frames.flatMap(({ gap }) => gap ?? [])]);
  });
}

for (const [what, frames] of offences) {
  test(`refused, and nothing of it is held: ${what}`, () => {
    const { held, error } = apply(frames);
    assert.match(error, broken);
    assert.deepEqual(held.map((one) => [one.channel, valuesOf(one), one.next]), [["cpu", [1, 2], 7]]);
  });
}

let applied;

/** What a client holds after the past and an item with these frames, and why it refused that; asked of all at once. */
function apply(frames) {
  const all = [...rules, ...offences].map(([, frames]) => frames);
  if (!applied) {
    const input = all.map((frames) => JSON.stringify([past, { state: "Streaming", frames }])).join("\n");
    const { stdout, stderr } = spawnSync(python, [driver], { input, encoding: "utf8", env: { ...process.env, ...env } });
    assert.equal(stderr, "");
    applied = stdout.trim().split("\n").map(parse);
  }
  return applied[all.indexOf(frames)];
}

const valuesOf = ({ runs }) => runs.flatMap(({ rows }) => rows.map(({ user }) => user));

function parse(line) {
  const words = { nan: NaN, inf: Infinity, "-inf": -Infinity };
  return JSON.parse(line, (_, value) => typeof value?.number === "string" ? words[value.number] : value);
}

test("fragments, pings and pieces make no difference, a close is answered, and each call claims what is certain to be held", async () => {
  const item = (...frames) => ({ type: 2, invocationId: "1", item: { state: "Streaming", server: {}, frames } });
  const text = (...messages) => Buffer.from(messages.map((message) => `${JSON.stringify(message)}\x1e`).join(""));
  const brokenOff = text(item(...past.frames), item(frame(7, ["never whole"], { more: true })));
  const answers = [
    // A message in three fragments with a ping between, cut amid hub messages, a byte at a time; then a close.
    [...Buffer.concat([
      frameOf(0x01, brokenOff.subarray(0, 9)), frameOf(0x89, Buffer.from("ping")), frameOf(0x00, brokenOff.subarray(9, 300)),
      frameOf(0x80, brokenOff.subarray(300)), frameOf(0x88, Buffer.from([3, 232])),
    ])].map((byte) => Buffer.from([byte])),
    [frameOf(0x81, text(item(frame(7, [3], { schema })), { type: 7, error: "Connection closed with an error." }))],
    [frameOf(0x81, text(item(frame(99, [4], { schema }))))],
    [frameOf(0x81, text(item(frame(0, ["x".repeat(70_000)], { kind: "snapshot", schema }))))],
  ];
  const seen = [];
  const hub = createServer().on("upgrade", (request, socket) => {
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.on("error", () => {}).write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    readFrames(socket, (opcode, payload) => {
      seen.push(opcode === 1 ? JSON.parse(payload.slice(0, -1)) : [opcode, payload.toString("latin1")]);
      if (seen.at(-1).protocol)
        socket.write(frameOf(0x81, text({}, { type: 6 })));
      if (seen.at(-1).target)
        answers.shift().forEach((bytes) => socket.write(bytes));
    });
  });
  hub.listen(0, "127.0.0.1");
  await once(hub, "listening");

  const client = await startClient(`http://127.0.0.1:${hub.address().port}`, { targets: [{ channel: "cpu" }] });
  try {
    await eventually(async () => (await client.ask("positions")).positions[0]?.[2] === 1, "the last call's row");
    const [held] = await client.ask("held");
    assert.deepEqual(valuesOf(held).map(({ length }) => length), [70_000]);
    const hello = { protocol: "json", version: 1 };
    const call = (...offsets) => ({
      type: 4, invocationId: "1", target: "Query",
      arguments: [{ version: 1, targets: [{ channel: "cpu" }], resume: offsets.map((offset) => ({ refId: "A", channel: "cpu", epoch: "e", offset })) }],
    });
    assert.deepEqual(seen, [hello, call(), [10, "ping"], [8, "\x03\xe8"], hello, call(6), hello, call(7), hello, call()]);
  } finally {
    await client.child.stop("SIGKILL");
    client.proxy.stop();
    hub.close();
  }
});

/** A WebSocket frame, as a server sends it. */
function frameOf(first, payload) {
  const head = payload.length < 126 ? [payload.length] : payload.length < 65_536 ? [126, payload.length >> 8, payload.length & 255] : [127, 0, 0, 0, 0, 0, ...[16, 8, 0].map((shift) => payload.length >> shift & 255)];
  return Buffer.concat([Buffer.from([first, ...head]), payload]);
}

/** Reads what a client sends: short frames, masked. */
function readFrames(socket, onFrame) {
  let received = Buffer.alloc(0);
  socket.on("data", (data) => {
    received = Buffer.concat([received, data]);
    for (;;) {
      const length = received[1] & 127;
      const start = length === 126 ? 8 : 6;
      const end = start + (length === 126 && received.length >= 4 ? received.readUInt16BE(2) : length);
      if (received.length < end || received.length < start)
        return;
      assert.ok(received[0] & 128 && received[1] & 128, "a client sends whole frames, masked");
      const mask = received.subarray(start - 4, start);
      onFrame(received[0] & 15, received.subarray(start, end).map((byte, i) => byte ^ mask[i % 4]));
      received = received.subarray(end);
    }
  });
}

test("the program prints the past and each new row, and over a restart of the server the gap and what follows", async () => {
  let server = await startServer();
  let tail;
  try {
    await post(server.url, "/api/channels/tail/rows", '[{"a":-0.0,"b":"x"},{"a":null,"b":"\\u00e9"}]');
    await post(server.url, "/api/publish", { batches: [{ channel: "tail", rows: { fields: [{ name: "a" }], values: [[null, null]], entities: [{ NaN: [0], NegInf: [1] }] } }] });
    tail = startTail(server.url, "tail", "nothing/*");
    await tail.prints([{ a: -0, b: "x" }, { a: null, b: "é" }, { a: "NaN", b: null }, { a: "-Infinity", b: null }]);
    await postRows(server.url, "tail", { a: 1, later: true });
    await tail.prints([{ a: 1, b: null, later: true }]);

    const { port } = new URL(server.url);
    await server.stop("SIGKILL");
    server = await startServer({}, port);
    await postRows(server.url, "tail", { a: 2 });
    await tail.prints([{ reason: "reset", from: 5 }, { a: 2 }]);
    assert.match(tail.child.stderr(), /^hubserver: .*; trying again$/m);
    await fetch(`${server.url}/api/channels/tail`, { method: "DELETE" });
    await tail.prints([{ removed: true }]);

    await tail.child.stop("SIGINT");
    assert.equal(tail.child.exitCode(), 0);
    assert.doesNotMatch(tail.child.stderr(), /Traceback/);
  } catch (error) {
    error.message += `; it wrote:\n${tail?.child.output()}`;
    throw error;
  } finally {
    await tail?.child.stop("SIGKILL");
    await server.stop();
  }
});

/** Starts the program; `prints(lines)` waits for that many further lines, which carry at least what is given. */
function startTail(url, ...selectors) {
  const child = startChild(python, [program, url, ...selectors], { env });
  let seen = 0;
  return {
    child,
    async prints(expected) {
      const lines = await eventually(() => {
        assert.ok(!child.hasEnded(), "the program goes on");
        const further = child.stdout().split("\n").slice(seen, -1);
        return further.length >= expected.length && further;
      }, `the program prints ${JSON.stringify(expected)}`, 20_000);
      seen += lines.length;
      const printed = lines.map((line) => JSON.parse(line)).map(({ channel, row, gap, ...rest }) => ({ channel, ...row, ...gap, ...rest }));
      assert.deepEqual(printed.map((line, i) => Object.fromEntries(Object.keys({ ...expected[i], channel: 0 }).map((name) => [name, line[name]]))), expected.map((line) => ({ ...line, channel: "tail" })));
    },
  };
}

test("the program says in one line why it cannot go on, and ends with another code than 0", async () => {
  const server = await startServer();
  try {
    for (const [because, url, ...selectors] of [
      [/bad_request: targets\[0\]\.channel: .*at character 9/, server.url, "cpu{core="],
      [/bad_request: targets is empty/, server.url],
      [/no hub.*404/, `${server.url}/elsewhere`, "cpu"],
      [/address looks like/, "localhost:5080", "cpu"],
      [/address looks like/],
      [/refused/, "http://127.0.0.1:1", "cpu"],
    ]) {
      const { status, stdout, stderr } = spawnSync(python, [program, ...[url ?? [], selectors].flat()], { encoding: "utf8", env: { ...process.env, ...env }, timeout: 10_000 });
      assert.match(stderr, because);
      assert.match(stderr, /^hubserver: .*\n$/);
      assert.deepEqual([stdout, status], ["", 1]);
    }
  } finally {
    await server.stop();
  }
});

test("the client is under 150 lines that need no package", async () => {
  const text = await readFile(program, "utf8");
  assert.ok(text.split("\n").length - 1 < 150, `it has ${text.split("\n").length - 1}`);
  const { status, stderr } = spawnSync(python, ["-I", "-S", program], { encoding: "utf8" });
  assert.match(stderr, /address looks like/);
  assert.equal(status, 1);
});
