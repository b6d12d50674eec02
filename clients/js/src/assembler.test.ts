import { describe, expect, test } from "vitest";
import { Assembler, BrokenContractError, type Held, take } from "./assembler.js";
import type { FrameUpdate } from "./updates.js";
import type { Gap, Item, Schema, WireFrame } from "./wire.js";

const server = { version: "0.1.0", node: "a", time: 0 };
const schema: Schema = { refId: "A", name: "cpu", fields: [{ name: "time", type: "time" }, { name: "user", type: "number" }] };
const frame = (offset: number, values: number[], rest: Partial<WireFrame> = {}): WireFrame => ({
  refId: "A", channel: "cpu", kind: "delta", epoch: "e", offset, count: values.length, data: { values: [values.map((_, i) => offset + i), values] }, ...rest,
});
const snapshot = (offset: number, values: number[], rest: Partial<WireFrame> = {}): WireFrame => frame(offset, values, { kind: "snapshot", schema, ...rest });
const item = (state: Item["state"], frames: WireFrame[], rest: Partial<Item> = {}): Item => ({ state, frames, ...rest });
const seen = (frames: FrameUpdate[] | undefined): unknown[] | undefined =>
  frames?.map(({ change, offset, columns, gap }) => [change, offset, Array.from(columns[1] as Float64Array), ...(gap ? [gap.reason] : [])]);

/** An assembler that gave out rows 5 and 6. */
function started(): Assembler {
  const assembler = new Assembler();
  assembler.begin();
  assembler.apply(item("Streaming", [snapshot(5, [1, 2])], { server }));
  return assembler;
}

describe("the past", () => {
  test("is given out as a whole, with the first Streaming item", () => {
    const assembler = new Assembler();
    assembler.begin();
    expect(assembler.apply(item("Loading", [snapshot(0, [1])], { server }))).toBeUndefined();
    expect(assembler.apply(item("Loading", [snapshot(0, [5], { channel: "disk" })]))).toBeUndefined();
    expect(assembler.positions()).toEqual([]);

    const update = assembler.apply(item("Streaming", [frame(1, [2])]));

    expect(seen(update?.frames)).toEqual([["replaced", 0, [1]], ["replaced", 0, [5]], ["appended", 1, [2]]]);
    expect(assembler.positions()).toEqual([
      { refId: "A", channel: "cpu", epoch: "e", offset: 1 }, { refId: "A", channel: "disk", epoch: "e", offset: 0 }]);
  });

  test("without a row says that it is complete", () => {
    const assembler = new Assembler();
    assembler.begin();
    expect(assembler.apply(item("Streaming", [], { server }))).toEqual({ frames: [], errors: [], isStale: false, isDone: false });
  });

  test("in parts is one update, once its last part is there", () => {
    const assembler = new Assembler();
    assembler.begin();
    assembler.apply(item("Loading", [snapshot(0, [1, 2], { more: true })], { server }));
    assembler.apply(item("Loading", [frame(2, [3], { more: true }), snapshot(7, [7], { channel: "disk" })]));
    const update = assembler.apply(item("Streaming", [frame(3, [4])]));
    expect(seen(update?.frames)).toEqual([["replaced", 7, [7]], ["replaced", 0, [1, 2, 3, 4]]]);
    expect(update?.frames[1]?.count).toBe(4);
  });

  test("of a channel that comes later is held back until its last part, while others go on", () => {
    const assembler = started();
    expect(seen(assembler.apply(item("Streaming", [snapshot(0, [9], { channel: "disk", more: true }), frame(7, [3])]))?.frames)).toEqual([["appended", 7, [3]]]);
    expect(assembler.positions()).toHaveLength(1);
    expect(seen(assembler.apply(item("Streaming", [frame(1, [8], { channel: "disk" })]))?.frames)).toEqual([["replaced", 0, [9, 8]]]);
  });

  test("that was lost amid its parts is asked for from before them", () => {
    const assembler = started();
    assembler.apply(item("Streaming", [frame(7, [3], { more: true })]));
    assembler.begin();
    expect(assembler.positions()).toEqual([{ refId: "A", channel: "cpu", epoch: "e", offset: 6 }]);
    const update = assembler.apply(item("Streaming", [frame(7, [3, 4], { schema })], { server }));
    expect(seen(update?.frames)).toEqual([["appended", 7, [3, 4]]]);
  });

  test("brings the object of a schema that is the same, so that a reader sees that", () => {
    const assembler = started();
    assembler.begin();
    const update = assembler.apply(item("Streaming", [frame(7, [3], { schema: structuredClone(schema) })], { server }));
    expect(update?.frames[0]?.schema).toBe(schema);
  });

  test("that was lost before it was complete counts for nothing", () => {
    const assembler = started();
    assembler.begin();
    assembler.apply(item("Loading", [frame(7, [3], { schema })], { server }));
    assembler.begin();
    expect(assembler.positions()).toEqual([{ refId: "A", channel: "cpu", epoch: "e", offset: 6 }]);
    expect(seen(assembler.apply(item("Streaming", [frame(7, [3], { schema })]))?.frames)).toEqual([["appended", 7, [3]]]);
  });
});

