// What the ledger takes for announced.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLedger } from "./ledger.mjs";

const row = (seq) => ({ time: seq, seq });
const rows = Array.from({ length: 20 }, (_, seq) => row(seq));
const run = (offset, count) => ({ offset, count, rows: rows.slice(offset, offset + count) });

function demand(gaps) {
  const ledger = createLedger();
  ledger.acknowledge({ channel: "a", epoch: "e", offset: 0, count: rows.length }, rows);
  ledger.demandHeld(
    { channel: "a", epoch: "e", next: 20, runs: [run(0, 5), run(12, 8)], gaps, fields: [{ name: "seq" }, { name: "time" }] },
    { capacity: 1, target: {} },
  );
}

test("a hole may be announced by one gap, or by several that follow each other", () => {
  demand([{ from: 5, to: 11 }]);
  demand([{ from: 5, to: 8 }, { from: 9, to: 11 }]);
});

test("a hole that no gap covers as a whole is not announced", () => {
  for (const gaps of [[], [{ from: 5, to: 8 }], [{ from: 6, to: 11 }], [{ from: 5, to: 12 }], [{ from: 5, to: 7 }, { from: 9, to: 11 }]])
    assert.throws(() => demand(gaps), /a hole from \d+ to 12 without a gap/);
});
