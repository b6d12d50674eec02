import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LiveFrames } from "./liveFrames.js";
import type { FrameUpdate, QueryUpdate } from "./updates.js";
import type { Gap, Schema } from "./wire.js";

const schema: Schema = { name: "cpu", fields: [{ name: "time", type: "time" }, { name: "user", type: "number" }] };
const frame = (offset: number, rows: [number, number][], rest: Partial<FrameUpdate> = {}): FrameUpdate => ({
  refId: "A", channel: "cpu", change: "appended", schema, epoch: "e", offset, count: rows.length,
  columns: [Float64Array.from(rows, ([time]) => time), Float64Array.from(rows, ([, value]) => value)], ...rest,
});
const update = (...frames: FrameUpdate[]): QueryUpdate => ({ frames, state: "live", errors: [] });
const gap = (reason: Gap["reason"], from: number): Pick<FrameUpdate, "change" | "gap"> => ({ change: "gap", gap: { epoch: "e", from, to: null, reason } });

function started(...frames: FrameUpdate[]): LiveFrames {
  const live = new LiveFrames({ capacity: 100 });
  live.apply(update(frame(0, [[1, 10], [2, 20], [3, 30]], { change: "replaced" })));
  for (const one of frames)
    live.apply(update(one));
  return live;
}

describe("live frames", () => {
  test("hold what was appended, in the same arrays", () => {
    const live = started();
    const before = live.frames[0]?.aligned();
    live.apply(update(frame(3, [[4, 40]])));
    const after = live.frames[0]?.aligned();
    expect(after).toEqual([[1, 2, 3, 4], [10, 20, 30, 40]]);
    expect([after?.[0], after?.[1]]).toEqual([before?.[0], before?.[1]]);
    expect(after?.[0]).toBe(before?.[0]);
  });

  test("show a gap as a row of null within it", () => {
    const live = started(frame(9, [[7, 70]], gap("lapped", 3)));
    expect(live.frames[0]?.aligned()).toEqual([[1, 2, 3, 5, 7], [10, 20, 30, null, 70]]);
    expect(live.frames[0]?.gaps).toEqual([{ row: 3, reason: "lapped" }]);
  });

  test("take back what was rolled back, and nothing from before a reset", () => {
    expect(started(frame(1, [[4, 5]], gap("rollback", 1))).frames[0]?.aligned()).toEqual([[1, 2.5, 4], [10, null, 5]]);
    const reset = started(frame(0, [[5, 50]], gap("reset", 3)), frame(0, [[6, 60]], gap("rollback", 0)));
    expect(reset.frames[0]?.aligned()).toEqual([[1, 2, 3, 4, 5], [10, 20, 30, null, null]].map((column, i) => (i === 0 ? [1, 2, 3, 4, 5, 6] : [...column, 60])));
  });

  test("take back all rows of a thinned run that a rollback reaches into", () => {
    const live = started(frame(3, [[4, 40], [9, 90]], { count: 50, sampled: "minmax" }), frame(20, [[10, 1]], gap("rollback", 20)));
    expect(live.frames[0]?.aligned()[1]).toEqual([10, 20, 30, null, 1]);
  });

  test("begin anew with what replaces them, and forget what was removed", () => {
    const live = started(frame(8, [[8, 80]], { ...gap("reset", 3), change: "replaced" }));
    expect([live.frames[0]?.aligned(), live.frames[0]?.gapBefore]).toEqual([[[8], [80]], "reset"]);
    live.apply(update(frame(8, [[8, 80]], { change: "replaced" })));
    expect([live.frames[0]?.aligned(), live.frames[0]?.gapBefore]).toEqual([[[8], [80]], undefined]);
    live.apply(update(frame(9, [], { change: "removed" })));
    expect([live.frames, live.aligned()]).toEqual([[], [[]]]);
  });

  test("keep a field's rows when others come, and have no place for NaN", () => {
    const wider: Schema = { name: "cpu", fields: [...schema.fields, { name: "system", type: "number" }] };
    const live = started(frame(3, [[4, NaN]], { schema: wider, columns: [Float64Array.of(4), Float64Array.of(NaN), Float64Array.of(1)] }));
    expect(live.frames[0]?.aligned()).toEqual([[1, 2, 3, 4], [10, 20, 30, null], [null, null, null, 1]]);
  });

  test("keep no more than a quarter beyond their capacity", () => {
    const live = new LiveFrames({ capacity: 100 });
    live.apply(update(frame(0, [[0, 0]], { change: "replaced" })));
    for (let i = 1; i < 1_000; i++) {
      live.apply(update(frame(i, [[i, i]])));
      expect(live.frames[0]?.length).toBeLessThanOrEqual(125);
    }
    expect(live.frames[0]?.times.at(-1)).toBe(999);
    expect(live.frames[0]?.length).toBeGreaterThanOrEqual(100);
  });
});