describe("what changes", () => {
  test("is told with its gap, and the epoch is taken over without one", () => {
    const assembler = started();
    const lapped: Gap = { epoch: "e", from: 7, to: 9, reason: "lapped" };
    expect(seen(assembler.apply(item("Streaming", [frame(10, [4], { gap: lapped })]))?.frames)).toEqual([["gap", 10, [4], "lapped"]]);
    expect(seen(assembler.apply(item("Streaming", [frame(11, [5], { epoch: "f" })]))?.frames)).toEqual([["appended", 11, [5]]]);
    expect(assembler.positions()).toEqual([{ refId: "A", channel: "cpu", epoch: "f", offset: 11 }]);
    const rollback: Gap = { epoch: "f", from: 11, to: 11, reason: "rollback" };
    expect(seen(assembler.apply(item("Streaming", [frame(11, [6], { epoch: "g", gap: rollback })]))?.frames)).toEqual([["gap", 11, [6], "rollback"]]);
  });

  test("of a channel that goes away is told once, and its position is forgotten", () => {
    const assembler = started();
    const removed = frame(6, [], { kind: "removed" });
    expect(seen(assembler.apply(item("Streaming", [removed]))?.frames)).toEqual([["removed", 6, []]]);
    expect(assembler.apply(item("Streaming", [removed]))).toBeUndefined();
    expect(assembler.positions()).toEqual([]);
  });

  test("counts with the rows accounted for and not with those sent", () => {
    const assembler = started();
    const update = assembler.apply(item("Streaming", [frame(7, [3], { count: 10, sampled: "last" })]));
    expect(update?.frames[0]).toMatchObject({ count: 10, sampled: "last" });
    expect(assembler.positions()[0]?.offset).toBe(16);
  });

  test("of errors and staleness is told by itself, and both end with the call", () => {
    const assembler = started();
    const errors = [{ refId: "A", code: "limit_exceeded" as const, message: "too many" }];
    expect(assembler.apply(item("Streaming", [], { errors }))).toMatchObject({ errors });
    expect(assembler.apply(item("Streaming", [], { stale: true }))).toMatchObject({ errors, isStale: true });
    expect(assembler.apply(item("Streaming", []))).toBeUndefined();
    assembler.begin();
    expect(assembler.apply(item("Streaming", []))).toEqual({ frames: [], errors: [], isStale: false, isDone: false });
  });
});

describe("a reader that dropped its backlog", () => {
  test("goes on from what it took, also of a channel that went in between", () => {
    const assembler = new Assembler();
    assembler.begin();
    const taken = new Map<string, Held>();
    take(taken, assembler.apply(item("Streaming", [snapshot(0, [1]), snapshot(3, [3], { channel: "disk" })], { server }))?.frames ?? []);
    assembler.apply(item("Streaming", [frame(1, [2]), frame(4, [], { channel: "disk", kind: "removed" }), snapshot(0, [0], { channel: "new" })]));

    assembler.restore(taken);

    expect(assembler.positions()).toEqual([
      { refId: "A", channel: "cpu", epoch: "e", offset: 0 }, { refId: "A", channel: "disk", epoch: "e", offset: 3 }]);
  });
});

