import { describe, expect, test } from "vitest";
import { gapsInView } from "./lines";
import { firstAt, lastAt, maxRows, offsetOf, timeOf } from "./ring";
import { createStore, type Held, type Store } from "./store";
import { type FrameUpdate, isNull, type Schema } from "@hubserver/client";

const schema: Schema = { name: "a", fields: [{ name: "time", type: "time" }, { name: "x", type: "number", config: { unit: "ms" } }] };

function frame(change: FrameUpdate["change"], offset: number, times: number[], more: Partial<FrameUpdate> = {}): FrameUpdate {
  return { refId: "A", channel: "a", change, schema, epoch: "1", offset, count: times.length, columns: [Float64Array.from(times), Float64Array.from(times, (time) => time * 2)], ...more };
}

function apply(store: Store, ...frames: FrameUpdate[]): number {
  return store.apply({ frames });
}

function held(store: Store): Held {
  const [only] = store.channelsOf("A");
  if (!only)
    throw new Error("nothing is held");
  return only;
}

function times({ ring }: Held): number[] {
  return Array.from({ length: ring.end - ring.start }, (_, i) => timeOf(ring, ring.start + i));
}

describe("store", () => {
  test("holds a snapshot and what follows it", () => {
    const store = createStore();
    expect(apply(store, frame("replaced", 5, [10, 20], { schema }), frame("appended", 7, [30]))).toBe(3);
    expect(times(held(store))).toEqual([10, 20, 30]);
    expect(store.positions()).toEqual([{ refId: "A", channel: "a", epoch: "1", offset: 7 }]);
  });

  test("replaces what is held by a snapshot of the same epoch", () => {
    const store = createStore();
    apply(store, frame("replaced", 0, [10, 20], { schema }), frame("replaced", 9, [50], { schema }));
    expect(times(held(store))).toEqual([50]);
    expect(held(store).gaps).toEqual([]);
  });

  test("keeps the picture before a gap when the past is gone", () => {
    const store = createStore();
    apply(store, frame("replaced", 0, [10, 20], { schema }));
    apply(store, frame("replaced", 0, [50, 60], { schema, epoch: "2", gap: { epoch: "1", from: 2, to: null, reason: "reset" } }));
    expect(times(held(store))).toEqual([10, 20, 50, 60]);
    expect(gapsInView([held(store)], 0, 100)).toEqual([[20, 50]]);
    expect(store.positions()[0]).toMatchObject({ epoch: "2", offset: 1 });
  });

  test("ends the old past where the new one begins", () => {
    const store = createStore();
    apply(store, frame("replaced", 0, [10, 20, 30], { schema }), frame("replaced", 0, [20, 40], { schema, epoch: "2" }));
    expect(times(held(store))).toEqual([10, 20, 40]);
  });

  test("keeps fields of the old past that the new one does not have yet", () => {
    const store = createStore();
    apply(store, frame("replaced", 0, [10], { schema }));
    const other: Schema = { name: "a", fields: [{ name: "time", type: "time" }, { name: "y", type: "number" }] };
    apply(store, frame("replaced", 0, [50], { schema: other, epoch: "2" }));
    const { fields, ring } = held(store);
    expect(fields.map(({ name }) => name)).toEqual(["time", "y", "x"]);
    const [, y, x] = ring.columns;
    expect([x?.[0], y?.[1]]).toEqual([20, 100]);
    expect([isNull(y ?? [], 0), isNull(x ?? [], 1)]).toEqual([true, true]);
  });

  test("marks a lap and forgets what was rolled back", () => {
    const store = createStore();
    apply(store, frame("replaced", 0, [10, 20, 30], { schema }));
    apply(store, frame("gap", 9, [90], { gap: { epoch: "1", from: 3, to: 8, reason: "lapped" } }));
    expect(gapsInView([held(store)], 0, 100)).toEqual([[30, 90]]);
    apply(store, frame("gap", 2, [95], { epoch: "2", gap: { epoch: "1", from: 2, to: null, reason: "rollback" } }));
    expect(times(held(store))).toEqual([10, 20, 95]);
    expect(gapsInView([held(store)], 0, 100)).toEqual([[20, 95]]);
  });

  test("takes over another epoch without a sign of it", () => {
    const store = createStore();
    apply(store, frame("replaced", 0, [10], { schema }), frame("appended", 1, [20], { epoch: "2" }));
    expect(held(store).gaps).toEqual([]);
    expect(store.positions()[0]?.epoch).toBe("2");
  });

  test("forgets a channel that was removed", () => {
    const store = createStore();
    apply(store, frame("replaced", 0, [10], { schema }), frame("removed", 1, []));
    expect(store.channelsOf("A")).toEqual([]);
    expect(store.positions()).toEqual([]);
  });

  test("counts with count where a past was thinned", () => {
    const store = createStore();
    apply(store, frame("replaced", 0, [10, 90], { schema, sampled: "minmax", count: 100 }), frame("appended", 100, [100]));
    expect(store.positions()[0]?.offset).toBe(100);
  });

  test("keeps all rows where their memory grows", () => {
    const store = createStore();
    const span = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
    apply(store, frame("replaced", 0, span(0, 300), { schema }), frame("replaced", 300, span(300, 800), { schema }));
    apply(store, frame("appended", 800, span(800, 1200)), frame("appended", 1200, span(1200, 5000)));
    const { ring } = held(store);
    const rows = span(ring.start, ring.end);
    expect(times(held(store))).toEqual(span(300, 5000));
    expect(rows.map((row) => ring.columns[1]?.[row & ring.mask])).toEqual(span(300, 5000).map((time) => time * 2));
    expect(rows.map((row) => offsetOf(ring, row))).toEqual(span(300, 5000));
  });

  test("keeps the newest rows within its limit", () => {
    const store = createStore();
    const next = Array.from({ length: maxRows - 10 }, (_, i) => i);
    apply(store, frame("replaced", 0, next, { schema }));
    apply(store, frame("appended", next.length, Array.from({ length: 25 }, (_, i) => next.length + i)));
    const { ring } = held(store);
    expect([ring.end - ring.start, timeOf(ring, ring.start), timeOf(ring, ring.end - 1)]).toEqual([maxRows, 15, maxRows + 14]);
    expect(firstAt(ring, 100.5)).toBe(101);
    expect(lastAt(ring, 100.5)).toBe(100);
    expect(lastAt(ring, 3)).toBe(-1);
    apply(store, frame("appended", maxRows + 15, Array.from({ length: maxRows + 5 }, (_, i) => 20_000 + i)));
    expect(times(held(store))[0]).toBe(20_005);
  });
});
