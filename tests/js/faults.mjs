// Makes a result and a table of the lines that the fault tests write.
import { readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";

const [source, json, markdown] = process.argv.slice(2);

const faults = {
  "F1": "a node is killed; its clients go on at another",
  "F1, nginx": "the same through nginx",
  "F3": "a node stands still for 10 s (SIGSTOP); clients leave it after 4 s of silence",
  "F4": "rolling restarts, three times round",
  "F5": "1,000 resets of clients' connections",
  "F6": "a client stays away for longer than rows are kept",
  "F7": "clients stay away and come back at another node",
  "F7, nginx": "the same through nginx",
  "F8": "5,000 clients come back at once to nodes that have just started",
  "F11": "Redis is away for 8 s and comes back with the same data",
  "F13": "Redis restarts empty",
  "F14": "a replica that has everything is promoted",
  "F15": "a replica that was cut off is promoted: acknowledged rows are lost",
  "F17": "Redis restarts with an older dump",
  "F18": "FLUSHALL, DEL of streams, DEL of directories",
  "F20": "Redis is out of memory (noeviction)",
  "F21": "subscriptions are killed again and again (CLIENT KILL TYPE pubsub)",
  "F22, resp2": "the last message before silence is lost (RESP2)",
  "F22, resp3": "the last message before silence is lost (RESP3)",
  "F23": "messages are doubled and reordered",
  "F25": "a node can send to Redis and hears nothing from it",
  "F26": "every link gives 1 to 7 bytes at a time",
  "F27": "Redis is 200 ms ± 150 ms away",
  "F28": "scripts are flushed in load",
  "F31": "answers of Redis are lost",
  "F32": "many publishers of the same channels on all nodes",
  "stale dump": "FLUSHALL, and then a restart with a dump from before",
  "emptied twice": "Redis is emptied twice behind the back of a node, which stands still or is cut off",
  "wrong type": "keys of a partition are made of another type",
  "first replica": "the first replica attaches under load",
};

const entries = (await readFile(source, "utf8")).split("\n").filter(Boolean).map((line) => JSON.parse(line));
const unknown = entries.filter(({ fault }) => !faults[fault]);
if (unknown.length > 0)
  throw new Error(`no description of ${unknown.map(({ fault }) => fault).join(", ")}`);
const missing = Object.keys(faults).filter((fault) => !entries.some((entry) => entry.fault === fault));
if (missing.length > 0)
  throw new Error(`nothing was written of ${missing.join(", ")}`);

// Within a fault the counters go on from report to report; its last one has what the whole scenario reached.
const rows = Object.keys(faults).map((fault) => {
  const own = entries.filter((entry) => entry.fault === fault);
  return { fault, what: faults[fault], figures: own.map(({ what, recoveryMs, boundMs }) => ({ what, recoveryMs, boundMs })), counts: own.at(-1).counts };
});
const totals = {};
for (const { counts } of rows) {
  for (const [name, count] of Object.entries(counts))
    totals[name] = (totals[name] ?? 0) + count;
}

await writeFile(json, `${JSON.stringify({ cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), date: new Date().toISOString().slice(0, 10), rows, totals }, null, 2)}\n`);
await writeFile(markdown, tableOf(rows, totals));

function tableOf(rows, totals) {
  return `# Faults

What three nodes, one Redis and nine recording clients did under each fault, under load. Every history was checked: no
acknowledged row lost or shown twice, one order everywhere, every gap announced, the last row before silence delivered,
and no loss but those that the fault allows. \`tests/faults.sh\` makes this file; \`tests/run.sh\` runs all but F3, F4, F6,
F8, F14, F20, F23, F26, F27 and "emptied twice" with every test.

| fault | | recovery | bound |
| --- | --- | --- | --- |
${rows.map(({ fault, what, figures }) => `| ${fault} | ${what} | ${figuresOf(figures)} | ${[...new Set(figures.map(({ boundMs }) => `${boundMs / 1_000} s`))].join(", ")} |`).join("\n")}

Recovery is the time from the fault's end (a kill: from the kill) until rows are published to every channel again and every
subscriber is live, not stale, and has them; where another word stands before the figure, it is the time until that.

How often the rare branches ran, summed over the nodes that were alive at the end of each scenario:

| branch | times |
| --- | --- |
${Object.entries(totals).map(([name, count]) => `| ${name.replaceAll("_", " ")} | ${count} |`).join("\n")}
`;
}

function figuresOf(figures) {
  const wordOf = ({ what }) => what.replace(/ \d+$/, "");
  return [...new Set(figures.map(wordOf))].map((word) => {
    const seconds = figures.filter((figure) => wordOf(figure) === word).map(({ recoveryMs }) => recoveryMs / 1_000).sort((a, b) => a - b);
    const range = seconds.length === 1 ? `${seconds[0].toFixed(2)} s` : `${seconds[0].toFixed(2)} to ${seconds.at(-1).toFixed(2)} s`;
    return word === "recovery" ? range : `${word} ${range}`;
  }).join("; ");
}
