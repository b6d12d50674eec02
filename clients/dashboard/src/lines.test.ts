import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { drawLine, type Line, type View } from "./lines";
import { appendRows, createRing, setFields } from "./ring";
import type { HeldGap } from "./store";
import type { Field } from "@hubserver/client";

type Point = [x: number, y: number];

/** What a browser would draw. */
class Path {
  readonly runs: Point[][] = [];
  moveTo(x: number, y: number): void {
    this.runs.push([[x, y]]);
  }
  lineTo(x: number, y: number): void {
    this.runs.at(-1)?.push([x, y]);
  }
  closePath(): void {}
}

beforeAll(() => {
  vi.stubGlobal("Path2D", Path);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const fields: Field[] = [{ name: "time", type: "time" }, { name: "value", type: "number" }];
// A pixel is a millisecond wide and 1 high, and the y axis points up.
const view: View = { left: 0, top: 0, width: 100, height: 100, from: 0, to: 100, min: 0, max: 100 };

function lineOf(times: number[], values: number[], gaps: HeldGap[] = []): Line {
  const ring = createRing();
  setFields(ring, [], fields);
  appendRows(ring, [Float64Array.from(times), Float64Array.from(values)], Float64Array.from(times), 0, 1);
  return { key: "", name: "", unit: "", column: 1, held: { refId: "A", channel: "a", epoch: "1", next: times.length, schema: undefined, fields, ring, gaps, changes: 1, shape: 1 } };
}

function strokeOf(line: Line): Point[][] {
  return (drawLine(line, view).stroke as unknown as Path).runs;
}

test("a row alone in its pixel column is drawn where it is", () =>
  expect(strokeOf(lineOf([10.25, 20.75, 30.5], [0, 50, 100]))).toEqual([[[10.25, 100], [10.25, 100], [20.75, 50], [30.5, 0]]]));

test("rows of one pixel column are drawn as the span of their values, and the line goes on from the newest", () =>
  expect(strokeOf(lineOf([9, 10.1, 10.3, 10.6, 10.9, 11], [50, 50, 20, 90, 40, 40]))).toEqual([[[9, 50], [9, 50], [10.5, 10], [10.5, 80], [10.5, 60], [11, 60]]]));

test("a line of many rows has at most three points a pixel column, on whole pixels, and says that it is dense", () => {
  const times = Array.from({ length: 500 }, (_, i) => i / 5);
  const dense = drawLine(lineOf(times, times.map((time) => 50 + (time * 37) % 20)), view);
  expect((dense.stroke as unknown as Path).runs.flat().length).toBeLessThanOrEqual(301);
  expect((dense.fill as unknown as Path).runs.flat().length).toBe(102);
  expect(dense.isDense).toBe(true);
  expect((dense.stroke as unknown as Path).runs.flat().every(([, y]) => y % 1 === 0.5)).toBe(true);
  expect(drawLine(lineOf([0, 50, 99], [1, 2, 3]), view).isDense).toBe(false);
});

test("a line is broken at gaps and where there is no value, and a row between two holes is still seen", () => {
  const runs = strokeOf(lineOf([10, 20, 30, 40, 50, 60], [1, 2, NaN, 4, 5, 6], [{ row: 4, reason: "lapped" }]));
  expect(runs.map((points) => points.map(([x]) => x))).toEqual([[10, 10, 20], [40, 40, 42], [50, 50, 60]]);
});
