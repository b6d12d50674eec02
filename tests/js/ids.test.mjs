// Every route that takes a channel's id, with ids that URLs, proxies and parsers like to change.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decodeColumns } from "./columns.mjs";
import { eventually } from "./eventually.mjs";
import { openLines, send } from "./http.mjs";
import { connect, openPublishStream, openQuery, rowsOf } from "./hub.mjs";
import { startNginx } from "./nginx.mjs";
import { startServer } from "./server.mjs";

const ids = [
  "plant/hall/temp", "/", "//", "/a", "a/", "a//b", "//a///b//", "http://host/x", "/api/channels/a/rows",
  "hall 1/line  2", "a\u00a0b", "'", "\"", "it's \"quoted\"", "a;b,c", "a+b", "a b+c%20d", "=", "a&b=c", "a?b", "a#b", "a?b#c&d", "<b>|`^~!@$()[]_-:",
  "%", "100%", "%zz", "%FF", "%00", "a%2Fb", "a%252Fb", "a%25252Fb", "%2E%2E", "%2e",
  "\\", "C:\\temp\\x", "..\\..", "größe", "温度/π", "é", "e\u0301", "\u{1F600}\u{10FFFF}", "\u202Eabc", "\uFEFFabc", "温".repeat(512),
  "rows", "frame", "a/rows", "a/frame", "a/rows/rows", "/frame",
  ".", "..", "...", "a..b", "./a", "a/.", "a/./b", "../a", "a/..", "a/../b", "../..", "../../a",
  "x{path=\"C:\\\\temp\\\\x\",text=\"a \\\"b\\\"\\n\"}", "x{v=\"%2F%252F?#;+&='/\"}", "x{v=\"{a=b}, \"}", "größe{ort=\"Köln °\u{1F600}\"}",
  "x{v=\"..\"}", "x{v=\"/../\"}", "x{v=\"/./a//b\"}", "../x{v=\"/..\"}",
  // These lead above /api/channels/ by more levels than there are; see `isRefused`.
  "../../..", "../../../../a", "a/../../../../b", "x{v=\"/../../../../y\"}",
];

/** An id in a path: `.` and `..` alone would be resolved, and braces without labels are no part of an id. */
const inPath = (id) => encodeURIComponent(id === "." || id === ".." ? `${id}{}` : id);
const pathOf = (id, what = "") => `/api/channels/${inPath(id)}${what}`;
const parameter = encodeURIComponent;

/**
 * What each route does with `{id, row}`, and the answer as `{channel, offset, row}` or a part of it. In a route whose
 * name has `{id}` the id stands in the path.
 */
const publishes = {
  "POST /api/channels/{id}/rows": each((at, { id, row }) => at.call("POST", pathOf(id, "/rows"), row)),
  "POST /api/publish": each(async (at, entry) => (await at.call("POST", "/api/publish", { batches: [batchOf(entry)] }))[0]),
  "POST /api/publish with lines": (at, entries) => at.call("POST", "/api/publish", entries.map(({ id, row }) => JSON.stringify({ channel: id, ...row })).join("\n"), "application/x-ndjson"),
  "Publish": (at, entries) => at.json.invoke("Publish", { batches: entries.map((entry) => batchOf(entry)) }),
  "Publish with MessagePack": (at, entries) => at.binary.invoke("Publish", { batches: entries.map((entry) => batchOf(entry, true)) }),
  "PublishStream": (at, entries) => publishStream(at.json, { batches: entries.map((entry) => batchOf(entry)) }),
};
const reads = {
  "GET /api/channels/{id}/frame": each(async (at, { id }) => answerOf(await at.call("GET", pathOf(id, "/frame?rows=1")))),
  "GET /api/channels?selector=": each(async (at, { id }) => infoOf(await at.call("GET", `/api/channels?selector=${parameter(id)}`), id)),
  "GET /api/stream?id=": each(async (at, { id }) => answerOf(await firstFrame(at, `/api/stream?rows=1&id=${parameter(id)}`))),
  "GET /api/stream?selector=": each(async (at, { id }) => answerOf(await firstFrame(at, `/api/stream?rows=1&selector=${parameter(id)}`))),
  "Query by id": (at, entries) => query(at.json, entries.map(({ id }) => ({ id }))),
  "Query by id with MessagePack": (at, entries) => query(at.binary, entries.map(({ id }) => ({ id }))),
  "Query by selector": (at, entries) => query(at.json, entries.map(({ id }) => ({ channel: id }))),
  "ListChannels": each(async (at, { id }) => infoOf(await at.json.invoke("ListChannels", { selector: id }), id)),
};
const changes = {
  "PUT and GET /api/channels/{id}": async (at, entries) => {
    const settings = await putSettings(at, entries);
    assert.deepEqual(await getSettings(at, entries), settings);
  },
  "DELETE /api/channels/{id}": async (at, entries) => {
    await each((_, { id }) => at.call("DELETE", pathOf(id)))(at, entries);
    const { channels } = await direct.json.invoke("ListChannels", {});
    assert.deepEqual(channels.map(({ id }) => id).filter((id) => entries.some((entry) => entry.id === id)), []);
  },
};
const retentionOf = ({ row }) => 1_000_000 + row.value;
const putSettings = each(async (at, entry) => (await at.call("PUT", pathOf(entry.id), { retentionMs: retentionOf(entry) })).retentionMs);
const getSettings = each(async (at, { id }) => (await at.call("GET", pathOf(id))).retentionMs);

