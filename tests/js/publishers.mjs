// Publishers that send random rows in every way there is, and keep what was acknowledged in a ledger.
import { setTimeout as delay } from "node:timers/promises";
import { connect, openPublishStream, post, postRows, rowsOf } from "./hub.mjs";

const channels = [
  "soak/a{core=\"0\"}", "soak/b", "soak/a{core=\"1\"}", "soak/c{core=\"2\",host=\"a\"}", "soak/a{core=\"3\"}", "soak/c{core=\"4\"}", "soak/a",
];
const specials = [null, NaN, Infinity, -Infinity, 0, 1e300, 5e-324, 2 ** 53];
const words = [null, "", "a", "\"quoted\" \\ \n", "é\u{1F600}", "x".repeat(300)];

/** Five publishers; over `soakMs` further channels and fields come up. */
export async function createPublishers(url, random, ledger, soakMs) {
  const started = performance.now();
  const age = () => Math.min(1, (performance.now() - started) / soakMs);
  let seq = 0;

  function rowsAtRandom(random, isJson) {
    const names = ["value", "text", "flag", ...Array.from({ length: Math.floor(age() * 8) }, (_, i) => `extra${i}`)].filter(() => random.next() < 0.7);
    const hasTime = random.next() < 0.5;
    const count = random.next() < 0.05 ? random.whole(100, 300) : random.whole(1, 25);
    return Array.from({ length: count }, () => {
      const row = { seq: seq++ };
      if (hasTime)
        row.time = Date.now() + random.whole(-4_000, 4_000) / 4;
      for (const name of names)
        row[name] = valueAtRandom(name, random, isJson);
      return row;
    });
  }

  /** One request's batches, each of another channel. */
  function batchesAtRandom(random, most, isJson = false) {
    const alive = channels.slice(0, 2 + Math.floor(age() * channels.length));
    const chosen = new Set(Array.from({ length: random.whole(1, most) }, () => random.pick(alive)));
    return [...chosen].map((channel) => ({ channel, rows: rowsAtRandom(random, isJson) }));
  }

  const encode = (batches, isBinary) => ({ batches: batches.map(({ channel, rows }) => ({ channel, rows: rowsOf(columnsOf(rows), { isBinary }) })) });
  const take = (batches, results) => results.forEach((result, i) => ledger.acknowledge(result, batches[i].rows));

  const json = await connect(url);
  const messagePack = await connect(url, { isBinary: true });
  const streaming = await connect(url, { isBinary: true });
  const stream = openPublishStream(streaming);
  const ways = [
    async (random) => {
      const [batch] = batchesAtRandom(random, 1, true);
      take([batch], [await postRows(url, batch.channel, batch.rows)]);
    },
    async (random) => {
      const batches = batchesAtRandom(random, 3, true);
      const lines = batches.flatMap(({ channel, rows }) => rows.map((row) => JSON.stringify({ channel, ...row })));
      take(batches, await post(url, "/api/publish", lines.join("\n"), "application/x-ndjson"));
    },
    async (random) => {
      const batches = batchesAtRandom(random, 3);
      take(batches, await json.invoke("Publish", encode(batches, false)));
    },
    async (random) => {
      const batches = batchesAtRandom(random, 3);
      take(batches, await messagePack.invoke("Publish", encode(batches, true)));
    },
    async (random) => {
      // Several requests are under way at once.
      const requests = Array.from({ length: random.whole(1, 4) }, () => batchesAtRandom(random, 2));
      const answers = await Promise.all(requests.map((batches) => stream.send(encode(batches, true))));
      answers.forEach((results, i) => take(requests[i], results));
    },
  ];

  return ways.map((publish, i) => {
    const own = random.fork();
    return {
      async run(stop) {
        while (!stop.aborted) {
          await publish(own);
          await delay(own.whole(0, 60));
        }
      },
      stop: async () => [json, messagePack, streaming][i]?.stop(),
    };
  });
}

function valueAtRandom(name, random, isJson) {
  if (name === "text")
    return random.pick(words);
  if (name === "flag")
    return random.pick([true, false, null]);
  const value = random.next() < 0.2 ? random.pick(specials) : (random.next() - 0.5) * 1_000;
  return isJson && value !== null && !Number.isFinite(value) ? null : value; // JSON rows have no words for these.
}

function columnsOf(rows) {
  return Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])]));
}
