// The server behind nginx with the sites of deploy/nginx. Channel ids behind it have a file of their own.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { openPage, startBrowser } from "./browser.mjs";
import { createClient } from "./client-model.mjs";
import { eventually } from "./eventually.mjs";
import { openLines, send } from "./http.mjs";
import { connect, openQuery, postRows, rowsOf } from "./hub.mjs";
import { startNginx } from "./nginx.mjs";
import { startProxy } from "./proxy.mjs";
import { readStatus, startServer } from "./server.mjs";

const sites = [
  { site: "hubserver.conf", path: "" },
  { site: "hubserver-subpath.conf", path: "/live" },
];
const hubs = [
  { name: "JSON", isBinary: false },
  { name: "JSON after negotiation", isBinary: false, negotiates: true },
  { name: "MessagePack", isBinary: true },
];
const atOnceMs = 2_000;

let server, browser;
// A reader that stalls on purpose does so for as long as a busy machine takes to publish beside it.
before(async () => [server, browser] = await Promise.all([startServer({ HubServer__Transport__SendTimeout: "00:01:00" }), startBrowser()]));
after(() => Promise.all([server?.stop(), browser?.close()]));

for (const { site, path } of sites) {
  describe(site, () => {
    let nginx, base;
    before(async () => {
      nginx = await startNginx(server.url, site);
      base = `${nginx.url}${path}`;
    });
    after(() => nginx?.stop());

    for (const hub of hubs) {
      test(`a query over ${hub.name} that was cut off goes on where it was`, () => cutsAndResumes(nginx, path, hub, `${site}/${hub.name}`));
    }

    for (const type of ["application/x-ndjson", "text/event-stream"]) {
      test(`/api/stream as ${type} sends each row as it comes`, async () => {
        const channel = `${site}/${type}`;
        const stream = await openLines(`${base}/api/stream?intervalMs=0&id=${encodeURIComponent(channel)}`, { accept: type });
        const items = () => stream.lines.map((line) => JSON.parse(line.replace(/^data: /, "")));
        try {
          assert.equal(stream.type, type);
          await eventually(() => items().at(-1)?.state === "Streaming", "the past is complete", atOnceMs);
          const before = stream.lines.length;
          for (let value = 1; value <= 5; value++) {
            await postRows(server.url, channel, { value });
            await eventually(() => stream.lines.length === before + value, `row ${value} has come`, atOnceMs);
          }
          assert.deepEqual(items().slice(before).map(({ frames }) => frames[0].data.values[1]), [[1], [2], [3], [4], [5]]);
        } finally {
          stream.close();
        }
        await demandNoQuery();
      });
    }

    test("a reader of /api/stream that stalls is shown what it lost, since nothing on the way reads ahead for it", () => stallsAndLoses(nginx, path, `${site}/stalled`));

    test("a publish of 12 MB is taken, and the server itself refuses one of 17 MB", async () => {
      const rows = rowsOf({ text: Array.from({ length: 200 }, () => "x".repeat(60_000)) });
      const taken = await send(base, "POST", `${path}/api/publish`, { body: JSON.stringify({ batches: [{ channel: `${site}/large`, rows }] }) });
      assert.deepEqual(JSON.parse(taken.text).map(({ count }) => count), [200]);

      const refused = await send(base, "POST", `${path}/api/publish`, { body: "x".repeat(17_000_000) });
      const { code, detail } = JSON.parse(refused.text);
      assert.deepEqual([refused.status, refused.type, code], [413, "application/problem+json", "limit_exceeded"]);
      assert.match(detail, /more than 16777216 bytes.*HubServer:Transport:MaxBodyBytes/);
    });

    test("the page draws a channel", async () => {
      const channel = `${site}//a%2F"b"?`;
      await postRows(server.url, channel, { value: 1 });
      const { page, troubles, close } = await openPage(browser, `${base}#w=5m&c=${encodeURIComponent(channel)}`);
      await page.locator(`.panel[data-channel=${JSON.stringify(channel)}][data-offset="0"]`).waitFor();
      assert.equal(new URL(page.url()).pathname, `${path}/`);
      assert.deepEqual(troubles, []);
      await close();
    });
  });
}

