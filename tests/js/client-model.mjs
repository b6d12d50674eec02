// A client of the wire contract, written against PROTOCOL.md 6 and not against any client of ours: it holds what an
// honest client holds, and throws where the server breaks a promise.
import { decodeColumns } from "./columns.mjs";

const states = ["Loading", "Streaming", "Done"];
const isType = {
  time: (value) => typeof value === "number",
  number: (value) => typeof value === "number",
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
};

/**
 * `held` maps `refId channel` to `{refId, channel, epoch, next, fields, runs, gaps}`. A run is what one frame brought:
 * `{epoch, offset, count, rows, sampled?}`, its rows as objects by field name.
 */
export function createClient({ isBinary, maxDataPoints = Infinity }) {
  const held = new Map();
  let open = new Map(); // Pasts whose last part has not come; nobody may see them.
  let described = new Set(); // Whose schema this call has sent.
  let state;
  let errors = [];
  let isStale = false;

  /** Starts another call of `Query`. Parts of a past that the call before did not finish are dropped. */
  function begin() {
    [open, described, state, errors, isStale] = [new Map(), new Set(), undefined, [], false];
  }

  /** What the next call resumes from. */
  function positions() {
    return [...held.values()].map(({ refId, channel, epoch, next }) => ({ refId, channel, epoch, offset: next - 1 }));
  }

  function apply(item) {
    demand(states.includes(item.state), `'${item.state}' is no state`);
    demand(state !== "Done", "an item after Done");
    demand(state !== "Streaming" || item.state === "Streaming", `${item.state} after Streaming`);
    demand(state !== undefined || item.server, "the first item has no server");
    for (const frame of item.frames)
      applyFrame(frame);
    isStale = item.stale ?? isStale;
    errors = item.errors ?? errors;
    demand(state === "Streaming" || item.state === "Loading" || isStale || open.size === 0, `${item.state} before the past is complete`);
    state = item.state;
  }

  function applyFrame(frame) {
    const key = `${frame.refId} ${frame.channel}`;
    const where = `${frame.kind} of ${key} at ${frame.epoch}:${frame.offset}+${frame.count}`;
    demand(Number.isSafeInteger(frame.offset) && frame.offset >= 0 && Number.isSafeInteger(frame.count) && frame.count >= 0, where);
    if (frame.kind === "removed") {
      demand(held.has(key) && !open.has(key), `${where}: not held, or amid its past`);
      held.delete(key);
      described.delete(key);
      return;
    }

    const before = open.get(key) ?? held.get(key);
    const after = frame.kind === "snapshot" ? restart(frame, before, open.has(key), where) : append(frame, before, open.has(key), where);
    describe(after, before, frame, key, where);
    after.runs.push(runOf(frame, after.fields, where));
    after.epoch = frame.epoch;
    after.next = frame.offset + frame.count;
    if (frame.more) {
      open.set(key, after);
      return;
    }

    if (after.isSnapshot)
      demandSnapshotDue(after, held.get(key), where);
    open.delete(key);
    held.set(key, { ...after, isSnapshot: false, isExcused: false });
  }

  function restart(frame, before, isOpen, where) {
    demand(frame.kind === "snapshot" && !isOpen, `${where}: amid a past`);
    if (frame.gap)
      demandGap(frame.gap, before, where);
    return { refId: frame.refId, channel: frame.channel, fields: before?.fields, runs: [], gaps: frame.gap ? [frame.gap] : [], isSnapshot: true, isExcused: Boolean(frame.gap) };
  }

  function append(frame, before, isOpen, where) {
    demand(frame.kind === "delta", `${where}: '${frame.kind}' is no kind`);
    demand(before, `${where}: nothing is held`);
    const after = isOpen ? before : { ...before, runs: [...before.runs], gaps: [...before.gaps] };
    if (!frame.gap) {
      demand(frame.offset === before.next, `${where}: expected offset ${before.next}`);
      return after;
    }

    const { from, to, reason } = frame.gap;
    demandGap(frame.gap, before, where);
    after.gaps.push(frame.gap);
    if (reason === "lapped")
      demand(from === before.next && to === frame.offset - 1 && frame.epoch === before.epoch, `${where}: the gap ${from}..${to} is not the hole from ${before.next}`);
    if (reason === "rollback")
      after.runs = after.runs.map((run) => forget(run, from)).filter((run) => run.count > 0);
    if (reason === "reset")
      after.runs = []; // No longer confirmed.
    return after;
  }

  /** A snapshot comes only without a position, with a gap, or when more rows are owed than `maxDataPoints`. */
  function demandSnapshotDue(after, before, where) {
    const rows = after.runs.reduce((sum, run) => sum + run.rows.length, 0);
    const count = after.runs.reduce((sum, run) => sum + run.count, 0);
    demand(rows === count || rows <= maxDataPoints, `${where}: ${rows} rows are more than maxDataPoints`);
    demand(!before || after.isExcused || after.next - before.next > maxDataPoints, `${where}: a snapshot of what is held up to ${before?.next}`);
  }

  function describe(after, before, frame, key, where) {
    demand(frame.schema || described.has(key), `${where}: no schema in the call's first frame`);
    if (!frame.schema)
      return;
    const { refId, name, fields } = frame.schema;
    demand(refId === frame.refId && name === frame.channel, `${where}: the schema is of ${refId} ${name}`);
    if (before && before.epoch === frame.epoch)
      before.fields.forEach((field, i) => demand(fields[i]?.name === field.name && fields[i].type === field.type, `${where}: field ${i} '${field.name}' changed`));
    after.fields = fields;
    described.add(key);
  }

  function runOf(frame, fields, where) {
    const { values } = frame.data;
    demand(values.length === fields.length, `${where}: ${values.length} columns for ${fields.length} fields`);
    const columns = decodeColumns(frame.data);
    const length = columns[0].length;
    demand(frame.sampled ? length <= frame.count && (length > 0 || frame.count === 0) : length === frame.count, `${where}: ${length} rows in data`);
    fields.forEach(({ name, type }, i) => {
      const isNumbers = type === "time" || type === "number";
      demand(values[i] instanceof Uint8Array === (isBinary && isNumbers), `${where}: '${name}' is carried as ${values[i].constructor.name}`);
      demand(columns[i].length === length, `${where}: '${name}' has ${columns[i].length} values of ${length}`);
      demand(columns[i].every((value) => value === null || isType[type](value)), `${where}: '${name}' is not ${type}`);
    });
    const rows = Array.from({ length }, (_, row) => Object.fromEntries(fields.map(({ name }, i) => [name, columns[i][row]])));
    return { epoch: frame.epoch, offset: frame.offset, count: frame.count, sampled: frame.sampled, rows };
  }

  return { held, begin, apply, positions, isOpen: () => open.size > 0, state: () => state, errors: () => errors };
}

function demandGap({ epoch, from, to, reason }, before, where) {
  demand(["lapped", "rollback", "reset"].includes(reason), `${where}: '${reason}' is no reason`);
  demand(before?.epoch === epoch, `${where}: the gap counts in ${epoch}, held is ${before?.epoch}`);
  demand(to === null || to === undefined || from <= to, `${where}: the gap runs from ${from} to ${to}`);
}

/** A run without its rows from `offset` on; of a thinned one nothing is known of a part. */
function forget(run, offset) {
  const count = Math.max(0, Math.min(run.count, offset - run.offset));
  return count === run.count ? run : { ...run, count: run.sampled ? 0 : count, rows: run.rows.slice(0, count) };
}

function demand(condition, text) {
  if (!condition)
    throw new Error(`the server broke the contract: ${text}`);
}
