// The official SignalR client against the built program.
import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import { createClient } from "./client-model.mjs";
import { eventually } from "./eventually.mjs";
import { connect, openPublishStream, openQuery, post, postRows, rowsOf } from "./hub.mjs";
import { readStatus, startServer } from "./server.mjs";

const modes = [
  { name: "JSON", isBinary: false, negotiates: false },
  { name: "JSON after negotiation", isBinary: false, negotiates: true },
  { name: "MessagePack", isBinary: true, negotiates: false },
  { name: "MessagePack after negotiation", isBinary: true, negotiates: true },
];

let server;
before(async () => server = await startServer());
after(() => server?.stop());

for (const [index, mode] of modes.entries()) {
  suite(mode.name, () => {
    const connections = [];
    let tests = 0;
    let scope; // A name that no other test's channels begin with.

    const open = async () => {
      const connection = await connect(server.url, mode);
      connections.push(connection);
      return connection;
    };
    const subscribe = (connection, request, client = createClient({ ...mode, ...request })) => {
      client.begin();
      return { ...client, query: openQuery(connection, { intervalMs: 0, ...request }, client.apply) };
    };
    const publish = (connection, channel, columns) =>
      connection.invoke("Publish", { batches: [{ channel, rows: rowsOf(columns, mode) }] });
    const streaming = (subscription) => eventually(() => {
      assert.equal(subscription.query.error, undefined);
      return subscription.state() === "Streaming";
    }, "the past is complete");
    const rowsHeld = (subscription, key, count) => eventually(() => {
      assert.equal(subscription.query.error, undefined);
      const rows = subscription.held.get(key)?.runs.flatMap((run) => run.rows) ?? [];
      return rows.length >= count && rows;
    }, `${count} rows of ${key}`);

    const it = (name, ...rest) => test(name, ...rest.slice(0, -1), async () => {
      scope = `e2e/${index}/${++tests}`;
      await rest.at(-1)();
    });
    afterEach(async () => {
      await Promise.all(connections.splice(0).map((connection) => connection.stop()));
    });

    it("a query sends the past first, then what changes", async () => {
      await postRows(server.url, scope, [{ value: 1 }, { value: 2 }, { value: 3 }]);
      const connection = await open();
      const subscription = subscribe(connection, { targets: [{ channel: scope, rows: 2 }] });
      await streaming(subscription);
      await publish(connection, scope, { value: [4] });
      const rows = await rowsHeld(subscription, `A ${scope}`, 3);

      assert.deepEqual(rows.map((row) => row.value), [2, 3, 4]);
      const frames = subscription.query.items.flatMap(({ state, frames }) => frames.map((frame) => [state, frame.kind, frame.offset, frame.count]));
      assert.deepEqual(frames, [["Loading", "snapshot", 1, 2], ["Streaming", "delta", 3, 1]]);
      const [{ server: info }] = subscription.query.items;
      assert.match(info.version, /^\d+\.\d+\.\d+/);
      assert.ok(Math.abs(info.time - Date.now()) < 60_000, `the server's time is ${info.time}`);
    });

    it("the targets of a query are told apart by refId", async () => {
      const channel = (core) => `${scope}{core="${core}"}`;
      await postRows(server.url, channel(0), [{ user: 1, system: 10 }]);
      await postRows(server.url, channel(1), [{ user: 2, system: 20 }]);
      const connection = await open();
      const subscription = subscribe(connection, {
        targets: [
          { refId: "one", id: channel(1), fields: ["system"] },
          { refId: "all", channel: `${scope}{core=~"[0-9]"}` },
          { refId: "none", channel: `${scope}{core="x"}` },
        ],
      });
      await streaming(subscription);
      await postRows(server.url, channel(2), [{ user: 3, system: 30 }]);
      await publish(connection, channel(1), { user: [4], system: [40] });
      await rowsHeld(subscription, `all ${channel(1)}`, 2);
      await rowsHeld(subscription, `all ${channel(2)}`, 1);

      const held = (refId, core, field) => subscription.held.get(`${refId} ${channel(core)}`).runs.flatMap((run) => run.rows.map((row) => row[field]));
      assert.deepEqual([...subscription.held.keys()].sort(), [`all ${channel(0)}`, `all ${channel(1)}`, `all ${channel(2)}`, `one ${channel(1)}`]);
      assert.deepEqual(held("one", 1, "system"), [20, 40]);
      assert.deepEqual(held("one", 1, "user"), [undefined, undefined]);
      assert.deepEqual(held("all", 0, "user"), [1]);
      assert.deepEqual(held("all", 1, "user"), [2, 4]);
    });

    it("NaN, the infinities and null published over the hub arrive as such", async () => {
      const columns = {
        time: [1_700_000_000_000, 1_700_000_000_000.25, 1_700_000_000_001, 1_700_000_000_002, 1_700_000_000_003],
        number: [NaN, Infinity, -Infinity, null, mode.isBinary ? -0 : 0.1], // JSON.stringify(-0) is "0".
        text: ["a", null, "", "é\u{1F600}", "\n"],
        flag: [true, false, null, true, false],
      };
      const connection = await open();
      const subscription = subscribe(connection, { targets: [{ channel: scope }] });
      await streaming(subscription);
      const [result] = await publish(connection, scope, columns);
      const live = await rowsHeld(subscription, `A ${scope}`, 5);
      const again = subscribe(connection, { targets: [{ channel: scope }] });
      const past = await rowsHeld(again, `A ${scope}`, 5);

      assert.equal(result.channel, scope);
      assert.deepEqual([result.offset, result.count, result.error ?? null], [0, 5, null]);
      assert.ok(result.epoch.length > 0);
      for (const rows of [live, past])
        assert.deepEqual(Object.fromEntries(Object.keys(columns).map((name) => [name, rows.map((row) => row[name])])), columns);
    });

    it("a publish of 100 KB over the hub is taken", async () => {
      const connection = await open();
      const [result] = await publish(connection, scope, { text: Array.from({ length: 100 }, (_, row) => String(row).padEnd(1_000)) });
      assert.equal(result.count, 100);
    });

    it("rows posted as JSON, columns and NDJSON arrive", async () => {
      const other = `${scope}/other`;
      const connection = await open();
      const subscription = subscribe(connection, { targets: [{ channel: scope }, { refId: "B", channel: `${scope}/*` }] });
      await streaming(subscription);
      const answers = [
        await postRows(server.url, scope, { value: 1 }),
        await postRows(server.url, scope, [{ value: 2 }, { value: null }]),
        await postRows(server.url, scope, rowsOf({ value: [NaN, Infinity] })),
        await post(server.url, `/api/channels/${encodeURIComponent(scope)}/rows`, "{\"value\":6}\n{\"value\":7}\n", "application/x-ndjson"),
        ...await post(server.url, "/api/publish", { batches: [{ channel: scope, rows: rowsOf({ value: [8] }) }] }),
        ...await post(server.url, "/api/publish", `{"channel":"${scope}","value":9}\n{"channel":"${other}","value":-1}`, "application/x-ndjson"),
      ];
      const rows = await rowsHeld(subscription, `A ${scope}`, 9);
      const others = await rowsHeld(subscription, `B ${other}`, 1);

      assert.deepEqual(rows.map((row) => row.value), [1, 2, null, NaN, Infinity, 6, 7, 8, 9]);
      assert.deepEqual(others.map((row) => row.value), [-1]);
      assert.deepEqual(answers.map(({ channel, offset, count }) => [channel, offset, count]), [
        [scope, 0, 1], [scope, 1, 2], [scope, 3, 2], [scope, 5, 2], [scope, 7, 1], [scope, 8, 1], [other, 0, 1],
      ]);
    });

    it("ListChannels pages through the channels in order", async () => {
      const ids = ["a", "b", "c"].map((host) => `${scope}{host="${host}"}`);
      for (const id of ids)
        await postRows(server.url, id, [{ time: 1_000, value: 1 }, { time: 2_000, value: 2 }]);
      const connection = await open();
      const first = await connection.invoke("ListChannels", { selector: scope, limit: 2 });
      const second = await connection.invoke("ListChannels", { selector: scope, limit: 2, after: first.channels[1].id });

      assert.deepEqual([...first.channels, ...second.channels].map(({ id }) => id), ids);
      assert.deepEqual([first.more, second.more], [true, false]);
      const { name, labels, schema, offset, rows, lastTime } = first.channels[0];
      assert.deepEqual({ name, labels, offset, rows, lastTime }, { name: scope, labels: { host: "a" }, offset: 1, rows: 2, lastTime: 2_000 });
      assert.deepEqual(schema.fields.map(({ name, type }) => [name, type]), [["time", "time"], ["value", "number"]]);
    });

    it("PublishStream answers in order and goes on after a refused request", async () => {
      const connection = await open();
      const subscription = subscribe(await open(), { targets: [{ channel: scope }] });
      const stream = openPublishStream(connection);
      const send = (columns) => stream.send({ batches: [{ channel: scope, rows: rowsOf(columns, mode) }] });
      const [[first], [refused], [last]] = await Promise.all([send({ value: [1, 2] }), send({ value: ["text"] }), send({ value: [3] })]);
      stream.complete();

      assert.deepEqual([first.offset, first.count], [0, 2]);
      assert.deepEqual([refused.offset, refused.count, refused.error.code], [-1, 0, "bad_request"]);
      assert.deepEqual([last.offset, last.count], [2, 1]);
      await eventually(stream.isDone, "the stream of results ends after its requests");
      assert.deepEqual((await rowsHeld(subscription, `A ${scope}`, 3)).map((row) => row.value), [1, 2, 3]);
    });

    it("a client that resumes gets the missing rows and no others", async () => {
      const connection = await open();
      const request = { targets: [{ channel: scope, rows: 1 }] };
      await postRows(server.url, scope, [{ value: 0 }, { value: 1 }]);
      const subscription = subscribe(connection, request);
      await streaming(subscription);
      await connection.stop();
      await postRows(server.url, scope, [{ value: 2 }, { value: 3, more: "text" }]);

      await connection.start();
      const resumed = subscribe(connection, { ...request, resume: subscription.positions() }, subscription);
      await streaming(resumed);
      await postRows(server.url, scope, [{ value: 4 }]);
      const rows = await rowsHeld(resumed, `A ${scope}`, 4);

      assert.deepEqual(rows.map((row) => row.value), [1, 2, 3, 4]);
      assert.deepEqual(
        resumed.query.items.flatMap(({ frames }) => frames.map(({ kind, offset, count }) => [kind, offset, count])),
        [["delta", 2, 2], ["delta", 4, 1]]);
      assert.equal(resumed.held.get(`A ${scope}`).gaps.length, 0);
    });

    it("what is refused says why and leaves the connection's other streams alone", async () => {
      const connection = await open();
      const subscription = subscribe(connection, { targets: [{ channel: scope }] });
      await streaming(subscription);
      const refusals = [
        [{ version: 1, targets: [{ channel: "cpu{host=" }] }, /HubException: bad_request: targets\[0\]\.channel: .*\d/],
        [{ version: 1, targets: [{ channel: "cpu{host=~\"(\"}" }] }, /HubException: bad_request: targets\[0\]\.channel: /],
        [{ version: 2, targets: [{ channel: "cpu" }] }, /HubException: bad_request: .*version/],
        [{ version: 1, targets: "cpu" }, /HubException: bad_request: targets/],
        [{ version: 1, targets: [] }, /HubException: bad_request: targets/],
        [{ version: 1, targets: [{ channel: "cpu" }], intervalMs: "fast" }, /HubException: bad_request: intervalMs/],
        ["cpu", /HubException: bad_request: /],
        [null, /HubException: bad_request: /],
      ];
      for (const [argument, pattern] of refusals) {
        const error = await new Promise((resolve) => connection.stream("Query", argument).subscribe({ next() {}, complete: resolve, error: resolve }));
        assert.match(error?.message ?? "no error", pattern, JSON.stringify(argument));
      }

      await assert.rejects(connection.invoke("Publish", { batches: [{ channel: "", rows: rowsOf({ value: [1] }, mode) }] }), /HubException: bad_request: batches\[0\]/);
      await assert.rejects(connection.invoke("Publish", { batches: [{ channel: scope, rows: { fields: [{ name: "value" }] } }] }), /HubException: bad_request: /);
      await assert.rejects(connection.invoke("ListChannels", { selector: "{" }), /HubException: bad_request: /);
      await publish(connection, scope, { value: [1] });
      assert.deepEqual((await rowsHeld(subscription, `A ${scope}`, 1)).map((row) => row.value), [1]);
    });

    it("dispose() ends everything that ran for a query", async () => {
      const connection = await open();
      const subscriptions = [0, 20, 200].map((intervalMs) => subscribe(connection, { targets: [{ channel: scope }], intervalMs }));
      await Promise.all(subscriptions.map(streaming));
      for (let value = 0; value < 20; value++)
        await publish(connection, scope, { value: [value] });
      await eventually(async () => (await readStatus(server.url)).queries === 3, "three queries run");

      subscriptions.forEach(({ query }) => query.dispose());
      await eventually(async () => {
        const { queries, feeds, followedChannels, timers } = await readStatus(server.url);
        return queries + feeds + followedChannels + timers === 0;
      }, "no query, feed or timer is left", 1_000);

      const [result] = await publish(connection, scope, { value: [20] });
      assert.equal(result.offset, 20);
    });
  });
}

test("a refused post is a problem with a code, and nothing of it is written", async () => {
  await postRows(server.url, "e2e/refused", [{ value: 1 }]);
  const refused = await postRows(server.url, "e2e/refused", [{ value: 2 }, { value: "text" }]).catch((error) => error);
  const line = await post(server.url, "/api/publish", "{\"channel\":\"e2e/refused\",\"value\":3}\n{}", "application/x-ndjson").catch((error) => error);

  assert.deepEqual([refused.status, refused.answer.code], [400, "bad_request"]);
  assert.deepEqual([line.status, line.answer.code], [400, "bad_request"]);
  assert.match(line.answer.detail, /line 2.*1 rows were taken/);
  assert.equal((await postRows(server.url, "e2e/refused", [{ value: 4 }])).offset, 2);
});

test("a server that cannot start fails with its output", async () => {
  await assert.rejects(startServer({ HubServer__Partitions: "0" }), /its output:[\s\S]*Partitions/);
});
