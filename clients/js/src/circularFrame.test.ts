import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CircularFrame } from "./circularFrame.js";
import { valuesOf as valuesOfColumn } from "./columns.js";

const valuesOf = (frame: CircularFrame, field = 0): unknown[] => valuesOfColumn(frame.fields[field]?.values ?? []);
const filled = (append: "head" | "tail", capacity: number, count: number): CircularFrame => {
  const frame = new CircularFrame({ append, capacity });
  frame.addField({ name: "value", type: "number" });
  for (let i = 1; i <= count; i++)
    frame.add({ value: i });
  return frame;
};

describe("a circular frame", () => {
  test("keeps the newest rows, the newest last or first", () => {
    expect(valuesOf(filled("tail", 3, 5))).toEqual([3, 4, 5]);
    expect(valuesOf(filled("head", 3, 5))).toEqual([5, 4, 3]);
    expect(valuesOf(filled("tail", 3, 2))).toEqual([1, 2]);
    expect(valuesOf(filled("head", 3, 2))).toEqual([2, 1]);
  });

  test("of any capacity holds what a plain list of the newest rows holds", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 900 }), fc.boolean(), (capacity, count, isHead) => {
      const list = Array.from({ length: count }, (_, i) => i + 1).slice(-capacity);
      const frame = filled(isHead ? "head" : "tail", capacity, count);
      expect(frame.length).toBe(list.length);
      expect(valuesOf(frame)).toEqual(isHead ? list.reverse() : list);
    }));
  });

  test("appends at the tail and keeps 1,000 rows unless told otherwise", () => {
    const frame = new CircularFrame();
    frame.addField({ name: "value" });
    for (let i = 0; i < 1_500; i++)
      frame.add({ value: i });
    expect([frame.length, frame.fields[0]?.values[0], frame.fields[0]?.values[999]]).toEqual([1_000, 500, 1_499]);
  });

  test("takes null and what a row lacks as null, and passes over what no field has", () => {
    const frame = new CircularFrame({ capacity: 5 });
    frame.addField({ name: "time", type: "time" });
    frame.addField({ name: "value", type: "number" });
    frame.add({ time: 4 });
    frame.add({ time: 5, value: null, other: 1 });
    expect([valuesOf(frame, 0), valuesOf(frame, 1), frame.fields.length]).toEqual([[4, 5], [null, null], 2]);
  });

  test("reads values as their field's type, times as ISO 8601 as well", () => {
    const frame = new CircularFrame();
    for (const type of ["time", "number", "boolean", "string"] as const)
      frame.addField({ name: type, type });
    frame.appendRow(["1970-01-01T00:00:01Z", "4.5", "False", 7]);
    frame.appendRow([new Date(2_000), "abc", 1, true]);
    expect([0, 1, 2, 3].map((i) => valuesOf(frame, i))).toEqual([[1_000, 2_000], [4.5, NaN], [false, true], ["7", "true"]]);
  });

  test("is backfilled by a field's values, of which the newest are kept and copied", () => {
    const frame = new CircularFrame({ capacity: 3 });
    const values = [1, 2, 3, 4];
    frame.addField({ name: "value", values });
    expect(valuesOf(frame)).toEqual([2, 3, 4]);
    frame.add({ value: 5 });
    expect(valuesOf(frame)).toEqual([3, 4, 5]);
    expect(values).toEqual([1, 2, 3, 4]);

    const head = new CircularFrame({ capacity: 3, append: "head" });
    head.addField({ name: "value", values: [4, 3, 2, 1] });
    head.add({ value: 5 });
    expect(valuesOf(head)).toEqual([5, 4, 3]);
  });

  test("pads a field that comes later, and the fields that were there", () => {
    const frame = filled("tail", 3, 5);
    frame.addField({ name: "late", type: "number" });
    frame.add({ value: 6, late: 66 });
    expect([valuesOf(frame, 0), valuesOf(frame, 1)]).toEqual([[4, 5, 6], [null, null, 66]]);

    const short = filled("tail", 3, 1);
    short.addField({ name: "long", values: ["a", "b", "c"] });
    expect([valuesOf(short, 0), valuesOf(short, 1)]).toEqual([[null, null, 1], ["a", "b", "c"]]);
  });

  test("makes a field for a value that has none", () => {
    const frame = filled("tail", 3, 1);
    frame.appendRow([2, "text"]);
    frame.appendRow([3]);
    expect(frame.fields.map(({ name, type }) => [name, type])).toEqual([["value", "number"], ["Field 2", "string"]]);
    expect([valuesOf(frame, 0), valuesOf(frame, 1)]).toEqual([[1, 2, 3], [null, "text", null]]);
  });

  test("gives numbers without a copy, and a row by its fields' names", () => {
    const frame = filled("tail", 3, 5);
    expect(frame.fields[0]?.values).toBeInstanceOf(Float64Array);
    expect(frame.fields[0]?.values).toBe(frame.fields[0]?.values);
    expect(frame.get(1)).toEqual({ value: 4 });
    expect(structuredClone(frame.fields[0]?.values)).toEqual(Float64Array.of(3, 4, 5));
  });

  test("refuses a capacity that is none", () => {
    for (const capacity of [0, -1, 1.5, NaN])
      expect(() => new CircularFrame({ capacity })).toThrow(/whole number of 1 or more/);
  });
});
