// What the page holds: rows and positions of every (refId, channel), by the rules of PROTOCOL.md 6.2. In one thing it
// goes further than it must: where the past is gone on the server, it keeps the picture it had, before a gap.
import { type Column, decodeColumn } from "./decode";
import { appendRows, createRing, firstAt, isSameField, offsetOf, type Ring, setFields, timeOf, truncate } from "./ring";
import type { Field, Frame, Gap, Item, Position } from "./wire";

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
  /** Starts another call of `Query`: parts of a past that the call before did not finish are dropped. */
  begin(): void;
  /** Applies an item as a whole and gives the number of new rows. Throws where the server breaks the contract. */
  apply(item: Item): number;
  positions(): Position[];
  /** Forgets what is held for targets that are no longer there. */
  keepOnly(refIds: ReadonlySet<string>): void;
}

export function createStore(): Store {
  const targets = new Map<string, Held[]>();
  const open = new Map<string, Frame[]>(); // The parts of a past whose last part has not come.

  function applyFrame(frame: Frame): number {
    const key = `${frame.refId} ${frame.channel}`;
    const parts = open.get(key) ?? [];
    open.delete(key);
    if (frame.more) {
      open.set(key, [...parts, frame]);
      return 0;
    }
    return [...parts, frame].reduce((rows, part) => rows + applyPart(part), 0);
  }

  function applyPart(frame: Frame): number {
    const held = find(frame);
    if (frame.kind === "removed") {
      targets.set(frame.refId, (targets.get(frame.refId) ?? []).filter((one) => one.channel !== frame.channel));
      return 0;
    }
    const schema = frame.schema?.fields ?? held?.fields;
    if (!schema || (frame.kind === "delta" && !held))
      throw new Error(`a ${frame.kind} of ${frame.channel} before its schema or its snapshot`);

    const to = held ?? add(frame);
    const { columns, times } = decode(frame, schema);
    if (held)
      cut(to, frame, times);
    if (frame.schema)
      describe(to, schema);
    appendRows(to.ring, columns, times, frame.offset, times.length > 0 ? frame.count / times.length : 1);
    to.epoch = frame.epoch;
    to.next = frame.offset + frame.count;
    to.changes++;
    to.gaps = to.gaps.filter(({ row }) => row > to.ring.start).slice(-maxGaps);
    return times.length;
  }

  function find({ refId, channel }: Frame): Held | undefined {
    return targets.get(refId)?.find((held) => held.channel === channel);
  }

  function add({ refId, channel, epoch }: Frame): Held {
    const held: Held = { refId, channel, epoch, next: 0, fields: [], ring: createRing(), gaps: [], changes: 0, shape: ++shapes };
    targets.set(refId, [...(targets.get(refId) ?? []), held].sort((a, b) => (a.channel < b.channel ? -1 : 1)));
    return held;
  }

  return {
    channelsOf: (refId) => targets.get(refId) ?? [],
    begin: () => open.clear(),
    apply: (item) => item.frames.reduce((rows, frame) => rows + applyFrame(frame), 0),
    positions: () => [...targets.values()].flat().map(({ refId, channel, epoch, next }) => ({ refId, channel, epoch, offset: next - 1 })),
    keepOnly(refIds) {
      for (const refId of [...targets.keys()])
        if (!refIds.has(refId))
          targets.delete(refId);
    },
  };
}

function decode(frame: Frame, fields: Field[]): { columns: Column[]; times: Float64Array } {
  const columns = frame.data.values.map((column, i) => decodeColumn(column, fields[i]?.type ?? "string"));
  const times = columns[fields.findIndex((field) => field.type === "time")];
  if (!(times instanceof Float64Array))
    throw new Error(`${frame.channel} has no field of type time`);
  return { columns, times };
}

/** Makes what is held ready for the frame's rows: forgets what must be forgotten and marks the hole. */
function cut(held: Held, frame: Frame, times: Float64Array): void {
  const { ring } = held;
  if (frame.kind === "delta" && !frame.gap) {
    if (frame.offset !== held.next)
      throw new Error(`a delta of ${frame.channel} starts at ${frame.offset} instead of ${held.next}`);
    return;
  }
  if (frame.kind === "snapshot" && !frame.gap && frame.epoch === held.epoch) {
    truncate(ring, ring.start);
    return;
  }

  const reason = frame.gap?.reason ?? "reset";
  if (frame.gap && reason === "rollback")
    forget(held, frame.gap.from);
  // The new past may reach back into the old one, which then ends where it begins.
  const first = times[0];
  if (frame.kind === "snapshot" && first !== undefined)
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
