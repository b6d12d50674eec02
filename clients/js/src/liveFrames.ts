// What a query shows: the newest rows of each channel, as plain arrays that only grow at their ends, ready for uPlot.
import { type Column, isNull } from "./columns.js";
import { keyOf } from "./assembler.js";
import { Joined } from "./joined.js";
import { withoutDetail } from "./thinning.js";
import type { FrameUpdate, QueryUpdate } from "./updates.js";
import type { Field, Gap, Schema } from "./wire.js";

export interface LiveFramesOptions {
  /** The rows kept of each channel; a quarter more may stand there until the surplus goes together. Default 10,000. */
  capacity?: number;
  /**
   * What goes once a channel has more rows: `oldest`, or with `detail` most of the older half, of which the rows with each
   * number's lowest and highest value stay, so that a chart keeps its past and its shape. Where a channel has no numbers
   * it is the oldest in any case. Default `oldest`.
   */
  surplus?: "oldest" | "detail";
  /** Rows older than this, counted in milliseconds from the newest and from now, go before others do. Default: none does. */
  lastMs?: number;
}

/** The same, complete. */
type Limits = Required<LiveFramesOptions>;

/** Times, then one series a line; null is a hole in the line, undefined is no row of that line. */
export type AlignedData = [number[], ...(number | null | undefined)[][]];

/** What a hole is: where it is among the rows, and why. */
export interface LiveGap {
  /** The row that stands for the hole: its time lies within it, and its values are null. */
  row: number;
  reason: Gap["reason"];
}

/** The rows held of one channel in one target. */
export class LiveFrame {
  schema: Schema;
  /** By field of the schema. Times and numbers are numbers or null; the arrays stay the same while rows come. */
  columns: unknown[][];
  gaps: LiveGap[] = [];
  /** Why rows before the first are missing that were here; undefined where none are. */
  gapBefore: Gap["reason"] | undefined;
  /** Of each row, within its epoch; all rows of a thinned run have the run's last one. */
  private offsets: number[] = [];
  private next = 0;
  private timeColumn = 0;

  constructor(readonly refId: string, readonly channel: string, { schema }: FrameUpdate, private readonly limits: Limits) {
    this.schema = schema;
    this.columns = schema.fields.map(() => []);
    this.timeColumn = timeOf(schema);
  }

  get length(): number {
    return this.offsets.length;
  }

  /** The rows' times, in milliseconds since 1970. */
  get times(): number[] {
    return this.columns[this.timeColumn] as number[];
  }

  /** The fields that a chart draws, with their columns. */
  get series(): { field: Field; column: (number | null)[] }[] {
    return this.schema.fields.flatMap((field, i) => (field.type === "number" ? [{ field, column: this.columns[i] as (number | null)[] }] : []));
  }

  /** The arrays themselves, for uPlot, in the order in which rows came: nothing is copied. */
  aligned(): AlignedData {
    return [this.times, ...this.series.map(({ column }) => column)];
  }

  /** Applies an update. @returns The first row that is new, or 0 where others changed, too. */
  apply(update: FrameUpdate): number {
    const { change, gap, schema, columns, offset, count, sampled } = update;
    let isWhole = this.describe(schema);
    if (change === "replaced") {
      this.cut(0);
      this.gapBefore = gap?.reason;
      isWhole = true;
    } else if (gap?.reason === "rollback") {
      this.forget(gap.from);
      isWhole = true;
    }
    const first = this.length;
    if (gap && first > 0)
      this.mark(gap.reason, columns[this.timeColumn]?.[0] as number | undefined);
    this.append(columns, offset, count, sampled !== undefined);
    this.next = offset + count;
    return this.trim() || isWhole ? 0 : first;
  }

  /** Takes another schema over; fields that stay keep their rows. @returns Whether columns changed. */
  private describe(schema: Schema): boolean {
    if (schema === this.schema)
      return false;
    const before = this.schema.fields.map(nameOf);
    this.columns = schema.fields.map((field) => this.columns[before.indexOf(nameOf(field))] ?? new Array<null>(this.length).fill(null));
    this.schema = schema;
    this.timeColumn = timeOf(schema);
    return true;
  }

  private append(columns: readonly Column[], offset: number, count: number, isThinned: boolean): void {
    const rows = columns[0]?.length ?? 0;
    for (let row = 0; row < rows; row++)
      this.offsets.push(isThinned ? offset + count - 1 : offset + row);
    columns.forEach((column, i) => {
      const to = this.columns[i] as unknown[];
      for (let row = 0; row < rows; row++)
        to.push(column instanceof Float64Array ? numberAt(column, row) : (column[row] ?? null));
    });
  }

  private mark(reason: Gap["reason"], nextTime: number | undefined): void {
    const last = this.times.at(-1) as number;
    this.gaps.push({ row: this.length, reason });
    this.columns.forEach((column, i) => column.push(i === this.timeColumn ? last + Math.max(0, ((nextTime ?? last) - last) / 2) : null));
    this.offsets.push(this.next - 1);
  }