describe("live frames that let detail go", () => {
  const wave = (row: number): number => (row % 97 === 0 ? 1_000 + row : row % 89 === 0 ? -1_000 - row : Math.sin(row));

  function run(rows: number, options: { lastMs?: number } = {}): LiveFrames {
    const live = new LiveFrames({ capacity: 200, surplus: "detail", ...options });
    live.apply(update(frame(0, [[0, 0]], { change: "replaced" })));
    for (let i = 1; i < rows; i++) {
      live.apply(update(frame(i, [[i, wave(i)]])));
      expect(live.frames[0]?.length).toBeLessThanOrEqual(250);
    }
    return live;
  }

  test("keep their first row, the rows that stand out, and all of the newest", () => {
    const [times = [], values = []] = run(3_000).frames[0]?.aligned() ?? [];
    expect(times[0]).toBe(0);
    expect(times).toEqual([...times].sort((a, b) => (a as number) - (b as number)));
    times.forEach((time, row) => expect(values[row]).toBe(time === 0 ? 0 : wave(time as number)));
    expect(values.filter((value) => (value as number) >= 1_000).length).toBeGreaterThan(20);
    expect(times.slice(-50)).toEqual(Array.from({ length: 50 }, (_, i) => 2_950 + i));
  });

  test("let what is older than their window go first", () => {
    const times = run(3_000, { lastMs: 100 }).frames[0]?.times ?? [];
    expect(times[0]).toBeGreaterThan(2_700);
    expect(times).toEqual(Array.from({ length: times.length }, (_, i) => (times[0] as number) + i));
  });

  test("do not take all rows for old because of one of the future", () => {
    const live = new LiveFrames({ capacity: 200, surplus: "detail", lastMs: 60_000 });
    const now = Date.now();
    live.apply(update(frame(0, Array.from({ length: 249 }, (_, i): [number, number] => [now - 249 + i, i]), { change: "replaced" })));
    live.apply(update(frame(249, [[now, 249], [now + 86_400_000, 250]])));
    expect(live.frames[0]?.times[0]).toBe(now - 249);
    expect(live.frames[0]?.length).toBeGreaterThan(100);
  });

  test("keep their gaps where they are, and can still take rows back", () => {
    const live = run(240);
    live.apply(update(frame(240, [[300, 1]], gap("lapped", 240))));
    for (let i = 241; i < 500; i++)
      live.apply(update(frame(i, [[i + 60, 2]])));
    const held = live.frames[0];
    expect(held?.gaps).toHaveLength(1);
    expect(held?.series[0]?.column[held.gaps[0]?.row as number]).toBeNull();
    expect(held?.series[0]?.column.filter((value) => value === null)).toHaveLength(1);
    live.apply(update(frame(400, [[1_000, 3]], gap("rollback", 400))));
    expect(held?.times.filter((time) => time >= 460 && time < 700)).toEqual([]);
    expect(held?.times.at(-1)).toBe(1_000);
  });

  test("hold only rows that came, in their order, whatever comes", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.boolean()), { maxLength: 60 }), fc.integer({ min: 8, max: 40 }), (steps, capacity) => {
      const live = new LiveFrames({ capacity, surplus: "detail" });
      live.apply(update(frame(0, [], { change: "replaced" })));
      let next = 0;
      for (const [count, hasGap] of steps) {
        const rows = Array.from({ length: count }, (_, i): [number, number] => [2 * (next + i), (next + i) * 7 % 11]);
        live.apply(update(frame(next, rows, hasGap ? gap("lapped", next) : {})));
        next += count;
        const [times = [], values = []] = live.frames[0]?.aligned() ?? [];
        const places = new Set(live.frames[0]?.gaps.map(({ row }) => row));
        expect(times.length).toBeLessThanOrEqual(capacity * 1.25);
        expect(times).toEqual([...times].sort((a, b) => (a as number) - (b as number)));
        times.forEach((time, row) => expect(values[row]).toBe(places.has(row) ? null : (time as number) / 2 * 7 % 11));
        expect(times.at(-1)).toBe(2 * (next - 1));
      }
    }), { numRuns: 200 });
  });
});

describe("several channels on one axis", () => {
  test("have a line each, undefined where another channel has its row", () => {
    const live = started();
    live.apply(update(frame(0, [[2, 7], [2.5, 8]], { channel: "disk", change: "replaced" })));
    expect(live.aligned("A")).toEqual([[1, 2, 2.5, 3], [10, 20, undefined, 30], [undefined, 7, 8, undefined]]);
    live.apply(update(frame(3, [[4, 40]]), frame(2, [[4, 9]], { channel: "disk" })));
    expect(live.aligned("A")).toEqual([[1, 2, 2.5, 3, 4], [10, 20, undefined, 30, 40], [undefined, 7, 8, undefined, 9]]);
  });

  test("are, kept up row by row, what they are put together at once", () => {
    const step = fc.record({ channel: fc.constantFrom("a", "b", "c"), ahead: fc.integer({ min: -3, max: 5 }), count: fc.integer({ min: 0, max: 4 }), look: fc.boolean(), kind: fc.integer({ min: 0, max: 20 }) });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const [live, fresh] = [new LiveFrames({ capacity: 12 }), new LiveFrames({ capacity: 12 })];
      const next = new Map<string, number>();
      let now = 100;
      for (const { channel, ahead, count, look, kind } of steps) {
        now += Math.max(0, ahead);
        const offset = next.get(channel) ?? 0;
        const rows = Array.from({ length: count }, (_, i): [number, number] => [now + i + Math.min(0, ahead), offset + i]);
        const change = !next.has(channel) || kind === 0 ? { change: "replaced" as const } : kind === 1 ? gap("lapped", offset) : kind === 2 ? gap("rollback", Math.max(0, offset - 2)) : {};
        const one = update(frame(offset, rows, { channel, ...change }));
        next.set(channel, offset + count);
        live.apply(one);
        fresh.apply(one);
        if (look)
          live.aligned();
      }
      // The other one was never looked at, so it puts all in place now.
      expect(live.aligned()).toEqual(fresh.aligned());
    }), { numRuns: 300 });
  });
});