test("the server is told what was asked for, by whom and how", async () => {
  const echo = createServer((request, response) => response.end(JSON.stringify({ url: request.url, headers: request.headers }))).listen(0, "127.0.0.1");
  await once(echo, "listening");
  const target = `http://127.0.0.1:${echo.address().port}`;
  try {
    for (const { site, path } of sites) {
      const nginx = await startNginx(target, site);
      const asked = "/api/channels/a%2f%2F..%2Fb%252F//%22c+d'/rows?x=%2F&y=a+b%20c";
      const { text } = await send(nginx.url, "GET", `${path}${asked}`, { headers: { host: "example.com:8080", "x-forwarded-for": "192.0.2.1" } });
      await nginx.stop();
      const { url, headers } = JSON.parse(text);
      assert.equal(url, asked);
      const told = Object.fromEntries(["host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "upgrade", "connection"].map((name) => [name, headers[name]]));
      assert.deepEqual(told, {
        "host": "example.com:8080", "x-forwarded-for": "192.0.2.1, 127.0.0.1", "x-forwarded-host": "example.com:8080", "x-forwarded-proto": "http",
        "upgrade": undefined, "connection": undefined,
      });
    }
  } finally {
    echo.closeAllConnections();
    echo.close();
  }
});

/** A client that is cut off amid its query is forgotten by the server, and comes back for exactly what it missed. */
async function cutsAndResumes(nginx, path, hub, channel) {
  const network = await startProxy(nginx.url);
  const client = createClient(hub);
  const request = { targets: [{ id: channel }], intervalMs: 0 };
  const ask = (connection) => {
    client.begin();
    return openQuery(connection, { ...request, resume: client.positions() }, client.apply);
  };
  const held = () => client.held.get(`A ${channel}`)?.runs.flatMap(({ rows }) => rows.map((row) => row.value)) ?? [];
  const holds = (count, query) => eventually(() => {
    assert.equal(query.error, undefined);
    return client.state() === "Streaming" && held().length === count;
  }, `${count} rows are held`);
  let connection;
  try {
    await postRows(server.url, channel, [{ value: 1 }, { value: 2 }]);
    connection = await connect(`${network.url}${path}`, hub);
    const first = ask(connection);
    await holds(2, first);
    const [published] = await connection.invoke("Publish", { batches: [{ channel, rows: rowsOf({ value: [3] }, hub) }] });
    assert.equal(published.offset, 2);
    await holds(3, first);

    const closed = new Promise((resolve) => connection.onclose(resolve));
    network.cut();
    await closed;
    await demandNoQuery();
    await postRows(server.url, channel, [{ value: 4 }, { value: 5 }]);

    await connection.start();
    const second = ask(connection);
    await holds(5, second);
    await postRows(server.url, channel, { value: 6 });
    await holds(6, second);
    assert.deepEqual(held(), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(second.items.flatMap(({ frames }) => frames.map(({ kind, offset, count }) => [kind, offset, count])), [["delta", 3, 2], ["delta", 5, 1]]);
  } finally {
    await connection?.stop();
    network.stop();
  }
}

/** Far more than a channel holds is published while a reader takes nothing; it then gets a gap and the newest rows. */
async function stallsAndLoses(nginx, path, channel) {
  const network = await startProxy(nginx.url);
  const stream = await openLines(`${network.url}${path}/api/stream?intervalMs=0&id=${encodeURIComponent(channel)}`);
  const [mostBatches, lostBatches] = [200, 5];
  const batch = (value) => Array.from({ length: 25 }, () => ({ value, text: "x".repeat(60_000) }));
  try {
    await eventually(() => stream.lines.at(-1)?.includes("Streaming"), "the past is complete");
    network.stall();
    // Buffers on the way take in as much as they like before the server notices. When it sent nothing while more rows came
    // than the channel's 4 MB hold, some are lost.
    let [batches, sent, still] = [0, -1, 0];
    while (still < lostBatches) {
      assert.ok(batches < mostBatches, "the way to a reader that takes nothing never fills");
      await postRows(server.url, channel, batch(++batches));
      const { rowsOut } = await readStatus(server.url);
      [sent, still] = [rowsOut, rowsOut === sent ? still + 1 : 0];
    }
    network.flow();
    // Each line holds megabytes, so it is read only once: reading takes the time in which more could come.
    const frames = [];
    const newest = () => {
      frames.push(...stream.lines.splice(0).flatMap((line) => JSON.parse(line).frames));
      return frames.at(-1);
    };
    await eventually(() => newest()?.data.values[1].at(-1) === batches, "the newest row has come");
    assert.ok(frames.some(({ gap }) => gap?.reason === "lapped"), "no row was lost");
  } finally {
    stream.close();
    network.stop();
  }
}

function demandNoQuery() {
  return eventually(async () => (await readStatus(server.url)).queries === 0, "the server forgets who went away");
}