  /** Forgets the rows from an offset on, but none from before a reset, where offsets count in another epoch. */
  private forget(offset: number): void {
    const floor = (this.gaps.findLast(({ reason }) => reason === "reset")?.row ?? -1) + 1;
    let end = this.length;
    while (end > floor && (this.offsets[end - 1] as number) >= offset)
      end--;
    this.cut(end);
  }

  private cut(end: number): void {
    for (const column of [...this.columns, this.offsets])
      column.length = end;
    this.gaps = this.gaps.filter(({ row }) => row < end);
  }

  /** Lets the surplus go, a quarter of the capacity at once, so that the rest moves seldom. @returns Whether any went. */
  private trim(): boolean {
    const { capacity, surplus, lastMs } = this.limits;
    if (this.length <= capacity * 1.25)
      return false;
    const lines = this.series.map(({ column }) => column);
    const oldest = Math.min(this.times.at(-1) as number, Date.now()) - lastMs; // A row of the future makes no other one old.
    const inWindow = this.times.findIndex((time) => time >= oldest);
    this.dropFirst(surplus === "detail" && lines.length > 0 ? inWindow : Math.max(inWindow, this.length - capacity));
    if (this.length > capacity) {
      const older = this.length - (capacity >> 2);
      this.retain(withoutDetail(this.times, lines, older, capacity >> 1, this.gaps.map(({ row }) => row)));
      this.dropFirst(Math.max(0, this.length - capacity)); // Where times go up and down there may be no less than there was.
    }
    return true;
  }

  private dropFirst(rows: number): void {
    for (const column of [...this.columns, this.offsets])
      column.splice(0, rows);
    this.gaps = this.gaps.filter(({ row }) => row >= rows).map(({ row, reason }) => ({ row: row - rows, reason }));
  }

  /** Keeps the rows that are named, and those behind the last of them. */
  private retain(kept: readonly number[]): void {
    const behind = (kept.at(-1) ?? -1) + 1;
    const places = new Map(kept.map((row, i) => [row, i]));
    this.gaps = this.gaps.map(({ row, reason }) => ({ row: places.get(row) ?? row - behind + kept.length, reason }));
    for (const column of [...this.columns, this.offsets] as unknown[][]) {
      kept.forEach((row, i) => (column[i] = column[row]));
      column.copyWithin(kept.length, behind);
      column.length -= behind - kept.length;
    }
  }
}

/** The channels of a query, and what they look like on one chart. */
export class LiveFrames {
  private readonly byKey = new Map<string, LiveFrame>();
  private readonly joined = new Map<string | undefined, Joined>();
  private sorted: LiveFrame[] | undefined;
  private readonly limits: Limits;

  constructor({ capacity = 10_000, surplus = "oldest", lastMs = Infinity }: LiveFramesOptions = {}) {
    this.limits = { capacity, surplus, lastMs };
  }

  /** All channels, by target and id. */
  get frames(): readonly LiveFrame[] {
    return (this.sorted ??= [...this.byKey.values()].sort((a, b) => compare(a.refId, b.refId) || compare(a.channel, b.channel)));
  }

  find(refId: string, channel: string): LiveFrame | undefined {
    return this.byKey.get(keyOf(refId, channel));
  }

  apply({ frames }: QueryUpdate): void {
    for (const update of frames) {
      const { refId, channel, change } = update;
      const key = keyOf(refId, channel);
      if (change === "removed") {
        this.byKey.delete(key);
        this.reset();
        continue;
      }
      let frame = this.byKey.get(key);
      if (!frame) {
        this.byKey.set(key, (frame = new LiveFrame(refId, channel, update, this.limits)));
        this.reset();
      }
      const first = frame.apply(update);
      for (const joined of this.joined.values())
        joined.note(frame, first);
    }
  }

  /**
   * All channels of a target, or of all targets, on one axis of time: a line for each number field, in the order of
   * `frames`. Only what came since the last call is put in place, as long as rows come in the order of their times.
   */
  aligned(refId?: string): AlignedData {
    let joined = this.joined.get(refId);
    if (!joined)
      this.joined.set(refId, (joined = new Joined(this.frames.filter((frame) => refId === undefined || frame.refId === refId))));
    return joined.data();
  }

  private reset(): void {
    this.sorted = undefined;
    this.joined.clear();
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function timeOf({ fields }: Schema): number {
  return fields.findIndex(({ type }) => type === "time");
}

function nameOf({ name, type, labels }: Field): string {
  return JSON.stringify([name, type, Object.entries(labels ?? {}).sort()]);
}

/** A chart has no place for NaN and infinities, nor for null. */
function numberAt(column: Float64Array, row: number): number | null {
  const value = column[row] as number;
  return Number.isFinite(value) && !isNull(column, row) ? value : null;
}