/** `levels`: how often `..` may follow /api/channels/ before the path leads out of what nginx passes on. */
const ways = [
  { name: "directly", base: () => server.url, levels: Infinity },
  { name: "under a path base", base: () => `${server.url}/live`, levels: Infinity },
  { name: "behind nginx", base: () => nginx.url, levels: 2 },
  { name: "behind nginx under a path base", base: () => `${nginx.url}/live`, levels: 3 },
  { name: "behind nginx that takes the path off", base: () => `${stripping.url}/live`, levels: 2 },
];

let server, nginx, stripping, direct;
let rows = 0;
before(async () => {
  server = await startServer({ HubServer__PathBase: "/live" });
  [nginx, stripping] = await Promise.all([startNginx(server.url), startNginx(server.url, "hubserver-subpath.conf")]);
  direct = await open(server.url);
});
after(async () => {
  await direct?.close();
  await Promise.all([server, nginx, stripping].map((one) => one?.stop()));
});

for (const { name, base, levels } of ways) {
  describe(name, () => {
    let at;
    before(async () => at = await open(base()));
    after(() => at?.close());

    for (const [route, run] of Object.entries(publishes)) {
      test(`${route} takes rows for exactly the id that was sent`, async () => {
        const entries = entriesFor(route, levels);
        const answers = await run(at, entries);
        const found = await reads["Query by id"](direct, entries);
        demandSame(answers, entries.map((entry, i) => ({ ...entry, offset: found[i].offset })));
        demandSame(found, entries);
        await demandNoOtherChannel();
      });
    }

    for (const [route, run] of Object.entries(reads)) {
      test(`${route} gives the rows of exactly the id that was sent`, async () => {
        const entries = entriesFor(route, levels);
        const published = await publishes.Publish(direct, entries);
        demandSame(await run(at, entries), entries.map((entry, i) => ({ ...entry, offset: published[i].offset })));
        await demandNoOtherChannel();
      });
    }

    for (const [route, run] of Object.entries(changes)) {
      test(`${route} reaches exactly the id that was sent`, async () => {
        const entries = entriesFor(route, levels);
        await publishes.Publish(direct, entries);
        await run(at, entries);
        await demandNoOtherChannel();
      });
    }
  });
}

test("a URL parser leaves the address of every id as it is", () => {
  for (const id of ids)
    assert.equal(new URL(pathOf(id, "/rows"), server.url).pathname, pathOf(id, "/rows"));
});

test("a target that is a whole URL names the same channel", async () => {
  for (const url of [server.url, nginx.url]) {
    const at = { ...direct, call: (method, path, body) => call(url, method, `${url}${path}`, body) };
    const entries = entriesFor("{id}", 2);
    await publishes["POST /api/channels/{id}/rows"](at, entries);
    demandSame(await reads["GET /api/channels/{id}/frame"](at, entries), entries);
  }
  await demandNoOtherChannel();
});

test("a path that leads above what nginx passes on is refused there, and publishes nothing", async () => {
  const refused = ids.filter((id) => isRefused(id, 2));
  assert.equal(refused.length, 4);
  for (const id of refused) {
    assert.equal((await send(nginx.url, "POST", pathOf(id, "/rows"), { body: "{\"lost\":1}" })).status, 400, id);
    // Some lead above the root, some only above /live/, where there is nothing.
    assert.match(`${(await send(stripping.url, "POST", `/live${pathOf(id, "/rows")}`, { body: "{\"lost\":1}" })).status}`, /^40[04]$/, id);
  }
  await demandNoOtherChannel();
});