describe("a broken contract", () => {
  for (const [what, broken] of [
    ["a row twice", frame(6, [2])],
    ["a hole that is not announced", frame(8, [4])],
    ["a channel without its past", frame(0, [3], { channel: "disk", schema })],
    ["a snapshot without a schema", frame(0, [3], { channel: "disk", kind: "snapshot" })],
    ["an unknown kind", frame(7, [3], { kind: "other" as "delta" })],
    ["an unknown reason", frame(7, [3], { gap: { epoch: "e", from: 7, reason: "other" as "reset" } })],
    ["a gap that is not the hole", frame(9, [3], { gap: { epoch: "e", from: 8, to: 8, reason: "lapped" } })],
    ["a gap of another epoch", frame(8, [3], { gap: { epoch: "f", from: 7, to: 7, reason: "lapped" } })],
    ["a gap from beyond what is held", frame(9, [3], { gap: { epoch: "e", from: 8, to: null, reason: "reset" } })],
    ["a rollback that does not begin where it takes back", frame(7, [3], { gap: { epoch: "e", from: 6, to: 6, reason: "rollback" } })],
    ["fewer rows than counted", frame(7, [3], { count: 2 })],
    ["more rows than counted", frame(7, [3, 4], { count: 1, sampled: "minmax" })],
    ["a column too many", frame(7, [3], { data: { values: [[0], [1], [2]] } })],
    ["columns of different lengths", frame(7, [3], { data: { values: [[0], [1, 2]] } })],
    ["bytes that are no float64", frame(7, [3], { data: { values: [new Uint8Array(8), new Uint8Array(7)] } })],
  ] as [string, WireFrame][])
    test(`of ${what} applies nothing of the item`, () => {
      const assembler = started();
      const before = assembler.positions();
      const apply = () => assembler.apply(item("Streaming", [frame(7, [3], broken.channel === "cpu" ? { channel: "cpu", count: 0, data: { values: [[], []] } } : {}), broken]));
      expect(apply).toThrow(BrokenContractError);
      expect(assembler.positions()).toEqual(before);
    });

  test("between the parts of a past is one, too", () => {
    for (const between of [snapshot(0, [3]), frame(7, [], { kind: "removed" })]) {
      const assembler = started();
      assembler.apply(item("Streaming", [frame(7, [3], { more: true })]));
      expect(() => assembler.apply(item("Streaming", [between]))).toThrow(/between the parts/);
    }
  });

  test("of an unknown state is one, too", () => {
    expect(() => started().apply(item("Paused" as "Done", []))).toThrow(/state 'Paused'/);
  });

  test("is told as a gap with the snapshot that mends it", () => {
    const assembler = started();
    assembler.forget("A", "cpu");
    assembler.begin();
    expect(assembler.positions()).toEqual([]);
    const update = assembler.apply(item("Streaming", [snapshot(20, [9])], { server }));
    expect(update?.frames[0]).toMatchObject({ change: "replaced", gap: { epoch: "e", from: 7, to: null, reason: "reset" } });
  });

  test("is told as a gap also where the first call that mends it is lost", () => {
    const assembler = started();
    assembler.forget("A", "cpu");
    assembler.begin();
    assembler.apply(item("Loading", [snapshot(20, [9])], { server }));
    assembler.begin();
    expect(assembler.apply(item("Streaming", [snapshot(20, [9])], { server }))?.frames[0]).toMatchObject({ change: "replaced", gap: { from: 7, reason: "reset" } });
    assembler.begin();
    expect(assembler.apply(item("Streaming", [snapshot(20, [9])], { server }))?.frames[0]).not.toHaveProperty("gap");
  });

  test("of a channel that went meanwhile is told as its end", () => {
    const assembler = started();
    assembler.forget("A", "cpu");
    assembler.begin();
    expect(seen(assembler.apply(item("Streaming", [], { server }))?.frames)).toEqual([["removed", 7, []]]);
  });
});
