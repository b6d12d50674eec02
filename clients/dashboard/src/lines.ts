// Lines straight from the rings: at most three points per pixel column, broken where there is no value and at gaps.
import { type Ring, firstAt, lastAt, timeOf } from "./ring";
import { type Held, gapSpan } from "./store";

/** One field of one channel. */
export interface Line {
  key: string;
  name: string;
  held: Held;
  column: number;
  unit: string;
}

/** The plot in canvas pixels and what it shows. */
export interface View {
  left: number;
  top: number;
  width: number;
  height: number;
  from: number;
  to: number;
  min: number;
  max: number;
}

export interface LinePaths {
  stroke: Path2D;
  fill: Path2D;
  /** Whether there are more rows than every second pixel column can show apart. */
  isDense: boolean;
}

export function numbersOf({ held, column }: Line): Float64Array | undefined {
  const values = held.ring.columns[column];
  return values instanceof Float64Array ? values : undefined;
}

/** The rows to draw: those of the span, and one on each side, so that the line reaches the edges. */
function rowsOf(ring: Ring, from: number, to: number): [first: number, end: number] {
  const first = Math.max(ring.start, firstAt(ring, from) - 1);
  const last = ring.isSorted ? lastAt(ring, to) + 2 : ring.end;
  return [first, Math.min(ring.end, Math.max(first, last))];
}

/** The least and the greatest finite value that is in view; undefined if there is none. */
export function extent(lines: readonly Line[], from: number, to: number): [min: number, max: number] | undefined {
  let [min, max] = [Infinity, -Infinity];
  for (const line of lines) {
    const values = numbersOf(line);
    const { ring } = line.held;
    const [first, end] = rowsOf(ring, from, to);
    for (let row = first; values && row < end; row++) {
      const value = values[row & ring.mask] as number;
      if (!Number.isFinite(value))
        continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  return min <= max ? [min, max] : undefined;
}

export function drawLine(line: Line, view: View): LinePaths {
  const [stroke, fill] = [new Path2D(), new Path2D()];
  const values = numbersOf(line);
  const { ring, gaps } = line.held;
  if (!values)
    return { stroke, fill, isDense: false };

  const xScale = view.width / (view.to - view.from);
  const yScale = view.height / (view.max - view.min);
  const bottom = view.top + view.height;
  const breaks = new Set(gaps.map(({ row }) => row));
  let start = NaN; // Where the run of joined points began; NaN between runs.
  // The pixel column that is being filled. A row that is alone in it keeps its own place, so that a line of few rows
  // does not tremble while it moves on; further ones stand in the middle, where a stroke of one pixel fills the column.
  let [column, x, low, high, last] = [NaN, NaN, 0, 0, 0];

  const flush = (): void => {
    if (low !== last)
      stroke.lineTo(x, low);
    if (high !== last)
      stroke.lineTo(x, high);
    stroke.lineTo(x, last);
    fill.lineTo(x, last);
  };
  const finish = (): void => {
    if (Number.isNaN(start))
      return;
    flush();
    // A point alone between two holes has no line, so it gets a short one.
    if (x - start < 1)
      stroke.lineTo(x + 2, last);
    fill.lineTo(x, bottom);
    fill.closePath();
    start = NaN;
  };

  const [first, end] = rowsOf(ring, view.from, view.to);
  // A stroke of one pixel between two rows of pixels would be faint in both.
  const isDense = end - first > view.width / 2;
  for (let row = first; row < end; row++) {
    const value = values[row & ring.mask] as number;
    if (!Number.isFinite(value) || breaks.has(row))
      finish();
    if (!Number.isFinite(value))
      continue;

    const at = view.left + (timeOf(ring, row) - view.from) * xScale;
    const exact = bottom - (value - view.min) * yScale;
    const y = isDense ? Math.floor(exact) + 0.5 : exact;
    if (Math.floor(at) === column && !Number.isNaN(start)) {
      [x, low, high, last] = [column + 0.5, Math.min(low, y), Math.max(high, y), y];
      continue;
    }
    if (Number.isNaN(start)) {
      start = at;
      stroke.moveTo(at, y);
      fill.moveTo(at, bottom);
    } else {
      flush();
    }
    [column, x, low, high, last] = [Math.floor(at), at, y, y, y];
  }
  finish();
  return { stroke, fill, isDense };
}

/** The holes in view of any of the channels, those that overlap joined, in order. */
export function gapsInView(channels: readonly Held[], from: number, to: number): [from: number, to: number][] {
  const spans = channels
    .flatMap((held) => held.gaps.filter(({ row }) => row > held.ring.start).map((gap) => gapSpan(held, gap)))
    .filter(([start, end]) => end > from && start < to)
    .sort(([a], [b]) => a - b);
  const joined: [number, number][] = [];
  for (const [start, end] of spans) {
    const before = joined.at(-1);
    if (before && start <= before[1])
      before[1] = Math.max(before[1], end);
    else
      joined.push([start, end]);
  }
  return joined;
}
