// What a user of @hubserver/client holds who does what its README says, in the form that the ledger checks.
import { valuesOf } from "../../clients/js/dist/index.js";

/** `take(update)` applies an update; `held` is by target and channel. */
export function createRecorder() {
  const held = new Map();
  const recorder = { held, take, states: [], updates: 0, errors: [], gaps: 0 };

  function take({ frames, state, errors }) {
    recorder.updates++;
    recorder.errors = errors;
    if (recorder.states.at(-1) !== state)
      recorder.states.push(state);
    frames.forEach(apply);
  }

  function apply({ refId, channel, change, gap, schema, columns, epoch, offset, count, sampled }) {
    const key = `${refId} ${channel}`;
    if (change === "removed") {
      held.delete(key);
      return;
    }
    const run = { epoch, offset, count, sampled, columns, get rows() { return rowsOf(schema, this.columns); } };
    const before = change === "replaced" ? { runs: [], gaps: [] } : held.get(key);
    if (gap)
      recorder.gaps++;
    if (gap && change === "gap")
      before.gaps.push(gap);
    if (count > 0)
      before.runs.push(run);
    held.set(key, { ...before, refId, channel, epoch, next: offset + count, fields: schema.fields });
  }

  return recorder;
}

/** Made only when they are looked at: fifty queries bring millions. */
function rowsOf({ fields }, columns) {
  const values = columns.map(valuesOf);
  return Array.from({ length: columns[0]?.length ?? 0 }, (_, row) => Object.fromEntries(fields.map(({ name }, i) => [name, values[i][row]])));
}
