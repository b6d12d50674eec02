// What the page holds: rows and positions of every (refId, channel). Where the past is gone on the server, it keeps the
// picture it had, before a gap.
import { type Column, fillNull, type Field, type FrameUpdate, type Gap, type QueryUpdate, type Resume } from "@hubserver/client";
import { appendRows, createRing, firstAt, isSameField, offsetOf, type Ring, setFields, timeOf, truncate } from "./ring";

/** A hole before `row`, the first row that is held after it. */
export interface HeldGap {
  row: number;
  reason: Gap["reason"];
}

export interface Held {
  refId: string;
  channel: string;
  epoch: string;
  next: number;
  /** What the columns were described by last; `fields` may have former ones behind its own. */
  schema: FrameUpdate["schema"] | undefined;
  fields: Field[];
  ring: Ring;
  gaps: HeldGap[];
  /** Goes up with whatever changes, so that what did not change need not be drawn again. */
  changes: number;
  /** A number of no other fields of any channel: what was built for it has to be built anew once it is another. */
  shape: number;
}

const maxGaps = 100;
const maxFields = 256;

let shapes = 0;

export interface Store {
  /** The channels of a target, in the order of their ids. */
  channelsOf(refId: string): readonly Held[];
  /** Applies an update and gives the number of new rows. */
  apply(update: Pick<QueryUpdate, "frames">): number;
  positions(): Resume[];
  /** Forgets what is held for targets that are no longer there. */
  keepOnly(refIds: ReadonlySet<string>): void;
}

export function createStore(): Store {
  const targets = new Map<string, Held[]>();

  function applyFrame(frame: FrameUpdate): number {
    if (frame.change === "removed") {
      targets.set(frame.refId, (targets.get(frame.refId) ?? []).filter((one) => one.channel !== frame.channel));
      return 0;
    }

    const held = find(frame);
    const to = held ?? add(frame);
    const { fields } = frame.schema;
    const columns = frame.columns.map((column, i) => (fields[i]?.type === "boolean" ? numbersOf(column) : column));
    const times = columns[fields.findIndex(({ type }) => type === "time")] as Float64Array;
    if (held)
      cut(to, frame, times);
    if (to.schema !== frame.schema)
      describe(to, fields);
    to.schema = frame.schema;
    appendRows(to.ring, columns, times, frame.offset, times.length > 0 ? frame.count / times.length : 1);
    to.epoch = frame.epoch;
    to.next = frame.offset + frame.count;
    to.changes++;
    to.gaps = to.gaps.filter(({ row }) => row > to.ring.start).slice(-maxGaps);
    return times.length;
  }

  function find({ refId, channel }: FrameUpdate): Held | undefined {
    return targets.get(refId)?.find((held) => held.channel === channel);
  }

  function add({ refId, channel, epoch }: FrameUpdate): Held {
    const held: Held = { refId, channel, epoch, next: 0, schema: undefined, fields: [], ring: createRing(), gaps: [], changes: 0, shape: ++shapes };
    targets.set(refId, [...(targets.get(refId) ?? []), held].sort((a, b) => (a.channel < b.channel ? -1 : 1)));
    return held;
  }

  return {
    channelsOf: (refId) => targets.get(refId) ?? [],
    apply: ({ frames }) => frames.reduce((rows, frame) => rows + applyFrame(frame), 0),
    positions: () => [...targets.values()].flat().map(({ refId, channel, epoch, next }) => ({ refId, channel, epoch, offset: next - 1 })),
    keepOnly(refIds) {
      for (const refId of [...targets.keys()])
        if (!refIds.has(refId))
          targets.delete(refId);
    },
  };
}

/** Yes and no as 1 and 0, which a line can show. */
function numbersOf(column: Column): Float64Array {
  const numbers = Float64Array.from(column as (boolean | null)[], Number);
  column.forEach((value, row) => value === null && fillNull(numbers, row, row + 1));
  return numbers;
}

/** Makes what is held ready for the frame's rows: forgets what must be forgotten and marks the hole. */
function cut(held: Held, frame: FrameUpdate, times: Float64Array): void {
  const { ring } = held;
  if (frame.change === "appended")
    return;
  if (frame.change === "replaced" && !frame.gap && frame.epoch === held.epoch) {
    truncate(ring, ring.start);
    return;
  }

  const reason = frame.gap?.reason ?? "reset";
  if (frame.gap && reason === "rollback")
    forget(held, frame.gap.from);
  // The new past may reach back into the old one, which then ends where it begins.
  const first = times[0];
  if (frame.change === "replaced" && first !== undefined)
    truncate(ring, firstAt(ring, first));
  if (ring.end > ring.start && held.gaps.at(-1)?.row !== ring.end)
    held.gaps.push({ row: ring.end, reason });
}

function forget(held: Held, offset: number): void {
  const { ring, gaps } = held;
  // Before a reset, offsets count in an epoch that was left long ago.
  const first = gaps.findLast(({ reason }) => reason === "reset")?.row ?? ring.start;
  let row = ring.end;
  while (row > Math.max(first, ring.start) && offsetOf(ring, row - 1) >= offset)
    row--;
  truncate(ring, row);
  held.gaps = gaps.filter((gap) => gap.row <= row);
}

/** Takes a schema over. Fields of an epoch that was left stay behind the new ones, for the rows that have them. */
function describe(held: Held, schema: Field[]): void {
  const former = held.fields.filter((field) => !schema.some((one) => isSameField(one, field)));
  const fields = [...schema, ...former].slice(0, Math.max(schema.length, maxFields));
  setFields(held.ring, held.fields, fields);
  held.fields = fields;
  held.shape = ++shapes;
}

/** The times between which a gap lies; without a row after it, it has no end. */
export function gapSpan({ ring }: Held, { row }: HeldGap): [from: number, to: number] {
  return [timeOf(ring, row - 1), row < ring.end ? timeOf(ring, row) : Infinity];
}