test("a segment that could be resolved on the way is refused with how to write it", async () => {
  for (const url of [server.url, `${server.url}/live`, nginx.url, `${stripping.url}/live`]) {
    const { pathname } = new URL(url);
    for (const part of ["..", ".", "%2E%2e", "a/../b", "a/%2e/b"]) {
      const { status, text } = await send(url, "POST", `${pathname.replace(/\/$/, "")}/api/channels/${part}/rows`, { body: "{\"lost\":1}" });
      assert.equal(status, 400, `${part}: ${text}`);
      assert.match(JSON.parse(text).detail, /holds the segment '.*', which clients and proxies resolve/);
    }
  }
  await demandNoOtherChannel();
});

/** The ids that a route can be asked for, each with a row that no other has. */
function entriesFor(route, levels) {
  const possible = route.includes("{id}") ? ids.filter((id) => !isRefused(id, levels)) : ids;
  return possible.map((id) => ({ id, row: { value: ++rows, text: id } }));
}

/** nginx decodes a path before it resolves its segments, and passes on only what stays within. */
function isRefused(id, levels) {
  let level = levels;
  return id.split("/").some((segment) => {
    level += segment === ".." ? -1 : segment === "." || segment === "" ? 0 : 1;
    return level < 0;
  });
}

async function open(base) {
  const [json, binary] = await Promise.all([connect(base), connect(base, { isBinary: true })]);
  return {
    base,
    json,
    binary,
    call: (method, path, body, type) => call(base, method, `${new URL(base).pathname.replace(/\/$/, "")}${path}`, body, type),
    close: () => Promise.all([json.stop(), binary.stop()]),
  };
}

async function call(url, method, target, body = "", type = "application/json") {
  const { status, text } = await send(url, method, target, { body: typeof body === "string" ? body : JSON.stringify(body), type });
  assert.equal(Math.floor(status / 100), 2, `${method} ${target}: ${status} ${text}`);
  return text && JSON.parse(text);
}

/** A route for one channel, asked for all of them at once. */
function each(run) {
  return (at, entries) => Promise.all(entries.map((entry) => run(at, entry)));
}

async function publishStream(connection, request) {
  const stream = openPublishStream(connection);
  const results = await stream.send(request);
  stream.complete();
  return results;
}

function batchOf({ id, row }, isBinary = false) {
  return { channel: id, rows: rowsOf({ value: [row.value], text: [row.text] }, { isBinary }) };
}

/** The newest row of a frame. */
function answerOf(frame) {
  const columns = decodeColumns(frame.data);
  const { time, ...row } = Object.fromEntries(frame.schema.fields.map(({ name }, i) => [name, columns[i].at(-1)]));
  assert.equal(typeof time, "number");
  assert.equal(frame.schema.name, frame.channel);
  return { channel: frame.channel, offset: frame.offset + frame.count - 1, row };
}

/** A channel of a list; a selector leaves labels that it does not name free, so there may be others in it. */
function infoOf({ channels }, id) {
  const info = channels.find((one) => one.id === id);
  assert.ok(info, `${id} is not among ${JSON.stringify(channels.map((one) => one.id))}`);
  const labels = Object.entries(info.labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",");
  assert.equal(labels ? `${info.name}{${labels}}` : info.name, id);
  return { channel: info.id, offset: info.offset };
}

async function firstFrame(at, path) {
  const stream = await openLines(`${at.base}${path}`);
  try {
    return await eventually(() => stream.lines.flatMap((line) => JSON.parse(line).frames)[0], `a frame of ${path}`);
  } finally {
    stream.close();
  }
}

async function query(connection, targets) {
  const running = openQuery(connection, { targets: targets.map((target, i) => ({ refId: `${i}`, rows: 1, ...target })) });
  await eventually(() => {
    assert.equal(running.error, undefined);
    return running.items.at(-1)?.state === "Streaming";
  }, "the past is complete");
  running.dispose();
  const frames = running.items.flatMap((item) => item.frames);
  return targets.map(({ id, channel }, i) => {
    const frame = frames.find((one) => one.refId === `${i}` && one.channel === (id ?? channel));
    assert.ok(frame, `no frame of ${id ?? channel}`);
    return answerOf(frame);
  });
}

/** An answer may leave out what a route does not tell, but never the channel. */
function demandSame(answers, entries) {
  assert.equal(answers.length, entries.length);
  entries.forEach(({ id, row, offset }, i) => {
    const { channel, ...rest } = answers[i];
    assert.equal(channel, id);
    if ("row" in rest)
      assert.deepEqual(rest.row, row);
    if ("offset" in rest && offset !== undefined)
      assert.equal(rest.offset, offset, id);
  });
}

async function demandNoOtherChannel() {
  const { channels } = await direct.json.invoke("ListChannels", {});
  assert.deepEqual(channels.map(({ id }) => id).filter((id) => !ids.includes(id)), []);
}
