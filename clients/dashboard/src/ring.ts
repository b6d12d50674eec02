// The newest rows of one channel by column, in memory that grows on demand up to a limit. Rows are named by how many
// were ever appended before them, so a row keeps its name while older ones fall out.
import { type Column, fillNull } from "@hubserver/client";
import type { Field } from "@hubserver/client";

/** Of each (refId, channel): an hour at 4 rows a second. A power of two, since a row's place is `row & mask`. */
export const maxRows = 16_384;
const firstRows = 512;

export interface Ring {
  /** One after the newest row. */
  end: number;
  /** The oldest row held. */
  start: number;
  /** False once a row came with an earlier time than the one before it; then time cannot be searched by halving. */
  isSorted: boolean;
  mask: number;
  /** The offset of each row within its epoch; of a thinned run it is an estimate. */
  offsets: Float64Array;
  times: Float64Array;
  columns: Column[];
}

export function createRing(): Ring {
  return { end: 0, start: 0, isSorted: true, mask: firstRows - 1, offsets: new Float64Array(firstRows), times: new Float64Array(firstRows), columns: [] };
}

/** Makes the columns those of `fields`; a field that `held` has too keeps its rows, another one is null in them. */
export function setFields(ring: Ring, held: Field[], fields: Field[]): void {
  ring.columns = fields.map((field) => {
    const before = ring.columns[held.findIndex((one) => isSameField(one, field))];
    if (before)
      return before;
    const size = ring.mask + 1;
    const column: Column = field.type === "string" ? new Array<string | boolean | null>(size) : new Float64Array(size);
    fillNull(column, 0, size);
    return column;
  });
}

export function isSameField(a: Field, b: Field): boolean {
  return a.name === b.name && a.type === b.type && JSON.stringify(a.labels ?? {}) === JSON.stringify(b.labels ?? {});
}

/** Appends rows, dropping the oldest beyond the limit. */
export function appendRows(ring: Ring, columns: Column[], times: Float64Array, firstOffset: number, offsetStep: number): void {
  const skipped = Math.max(0, times.length - maxRows);
  const count = times.length - skipped;
  grow(ring, Math.min(maxRows, ring.end - ring.start + count));
  const first = ring.end + skipped;
  if (skipped > 0)
    ring.start = ring.end = first;
  for (let i = 0; i < count; i++) {
    const place = (first + i) & ring.mask;
    const time = times[skipped + i] as number;
    if (ring.end + i > ring.start && time < (ring.times[(first + i - 1) & ring.mask] as number))
      ring.isSorted = false;
    ring.times[place] = time;
    ring.offsets[place] = firstOffset + (skipped + i) * offsetStep;
  }
  ring.columns.forEach((column, c) => copyColumn(column, columns[c], skipped, count, first, ring.mask));
  ring.end = first + count;
  ring.start = Math.max(ring.start, ring.end - (ring.mask + 1));
}

/** Forgets the rows from `row` on. */
export function truncate(ring: Ring, row: number): void {
  ring.end = Math.max(ring.start, Math.min(ring.end, row));
}

/** The first row with a time at or after `time`; `end` if there is none. Of an unsorted ring, its first row. */
export function firstAt(ring: Ring, time: number): number {
  return ring.isSorted ? firstWhere(ring, (one) => one >= time) : ring.start;
}

/** The newest row with a time at or before `time`; -1 if there is none. */
export function lastAt(ring: Ring, time: number): number {
  let row = (ring.isSorted ? firstWhere(ring, (one) => one > time) : ring.end) - 1;
  while (row >= ring.start && timeOf(ring, row) > time)
    row--;
  return row >= ring.start ? row : -1;
}

function firstWhere(ring: Ring, isAfter: (time: number) => boolean): number {
  let [low, high] = [ring.start, ring.end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isAfter(timeOf(ring, middle)))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

export function timeOf(ring: Ring, row: number): number {
  return ring.times[row & ring.mask] as number;
}

export function offsetOf(ring: Ring, row: number): number {
  return ring.offsets[row & ring.mask] as number;
}

function copyColumn(to: Column, from: Column | undefined, skipped: number, count: number, first: number, mask: number): void {
  const size = mask + 1;
  const place = first & mask;
  const head = Math.min(count, size - place);
  if (to instanceof Float64Array && from instanceof Float64Array) {
    to.set(from.subarray(skipped, skipped + head), place);
    to.set(from.subarray(skipped + head, skipped + count), 0);
    return;
  }
  for (let i = 0; i < count; i++) {
    const target = (first + i) & mask;
    if (from === undefined || to instanceof Float64Array)
      fillNull(to, target, target + 1);
    else
      to[target] = (from[skipped + i] ?? null) as string | boolean | null;
  }
}

function grow(ring: Ring, rows: number): void {
  const before = ring.mask + 1;
  let size = before;
  while (size < rows)
    size *= 2;
  if (size === before)
    return;

  // A ring grows only until it is full for the first time, and until then every row stands at its own number.
  const move = (column: Column): Column => {
    const moved: Column = column instanceof Float64Array ? new Float64Array(size) : new Array<string | boolean | null>(size);
    copyColumn(moved, column, 0, ring.end, 0, size - 1);
    return moved;
  };
  ring.offsets = move(ring.offsets) as Float64Array;
  ring.times = move(ring.times) as Float64Array;
  ring.columns = ring.columns.map(move);
  ring.mask = size - 1;
}
