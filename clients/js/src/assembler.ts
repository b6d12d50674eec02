// Applies items by the rules of PROTOCOL.md section 6, and knows what to resume from. Gives nothing out before the past
// is complete, of a query and of each channel.
import { type Column, concat, decodeColumns } from "./columns.js";
import type { FrameUpdate } from "./updates.js";
import type { Gap, Item, ItemError, Resume, Schema, WireFrame } from "./wire.js";

/** How far a channel came in one target. */
export interface Held {
  readonly refId: string;
  readonly channel: string;
  readonly epoch: string;
  readonly next: number;
  readonly schema: Schema;
}

/** A past of which parts came, and the last has not. */
interface Open {
  readonly held: Held;
  readonly updates: FrameUpdate[];
}

/** What an item leads to. */
export interface Assembled {
  frames: FrameUpdate[];
  errors: readonly ItemError[];
  isStale: boolean;
  isDone: boolean;
}

/** The server broke the contract; nothing of the item was applied. */
export class BrokenContractError extends Error {
  override readonly name = "BrokenContractError";

  constructor(message: string, readonly refId?: string, readonly channel?: string) {
    super(`the server broke the contract: ${message}`);
  }
}

const reasons: ReadonlySet<string> = new Set<Gap["reason"]>(["lapped", "rollback", "reset"]);
const states: ReadonlySet<string> = new Set<Item["state"]>(["Loading", "Streaming", "Done"]);
const noErrors: readonly ItemError[] = [];

/** One query's positions, over all of its calls. */
export class Assembler {
  private held = new Map<string, Held>(); // What was given out.
  private ahead = new Map<string, Held | undefined>(); // What differs from it, and is given out with the end of the past; undefined where a channel went.
  private open = new Map<string, Open>();
  private pending: FrameUpdate[] = []; // Of a past that is not complete yet.
  private errors = noErrors;
  private isStale = false;
  private isLoading = true;
  private readonly lost = new Map<string, Held>(); // What a reader has and is not asked about any more: told with the next past.

  /** @param resume What is held already; its fields come with each channel's first frame. */
  constructor(resume: readonly Resume[] = []) {
    this.held = heldOf(resume);
  }

  /** Begins another call: what it does not give anew is held still, and parts of a past that did not end are dropped. */
  begin(): void {
    this.ahead.clear();
    this.open.clear();
    this.pending = [];
    this.errors = noErrors;
    this.isStale = false;
    this.isLoading = true;
  }

  /** What the next call resumes from. */
  positions(): Resume[] {
    return [...this.held.values()].map(({ refId, channel, epoch, next }) => ({ refId, channel, epoch, offset: next - 1 }));
  }

  /** Goes back to what a reader took in, where what came after that was dropped. */
  restore(taken: ReadonlyMap<string, Held>): void {
    this.held = new Map(taken);
    this.lost.clear();
  }

  /** Forgets the position of a channel, whose next frame then says that there is a hole. */
  forget(refId: string, channel: string): void {
    const key = keyOf(refId, channel);
    const held = this.held.get(key);
    if (held)
      this.lost.set(key, held);
    this.held.delete(key);
  }

  /**
   * Applies an item as a whole, and gives what a reader is to see; undefined where that is nothing yet.
   * @throws BrokenContractError after which nothing of the item was applied.
   */
  apply(item: Item): Assembled | undefined {
    if (!states.has(item.state))
      throw new BrokenContractError(`the state '${item.state}' is unknown`);

    const staged = new Map(this.ahead);
    const open = new Map(this.open);
    const frames = item.frames.flatMap((frame) => this.applyFrame(frame, staged, open));
    this.open = open;
    const changed = item.errors !== undefined || (item.stale ?? this.isStale) !== this.isStale || this.isLoading;
    this.errors = item.errors ?? this.errors;
    this.isStale = item.stale ?? this.isStale;
    if (item.state === "Loading") {
      this.ahead = staged;
      this.pending.push(...frames);
      return undefined;
    }

    this.commit(staged);
    const all = [...this.pending, ...frames, ...(this.isLoading && !this.isStale ? this.gone() : [])];
    this.pending = [];
    this.isLoading = false;
    const isDone = item.state === "Done";
    return all.length > 0 || changed || isDone ? { frames: all, errors: this.errors, isStale: this.isStale, isDone } : undefined;
  }

  private commit(staged: Map<string, Held | undefined>): void {
    for (const [key, held] of staged)
      if (held) {
        this.held.set(key, held);
        this.lost.delete(key);
      } else {
        this.held.delete(key);
      }
    this.ahead = new Map();
  }

  /** Channels that were asked for anew, and of which the past that is complete now says nothing. */
  private gone(): FrameUpdate[] {
    const gone = [...this.lost.values()].map((held) => removal(held, { epoch: held.epoch, offset: held.next }));
    this.lost.clear();
    return gone;
  }

  private applyFrame(frame: WireFrame, staged: Map<string, Held | undefined>, open: Map<string, Open>): FrameUpdate[] {
    const key = keyOf(frame.refId, frame.channel);
    const parts = open.get(key);
    const before = parts?.held ?? (staged.has(key) ? staged.get(key) : this.held.get(key));
    open.delete(key);
    if (parts && frame.kind !== "delta")
      throw broken(frame, "another past begins, or the channel goes, between the parts of one");
    if (frame.kind === "removed") {
      staged.set(key, undefined);
      return before ? [removal(before, frame)] : [];
    }

    requireStart(frame, before);
    const schema = schemaOf(frame, before);
    const held = { refId: frame.refId, channel: frame.channel, epoch: frame.epoch, next: frame.offset + frame.count, schema };
    const updates = [...(parts?.updates ?? []), this.update(frame, key, schema, columnsOf(frame, schema))];
    if (frame.more) {
      open.set(key, { held, updates });
      return [];
    }
    staged.set(key, held);
    return join(updates);
  }

