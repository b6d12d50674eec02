// The built Grafana plugin with Grafana's own packages in a browser: loaded as Grafana loads it, drawn by Grafana's chart.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { hostname } from "node:os";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startBrowser } from "./browser.mjs";
import { eventually } from "./eventually.mjs";
import { openGrafana, startGrafanaHost } from "./grafana-host.mjs";
import { postRows } from "./hub.mjs";
import { freePort } from "./ports.mjs";
import { startProxy } from "./proxy.mjs";
import { startRedis } from "./redis.mjs";
import { readStatus, startServer } from "./server.mjs";

const machine = hostname().split(".")[0]; // As .NET calls it.
const screenshots = fileURLToPath(new URL("./screenshots/", import.meta.url));

/** Publishes rows whose `seq` counts on from the channel's last one; their times end now. */
function createChannel(id) {
  let next = 0;
  let last = 0;
  return {
    get next() { return next; },
    async write(server, count, stepMs = 10) {
      const now = Date.now();
      const begin = Math.max(last, now - count * stepMs);
      const rows = Array.from({ length: count }, (_, i) => ({ time: begin + (now - begin) * (i + 1) / count, seq: next + i }));
      next += count;
      last = now;
      await postRows(server.url, id, rows);
    },
  };
}

describe("the Grafana plugin", () => {
  let host, browser;

  before(async () => {
    await mkdir(screenshots, { recursive: true });
    [host, browser] = await Promise.all([startGrafanaHost(), startBrowser()]);
  });

  after(async () => {
    await browser?.close();
    await host?.stop();
  });

  const openHost = (url, settings, variables) => openGrafana(browser, host.url, url, settings, variables);
  const seqOf = ({ frames }, refId) => frames.find((frame) => frame.refId === refId)?.fields.find(({ name }) => name === "seq")?.values ?? [];
  const timesOf = ({ frames }, refId) => frames.find((frame) => frame.refId === refId)?.fields.find(({ type }) => type === "time")?.values ?? [];
  const counts = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
  const isRising = (times) => times.every((time, row) => row === 0 || time > times[row - 1]);

  describe("on one server", () => {
    let server;

    before(async () => server = await startServer({ HubServer__Channels__Capacity: "500" }));
    after(() => server?.stop());

    test("shows the whole past in its first picture, then what comes, with units, labels and a chart that stays", async () => {
      const [a, b] = [createChannel('power{site="north"}'), createChannel('power{site="south"}')];
      await a.write(server, 200);
      await b.write(server, 100);
      await (await fetch(`${server.url}/api/channels/${encodeURIComponent('power{site="north"}')}`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ fields: [{ name: "seq", unit: "watt" }] }) })).body?.cancel();
      const page = await openHost(server.url);
      await page.open(1, [{ refId: "A", channel: 'power{site="north"}' }, { refId: "B", channel: 'power{site="south"}' }]);
      await eventually(async () => (await page.look(1)).frames.length === 2, "both targets have their past");
      const first = await page.look(1);
      assert.equal(first.state, "Streaming");
      assert.deepEqual([seqOf(first, "A"), seqOf(first, "B")], [counts(0, 200), counts(0, 100)]);
      assert.deepEqual(first.frames.map(({ fields }) => [fields[1].config.displayNameFromDS, fields[1].labels]), [['power{site="north"}', { site: "north" }], ['power{site="south"}', { site: "south" }]]);
      assert.equal(first.frames[0].fields[1].config.unit, "watt");
      await page.page.evaluate(() => document.querySelector("[data-panel='1'] .uplot").dataset.mark = "first");

      for (let i = 0; i < 20; i++) {
        await a.write(server, 3);
        await b.write(server, 1);
      }
      await eventually(async () => seqOf(await page.look(1), "A").at(-1) === 259 && seqOf(await page.look(1), "B").at(-1) === 119, "what was written later is shown");
      const last = await page.look(1);
      assert.deepEqual([seqOf(last, "A"), seqOf(last, "B")], [counts(0, 260), counts(0, 120)]);
      assert.ok(isRising(timesOf(last, "A")) && isRising(timesOf(last, "B")));
      assert.equal(last.structureRev, first.structureRev);
      assert.equal(last.emptied, 0);
      assert.equal(await page.page.evaluate(() => document.querySelector("[data-panel='1'] .uplot").dataset.mark), "first", "the chart was built anew");
      const ink = await page.page.evaluate(readInk);
      assert.ok(ink.green > 100 && ink.yellow > 100, `two lines are drawn: ${JSON.stringify(ink)}`);
      await page.page.screenshot({ path: `${screenshots}grafana-panel.png` });
      await page.close();
    });

    test("keeps the axis of time moving where nothing comes", async () => {
      await createChannel("quiet").write(server, 5);
      const page = await openHost(server.url);
      await page.open(1, [{ refId: "A", channel: "quiet" }]);
      await eventually(async () => seqOf(await page.look(1), "A").length === 5, "the past is there");
      const [, to] = (await page.look(1)).range;
      await eventually(async () => (await page.look(1)).range[1] >= to + 2_000, "the axis moves on");
      await page.close();
    });

    test("gives history once and ends", async () => {
      const channel = createChannel("past");
      await channel.write(server, 100, 100);
      const page = await openHost(server.url);
      const queries = (await readStatus(server.url)).queries;
      const now = Date.now();
      await page.page.evaluate(([from, to]) => window.host.open("Past", { panelId: 1, targets: [{ refId: "A", channel: "past" }], raw: { from, to } }), [new Date(now - 20_000).toISOString(), new Date(now - 2_000).toISOString()]);
      await eventually(async () => (await page.look(1)).state === "Done", "history is done");
      const look = await page.look(1);
      assert.ok(timesOf(look, "A").every((time) => time >= now - 20_000 && time <= now - 2_000) && seqOf(look, "A").length > 50);
      await eventually(async () => (await readStatus(server.url)).queries === queries, "its query has ended");
      await page.close();
    });

    test("breaks the line where rows are missing, and says why", async (t) => {
      const proxy = await startProxy(server.url);
      t.after(() => proxy.stop());
      const channel = createChannel("lapped");
      await channel.write(server, 20);
      const page = await openHost(proxy.url);
      await page.open(1, [{ refId: "A", channel: "lapped" }]);
      await eventually(async () => seqOf(await page.look(1), "A").length === 20, "the past is there");
      proxy.refuse();
      proxy.cut();
      await channel.write(server, 700, 1); // 500 are kept.
      proxy.accept();
      await eventually(async () => seqOf(await page.look(1), "A").at(-1) === 719, "it goes on");
      const look = await page.look(1);
      assert.deepEqual(seqOf(look, "A"), [...counts(0, 20), null, ...counts(220, 720)]);
      assert.ok(isRising(timesOf(look, "A")));
      assert.match(look.frames[0].notices.map(({ text }) => text).join(), /rows are missing: they were pushed out/);
      assert.equal(look.emptied, 0);
      await page.close();
    });

    test("marks a target that is wrong, with what would be right, and goes on with the others", async () => {
      await createChannel("right").write(server, 5);
      const page = await openHost(server.url);
      await page.open(1, [{ refId: "A", channel: "right" }, { refId: "B", channel: 'right{host=~"("}' }, { refId: "C", channel: "right", fields: ["seq", "nothing"] }]);
      await eventually(async () => (await page.look(1)).errors.length > 0 && seqOf(await page.look(1), "A").length > 0, "the wrong target has its error");
      const { errors, frames } = await page.look(1);
      assert.deepEqual(errors.map(({ refId }) => refId), ["B"]);
      assert.match(errors[0].message, /^'right\{host=~"\("\}', at character \d+: the regular expression is invalid/);
      assert.deepEqual(frames.map(({ refId }) => refId), ["A", "C"]);
      assert.match(frames[1].notices[0].text, /nothing/);
      await page.close();
    });

    test("answers for variables, ad hoc filters and annotations", async () => {
      for (const host of ["web-1", "web-2", 'od"d\\']) {
        await postRows(server.url, `requests{host="${host.replace(/[\\"]/g, "\\$&")}",zone="z1"}`, [{ total: 1, failed: 2 }]);
      }
      await postRows(server.url, 'deploys{service="shop"}', [{ text: "shop 1.2", tags: "release", time: Date.now() - 1_000 }]);
      const page = await openHost(server.url, {}, { host: ["web-1", 'od"d\\'], one: "web-2" });
      const texts = async (query) => (await page.call("metricFindQuery", query)).map(({ text }) => text);
      assert.deepEqual(await texts("label_values(requests, host)"), ['od"d\\', "web-1", "web-2"]);
      assert.deepEqual(await texts('label_values(requests{host="$one"}, zone)'), ["z1"]);
      assert.deepEqual(await texts("label_names(requests)"), ["host", "zone"]);
      assert.deepEqual(await texts("fields(requests)"), ["failed", "total"]);
      assert.deepEqual(await texts('channels(requests{host=~"$host"})'), ['requests{host="od\\"d\\\\",zone="z1"}', 'requests{host="web-1",zone="z1"}']);
      await assert.rejects(texts("label_values(a b)"), /label_values needs a label/);
      assert.ok((await page.call("getTagValues", { key: "zone" })).some(({ text }) => text === "z1"));

      await page.open(1, [{ refId: "A", channel: 'requests{host=~"$host"}' }]);
      await eventually(async () => (await page.look(1)).frames.length === 2, "both hosts of the variable are shown");
      await page.open(2, [{ refId: "Anno", channel: "deploys", queryType: "annotations" }]);
      const events = await eventually(async () => (await page.look(2)).frames[0]?.length > 0 && (await page.look(2)).frames[0], "the annotation comes");
      assert.deepEqual(events.fields.slice(1).map(({ name, values }) => [name, values]), [["title", [""]], ["text", ["shop 1.2"]], ["tags", ["release,service:shop"]]]);
      await page.close();
    });

    test("reaches its server through Grafana, which adds the token", async (t) => {
      const channel = createChannel("proxied");
      await channel.write(server, 10);
      const grafana = await startGrafanaHost(server.url);
      t.after(() => grafana.stop());
      const page = await openGrafana(browser, grafana.url, "http://not-to-be-reached.invalid", { throughGrafana: true });
      await page.open(1, [{ refId: "A", channel: "proxied" }]);
      await eventually(async () => seqOf(await page.look(1), "A").length === 10, "the past comes through the proxy");
      await channel.write(server, 5);
      await eventually(async () => seqOf(await page.look(1), "A").length === 15, "new rows do, too");
      assert.equal((await page.call("testDatasource")).status, "success");
      await page.close();
    });

    test("names what is wrong with its settings", async () => {
      const page = await openHost(server.url);
      const tested = (jsonData) => page.page.evaluate((settings) => window.host.create(settings).testDatasource(), jsonData);
      const right = await tested({ url: server.url });
      assert.equal(right.status, "success");
      assert.match(right.message, /^HubServer \S+ answers on node \S+, with \d+ channels\.$/);
      assert.match((await tested({ url: `${server.url}/`, protocol: "json" })).message, /^HubServer/);
      const wrong = await tested({ url: `http://127.0.0.1:${await freePort()}` });
      assert.equal(wrong.status, "error");
      assert.match(wrong.message, /no server answers at http:\/\/127\.0\.0\.1:\d+\/hub/);
      assert.match((await tested({ url: host.url })).message, /there is no hub at /);
      assert.match((await tested({ url: "nonsense" })).message, /nonsense/);

      // A server that takes no pages of other origins, as one behind a proxy that checks them.
      const strict = createServer((_, response) => response.writeHead(403).end()).on("upgrade", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
      strict.listen(0, "127.0.0.1");
      await once(strict, "listening");
      const refused = await tested({ url: `http://127.0.0.1:${strict.address().port}` });
      assert.match(refused.message, /a server answers at \S+, but opens no WebSocket for pages of http:\/\/127\.0\.0\.1:\d+; it, or a proxy before it, has to allow that origin/);
      strict.close();
      strict.closeAllConnections();

      const guarded = createServer((_, response) => response.writeHead(401).end()).on("upgrade", (_, socket) => socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n"));
      guarded.listen(0, "127.0.0.1");
      await once(guarded, "listening");
      const grafana = await startGrafanaHost(`http://127.0.0.1:${guarded.address().port}`);
      const through = await openGrafana(browser, grafana.url, "", { throughGrafana: true });
      assert.match((await through.call("testDatasource")).message, /asks for a token, or refuses the one that it got \(401\)/);
      await through.close();
      await grafana.stop();
      guarded.close();
      guarded.closeAllConnections();
      await page.close();
    });
  });

  test("shows the dashboards that come with it", async (t) => {
    const server = await startServer({ HubServer__Sources__Host__Enabled: "true", HubServer__Sources__Host__Interval: "00:00:00.200" });
    t.after(() => server.stop());
    const page = await openHost(server.url, {}, { host: [machine] });
    for (const name of ["machine", "hubserver"]) {
      const { panels, templating } = JSON.parse(await readFile(new URL(`../../clients/grafana/src/dashboards/${name}.json`, import.meta.url), "utf8"));
      const [, variable] = templating.list;
      await eventually(async () => (await page.call("metricFindQuery", variable.query)).some(({ text }) => text === machine), "the variable has this machine");
      for (const { title, targets } of panels) {
        await page.open(1, targets);
        // What devices a machine has is its own; what every machine has is there.
        const needsRows = !/^(Network|Disk)/.test(title);
        const look = await eventually(async () => {
          const { state, frames, errors } = await page.look(1);
          return state === "Streaming" && (!needsRows || frames.some(({ length }) => length > 1)) && { frames, errors };
        }, `${title} has rows`);
        assert.deepEqual(look.errors, []);
        const wanted = new Set(targets.flatMap(({ fields }) => fields));
        assert.ok(look.frames.every(({ fields }) => fields.slice(1).every((field) => wanted.has(field.name))), title);
        await page.shut(1);
      }
    }
    await page.close();
  });

  test("leaves exactly the live queries that its panels have, after 50 refreshes, other ranges, targets added and removed", async (t) => {
    const server = await startServer({ HubServer__Channels__Capacity: "300" });
    t.after(() => server.stop());
    const page = await openHost(server.url);
    const channels = ["a", "b", "c"].map(createChannel);
    const targets = (count) => channels.slice(0, count).map((_, i) => ({ refId: "ABC"[i], channel: "abc"[i] }));
    await Promise.all(channels.map((channel) => channel.write(server, 50)));
    await page.open(1, targets(1));
    await page.open(2, targets(3));
    for (let i = 0; i < 50; i++) {
      const [id, change] = [[1, {}], [2, {}], [1, { targets: targets(1 + i % 3) }], [2, { raw: { from: `now-${1 + i % 5}m`, to: "now" } }]][i % 4];
      await page.run(id, change);
      if (i % 7 === 0) {
        await page.open(3, targets(2));
        await page.shut(3);
      }
      await channels[i % 3].write(server, 1);
      await eventually(async () => seqOf(await page.look(2), "ABC"[i % 3]).at(-1) === channels[i % 3].next - 1, `the panel goes on after change ${i}`);
    }
    await eventually(async () => (await readStatus(server.url)).queries === 2, "there are two queries for two panels");
    const status = await readStatus(server.url);
    assert.deepEqual([status.queries, status.connections], [2, 1]);
    for (const id of [1, 2]) {
      const look = await page.look(id);
      assert.equal(look.emptied, 0);
      for (const { refId } of look.frames)
        assert.deepEqual(seqOf(look, refId), counts(0, channels["ABC".indexOf(refId)].next));
    }
    await page.shut(1);
    await page.shut(2);
    await eventually(async () => (await readStatus(server.url)).queries === 0, "no query is left");
    await page.close();
  });

  test("keeps its picture while the server is away, says so, and goes on where it was", async (t) => {
    const redis = await startRedis();
    t.after(() => redis.stop());
    const env = { HubServer__Backplane__Redis__ConnectionString: redis.address };
    const ports = [await freePort(), await freePort(), await freePort()];
    const nodes = await Promise.all(ports.map((port, i) => startServer({ ...env, HubServer__Node: `n${i}` }, port)));
    t.after(() => Promise.all(nodes.map((node) => node.stop("SIGKILL"))));
    const proxy = await startProxy(nodes[0].url);
    t.after(() => proxy.stop());
    const page = await openHost(proxy.url);
    const channel = createChannel("meter");
    await channel.write(nodes[2], 100);
    await page.open(1, [{ refId: "A", channel: "meter" }]);
    await eventually(async () => seqOf(await page.look(1), "A").length === 100, "the past is there");
    const { structureRev } = await page.look(1);

    const stop = new AbortController();
    t.after(() => stop.abort());
    const publishing = (async () => {
      for (; !stop.signal.aborted; await delay(20))
        await channel.write(nodes[2], 2);
    })();
    for (const next of [1, 0]) {
      const last = channel.next;
      proxy.aim(nodes[next].url);
      await nodes[1 - next].stop("SIGKILL"); // In mid-stream.
      await eventually(async () => seqOf(await page.look(1), "A").at(-1) > last, `the picture goes on from node ${next}`, 20_000);
      nodes[1 - next] = await startServer({ ...env, HubServer__Node: `n${1 - next}` }, ports[1 - next]);
    }

    // Nobody answers any more, and the panel is refreshed.
    proxy.refuse();
    proxy.cut();
    await page.run(1);
    await eventually(async () => (await page.look(1)).state === "Error", "the panel says that the server is away", 20_000);
    const away = await page.look(1);
    assert.match(away.errors[0].message, /does not answer any more/);
    assert.ok(seqOf(away, "A").length >= 100, "the picture stays with the error");
    proxy.accept();
    await eventually(async () => (await page.look(1)).state === "Streaming", "it streams again", 20_000);
    stop.abort();
    await publishing;
    await eventually(async () => seqOf(await page.look(1), "A").at(-1) === channel.next - 1, "the last rows come");
    const look = await page.look(1);
    assert.deepEqual(seqOf(look, "A"), counts(0, channel.next));
    assert.deepEqual([look.emptied, look.structureRev, look.errors], [0, structureRev, []]);
    await page.close();
  });
});

/** The pixels of the first two hues of Grafana's palette in the first panel's chart; runs in the page. */
function readInk() {
  const canvas = document.querySelector("[data-panel='1'] .uplot canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const ink = { green: 0, yellow: 0 };
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue, alpha] = data.subarray(i, i + 4);
    if (alpha > 150 && green > 120 && blue < 110) {
      ink.green += red < 150 ? 1 : 0;
      ink.yellow += red > 200 ? 1 : 0;
    }
  }
  return ink;
}
