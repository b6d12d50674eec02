import type { AlignedData, LiveFrame } from "./liveFrames.js";

/** Several channels on one axis of time, kept up by what comes at their ends. */
export class Joined {
  private times: number[] = [];
  private lines: (number | null | undefined)[][] = [];
  private readonly first = new Map<LiveFrame, number>(); // The first row that is not in place yet; 0 after anything but rows at the end.
  private isWhole = true; // Whether all has to be put in place anew.

  constructor(private readonly frames: readonly LiveFrame[]) {}

  /** Takes note of rows that came. */
  note(frame: LiveFrame, first: number): void {
    if (first === 0)
      this.isWhole = true;
    else if (!this.first.has(frame))
      this.first.set(frame, first);
  }

  data(): AlignedData {
    if (this.isWhole || !this.isBehind())
      this.restart();
    let line = 0;
    const places = this.frames.map((frame) => {
      const from = line;
      line += frame.series.length;
      return from;
    });
    this.extend();
    this.frames.forEach((frame, i) => this.place(frame, places[i] as number));
    this.first.clear();
    this.isWhole = false;
    return [this.times, ...this.lines];
  }

  private restart(): void {
    this.times = [];
    this.lines = this.frames.flatMap(({ series }) => series.map(() => []));
    for (const frame of this.frames)
      this.first.set(frame, 0);
  }

  /** Whether all that is new comes after, or at, the last time that is in place. */
  private isBehind(): boolean {
    const last = this.times.at(-1) ?? -Infinity;
    for (const [{ times }, first] of this.first)
      for (let row = first; row < times.length; row++)
        if ((times[row] as number) < last)
          return false;
    return true;
  }

  /** Adds the new rows' times. */
  private extend(): void {
    const last = this.times.at(-1) ?? -Infinity;
    const news = new Set<number>();
    for (const [{ times }, first] of this.first)
      for (let row = first; row < times.length; row++)
        if (times[row] !== last)
          news.add(times[row] as number);
    const before = this.times.length;
    for (const time of [...news].sort((a, b) => a - b))
      this.times.push(time);
    // Without a row there, a line goes on from its last point to its next.
    for (const line of this.lines)
      for (let row = before; row < this.times.length; row++)
        line.push(undefined);
  }

  private place(frame: LiveFrame, firstLine: number): void {
    const first = this.first.get(frame);
    if (first === undefined)
      return;
    const { times, series } = frame;
    let at = first < times.length ? firstAt(this.times, times[first] as number) : 0;
    for (let row = first; row < times.length; row++) {
      const time = times[row] as number;
      if (this.times[at] !== time)
        at = this.times[at + 1] === time ? at + 1 : firstAt(this.times, time);
      series.forEach(({ column }, i) => ((this.lines[firstLine + i] as (number | null | undefined)[])[at] = column[row]));
    }
  }
}

function firstAt(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < time)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}
