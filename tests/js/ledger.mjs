// What the server acknowledged, and whether a client holds exactly that.
import assert from "node:assert/strict";

export function createLedger() {
  const channels = new Map(); // Each channel's rows by offset.
  let epochs = new Map();

  /** Takes an acknowledgement of rows given as objects. */
  function acknowledge({ channel, epoch, offset, count, error }, rows) {
    assert.ok(!error, `${channel}: ${error?.code}: ${error?.message}`);
    assert.equal(count, rows.length, `rows taken of ${channel}`);
    assert.equal(epochs.get(channel) ?? epoch, epoch, `the epoch of ${channel}`);
    epochs.set(channel, epoch);
    if (!channels.has(channel))
      channels.set(channel, []);
    const known = channels.get(channel);
    rows.forEach((row, i) => {
      assert.equal(known[offset + i], undefined, `${channel}: offset ${offset + i} was acknowledged twice`);
      known[offset + i] = row;
    });
  }

  /** Demands that every offset up to the head was acknowledged. */
  function demandWhole() {
    for (const [channel, rows] of channels)
      assert.equal(Object.keys(rows).length, rows.length, `${channel} has offsets that nobody was told`);
  }

  /** Demands that what a client holds of a channel is what was acknowledged, but for announced gaps. */
  function demandHeld({ channel, epoch, next, runs, gaps, fields }, { capacity, target }) {
    const rows = channels.get(channel);
    assert.equal(next, rows.length, `${channel}: the newest row held`);
    assert.equal(epoch, epochs.get(channel), `${channel}: the epoch held`);
    let at = runs[0].offset;
    for (const run of runs) {
      // A reader that is lapped again while it is told of a gap is told of the next one right behind it.
      while (at < run.offset) {
        const gap = gaps.find(({ from, to }) => from === at && to >= from && to < run.offset);
        assert.ok(gap, `${channel}: a hole from ${at} to ${run.offset} without a gap in ${JSON.stringify(gaps)}`);
        at = gap.to + 1;
      }
      assert.equal(run.offset, at, `${channel}: where a run begins`);
      if (run.sampled)
        demandPicked(run, rows, channel, target);
      else
        run.rows.forEach((row, i) => demandRow(row, rows[run.offset + i], `${channel} ${run.offset + i}`, target));
      at = run.offset + run.count;
    }

    for (const gap of gaps)
      assert.ok(gap.to < rows.length - capacity, `${channel}: the gap ${gap.from}..${gap.to} is of rows that are still kept`);
    if (!target.fields)
      assert.deepEqual(fields.map(({ name }) => name).sort(), fieldsOf(rows), `${channel}: the schema`);
  }

  return { channels, acknowledge, demandWhole, demandHeld };
}

/** The rows of a thinned run exist, in order; each carries its number in `seq`. */
function demandPicked(run, rows, channel, target) {
  const bySeq = new Map(rows.slice(run.offset, run.offset + run.count).map((row, i) => [row.seq, i]));
  let before = -1;
  for (const row of run.rows) {
    const i = bySeq.get(row.seq) ?? -1;
    assert.ok(i > before, `${channel}: row ${row.seq} is not in order within ${run.offset}+${run.count}`);
    demandRow(row, rows[run.offset + i], `${channel} ${run.offset + i}`, target);
    before = i;
  }

  // The newest row is where the line goes on.
  if (run.sampled === "last")
    assert.equal(before, run.count - 1, `${channel}: the newest row of ${run.offset}+${run.count}`);
}

function demandRow(held, published, where, target) {
  for (const name of new Set([...Object.keys(held), ...Object.keys(published)])) {
    if (name === "time" && published.time === undefined)
      assert.ok(Math.abs(held.time - Date.now()) < 600_000, `${where}: the server's time`);
    else if (name === "time" || !target.fields || target.fields.includes(name))
      assert.ok(Object.is(held[name] ?? null, published[name] ?? null), `${where}, ${name}: held ${held[name]}, published ${published[name]}`);
    else
      assert.ok(!(name in held), `${where}: ${name} was not asked for`);
  }
}

function fieldsOf(rows) {
  const names = new Set(["time"]);
  for (const row of rows)
    Object.keys(row).forEach((name) => row[name] !== null && names.add(name));
  return [...names].sort();
}