  private update(frame: WireFrame, key: string, schema: Schema, columns: Column[]): FrameUpdate {
    const lost = frame.kind === "snapshot" ? this.lost.get(key) : undefined;
    const gap: Gap | undefined = frame.gap ?? (lost && { epoch: lost.epoch, from: lost.next, to: null, reason: "reset" });
    return {
      refId: frame.refId,
      channel: frame.channel,
      change: frame.kind === "snapshot" ? "replaced" : gap ? "gap" : "appended",
      ...(gap && { gap }),
      schema,
      columns,
      epoch: frame.epoch,
      offset: frame.offset,
      count: frame.count,
      ...(frame.sampled !== undefined && { sampled: frame.sampled }),
    };
  }
}

/** Notes how far a reader comes who takes these frames. */
export function take(taken: Map<string, Held>, frames: readonly FrameUpdate[]): void {
  for (const { refId, channel, change, schema, epoch, offset, count } of frames)
    if (change === "removed")
      taken.delete(keyOf(refId, channel));
    else
      taken.set(keyOf(refId, channel), { refId, channel, epoch, next: offset + count, schema });
}

/** What names a channel in a target: no refId that differs makes the same text, since a line feed is in no channel's name. */
export function keyOf(refId: string, channel: string): string {
  return `${channel}\n${refId}`;
}

/** Positions as what is held; the fields come with each channel's first frame. */
export function heldOf(resume: readonly Resume[]): Map<string, Held> {
  return new Map(resume.map(({ refId, channel, epoch, offset }) =>
    [keyOf(refId, channel), { refId, channel, epoch, next: offset + 1, schema: { name: channel, fields: [] } }]));
}

function removal(held: Held, { epoch, offset }: Pick<WireFrame, "epoch" | "offset">): FrameUpdate {
  const columns = held.schema.fields.map(({ type }): Column => (type === "time" || type === "number" ? new Float64Array(0) : []));
  return { refId: held.refId, channel: held.channel, change: "removed", schema: held.schema, columns, epoch, offset, count: 0 };
}

function broken({ refId, channel }: WireFrame, text: string): BrokenContractError {
  return new BrokenContractError(`${text}, for channel ${channel} of target ${refId}`, refId, channel);
}

/** Requires that a frame follows what is held as PROTOCOL.md 6.2 and 6.3 say. */
function requireStart(frame: WireFrame, before: Held | undefined): void {
  const { kind, gap, offset } = frame;
  if (kind !== "snapshot" && kind !== "delta")
    throw broken(frame, `a frame of kind '${String(kind)}' came`);
  if (gap && !reasons.has(gap.reason))
    throw broken(frame, `a gap of reason '${gap.reason}' came`);
  if (kind === "snapshot")
    return;
  if (!before)
    throw broken(frame, "a delta came before a snapshot");
  if (gap && (gap.epoch !== before.epoch || gap.from > before.next || (gap.reason === "lapped" && gap.from !== before.next)))
    throw broken(frame, `a gap starts at ${gap.epoch}@${gap.from}, and what is held ends at ${before.epoch}@${before.next}`);

  const start = !gap ? before.next : gap.reason === "lapped" ? (gap.to ?? NaN) + 1 : gap.reason === "rollback" ? gap.from : offset;
  if (offset !== start)
    throw broken(frame, `a delta starts at ${offset} instead of ${start}`);
}

/** The fields that hold now; the object that is held where they are the same, as in every first frame after a loss. */
function schemaOf(frame: WireFrame, before: Held | undefined): Schema {
  const schema = frame.schema ?? before?.schema;
  if (!schema)
    throw broken(frame, "a snapshot came before its schema");
  return frame.schema && before && JSON.stringify(schema) === JSON.stringify(before.schema) ? before.schema : schema;
}

function columnsOf(frame: WireFrame, { fields }: Schema): Column[] {
  let columns: Column[];
  try {
    columns = decodeColumns(frame.data, fields.map(({ type }) => type));
  } catch (error) {
    throw broken(frame, (error as Error).message);
  }
  const rows = columns[0]?.length ?? 0;
  if (rows > frame.count || (rows < frame.count && frame.sampled === undefined))
    throw broken(frame, `${rows} rows came where ${frame.count} were counted`);
  return columns;
}

/** The parts of one past as few updates: a part that says something new besides its rows stands for itself. */
function join(parts: readonly FrameUpdate[]): FrameUpdate[] {
  const runs: FrameUpdate[][] = [];
  for (const part of parts) {
    const run = runs.at(-1);
    const [first] = run ?? [];
    if (run && first && part.change === "appended" && part.schema === first.schema && part.epoch === first.epoch && part.sampled === first.sampled)
      run.push(part);
    else
      runs.push([part]);
  }
  return runs.map(([first, ...more]) => ({
    ...(first as FrameUpdate),
    columns: (first as FrameUpdate).columns.map((column, i) => concat([column, ...more.map(({ columns }) => columns[i] as Column)])),
    count: more.reduce((count, part) => count + part.count, (first as FrameUpdate).count),
  }));
}
