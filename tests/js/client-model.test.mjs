// The model refuses what the contract forbids; otherwise the replay would prove nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "./client-model.mjs";

const server = { version: "0.1.0", node: "a", time: 0 };
const schema = { refId: "A", name: "cpu", fields: [{ name: "time", type: "time" }, { name: "user", type: "number" }] };
const frame = (offset, values, rest) => ({
  refId: "A", channel: "cpu", kind: "delta", epoch: "e", offset, count: values.length, data: { values: [values.map(() => 0), values] }, ...rest,
});
const first = { state: "Streaming", server, frames: [frame(5, [1, 2], { kind: "snapshot", schema })] };

/** A client that took the frames after a snapshot of the rows 5 and 6. */
function after(frames, options) {
  const client = createClient({ isBinary: false, ...options });
  client.apply(first);
  client.apply({ state: "Streaming", frames });
  return client;
}

test("deltas, parts and gaps build up what is held", () => {
  const lapped = { epoch: "e", from: 8, to: 9, reason: "lapped" };
  const client = after([frame(7, [3], { epoch: "f" }), frame(8, [], { epoch: "f", more: true })]);
  assert.deepEqual(client.positions(), [{ refId: "A", channel: "cpu", epoch: "f", offset: 7 }]);
  assert.ok(client.isOpen());

  client.begin();
  client.apply({ state: "Loading", server, frames: [frame(10, [4], { epoch: "f", schema, gap: { ...lapped, epoch: "f" } })] });
  const { runs, gaps, next } = client.held.get("A cpu");
  assert.deepEqual(runs.flatMap((run) => run.rows.map((row) => row.user)), [1, 2, 3, 4]);
  assert.deepEqual([gaps.length, next], [1, 11]);
});

test("a rollback takes back rows", () => {
  const client = after([frame(6, [9], { epoch: "f", gap: { epoch: "e", from: 6, to: 6, reason: "rollback" } })]);
  assert.deepEqual(client.held.get("A cpu").runs.flatMap((run) => run.rows.map((row) => row.user)), [1, 9]);
});

for (const [what, frames] of [
  ["a row twice", [frame(6, [2])]],
  ["a hole that is not announced", [frame(8, [4])]],
  ["a gap that is not the hole", [frame(9, [4], { gap: { epoch: "e", from: 8, to: 8, reason: "lapped" } })]],
  ["a gap of another epoch", [frame(8, [4], { gap: { epoch: "f", from: 7, to: 7, reason: "lapped" } })]],
  ["a snapshot of what is held", [frame(5, [1, 2, 3], { kind: "snapshot" })]],
  ["fewer rows than counted", [frame(7, [3], { count: 2 })]],
  ["a column too many", [frame(7, [3], { data: { values: [[0], [3], [4]] } })]],
  ["columns of different lengths", [frame(7, [3], { data: { values: [[0], [3, 4]] } })]],
  ["a value of another type", [frame(7, ["text"])]],
  ["a field that changes its type", [frame(7, [3], { schema: { ...schema, fields: [schema.fields[0], { name: "user", type: "string" }] } })]],
  ["a channel without its past", [frame(7, [3], { channel: "disk", schema: { ...schema, name: "disk" } })]],
  ["a past that starts again in the middle", [frame(7, [3], { more: true }), frame(8, [3], { kind: "snapshot" })]],
]) {
  test(`refused: ${what}`, () => assert.throws(() => after(frames), /the server broke the contract/));
}

test("refused: a call without server, without schema, or Streaming amid the past", () => {
  const client = createClient({ isBinary: false });
  assert.throws(() => client.apply({ state: "Loading", frames: [] }), /no server/);
  assert.throws(() => client.apply({ ...first, frames: [frame(0, [1], { kind: "snapshot" })] }), /no schema/);
  assert.throws(() => client.apply({ ...first, frames: [frame(0, [1], { kind: "snapshot", schema, more: true })] }), /before the past is complete/);
});
