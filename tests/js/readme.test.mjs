// The README's commands, run as they stand but for the address, and its code, which is that of the examples.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startChild } from "./child.mjs";
import { eventually } from "./eventually.mjs";
import { accepts, freePort } from "./ports.mjs";
import { startServer } from "./server.mjs";

const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
const blocksOf = (text, language) => [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, block]) => block);

const root = fileURLToPath(new URL("../../", import.meta.url));
const publishMs = 300_000; // With nothing built and nothing in any cache.

let server, readme, cluster;
before(async () => {
  [server, readme] = await Promise.all([startServer({ HubServer__Sources__Host__Enabled: "true" }), read("README.md")]);
  cluster = readme.slice(readme.indexOf("## More than one node"), readme.indexOf("## Tests"));
});
after(() => server?.stop());

test("each curl of the README does what it says, in its order", async () => {
  const commands = blocksOf(readme.replace(cluster, ""), "sh").join("").split("\n").filter((line) => line.startsWith("curl "));
  assert.ok(commands.length >= 7, commands.join("\n"));
  for (const command of commands) {
    const isStream = command.startsWith("curl -N");
    const child = startChild("bash", ["-c", command.replaceAll("http://localhost:5080", server.url).replace(/^curl/, "curl --silent --show-error --fail-with-body")]);
    try {
      if (isStream)
        await eventually(() => child.output().includes('"state":"Streaming"'), `${command} streams`);
      else
        assert.equal(await child.ended(), 0, `${command}: ${child.output()}`);
    } finally {
      await child.stop("SIGINT");
    }
  }
});

test("the README's code of an embedding application is that of Embed.cs", async () => {
  const example = (await read("clients/dotnet/examples/Embed.cs")).split("\n").filter((line) => !line.startsWith("#:")).join("\n");
  assert.ok(blocksOf(readme, "csharp").includes(example), "the README shows other code than Embed.cs has");
});

test("every option of the README's tables is one, and none is left out", async () => {
  const sources = (await Promise.all([
    "src/HubServer.Core/ChannelOptions.cs", "src/HubServer.Core/PublishOptions.cs", "src/HubServer.Core/QueryOptions.cs", "src/HubServer.AspNetCore/TransportOptions.cs",
  ].map(read))).join("\n");
  const limits = readme.slice(readme.indexOf("## Limits"), readme.indexOf("## Operating it"));
  const names = [...limits.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/:(\w+)`/g)].map(([, name]) => name));
  const options = [...sources.matchAll(/public \S+ (Max\w+|\w+Bytes|CacheTime|SendTimeout|RetryWindow) \{ get; set; \}/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(options)].filter((name) => name !== "PartBytes" && !names.includes(name)), [], "limits that the README leaves out");
  assert.deepEqual(names.filter((name) => !options.includes(name)), [], "names in the README that are no options");
});

test("the README's three nodes, Redis and nginx run by its commands, and do what it says", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hubserver-readme-"));
  const [redis, proxy, prefix] = [await freePort(), await freePort(), await freePrefix()];
  const elsewhere = (commands) => commands
    .replaceAll("/tmp/hubserver", `${folder}/new`).replaceAll("6380", redis).replaceAll("8080", proxy).replaceAll(/508(?=[1-3$])/g, prefix);
  const [start, use, ask, compose] = blocksOf(cluster, "sh");
  const [, end] = cluster.match(/^This ends it all: `(.*)`/m);
  assert.match(compose, /^docker compose -f deploy\/compose.yaml up /);

  // One shell, as a reader has it, which also says when a command fails.
  const shell = startChild("bash", [], { cwd: root, env: { PATH: `${process.env.PATH}:/usr/sbin` }, hasInput: true });
  shell.write("trap 'echo failed >&2' ERR\n");
  const run = async (commands, done, ms) => {
    shell.write(`{\n${elsewhere(commands)}\n} < /dev/null\necho ${done} >&2\n`);
    await eventually(() => shell.stderr().includes(`${done}\n`), done, ms);
    assert.doesNotMatch(shell.stderr(), /^failed$/m);
  };
  try {
    await run(start, "all is started", publishMs);
    await eventually(() => accepts(proxy), "nginx listens");
    await run(use, "a row is read", 60_000);
    assert.equal(shell.stdout().match(/^ready$/gm)?.length, 3);
    assert.match(shell.stdout(), /"values":\[\[[\d.]+\],\[42\]\]/);
    assert.match(shell.stdout(), /\{"channels":\[\{"id":"demo"/);
    await run(ask, "the node is asked", 10_000);
    for (const metric of ["stale", ...["generation_changed", "seed_accepted", "call_failed"].map((event) => `events_total\\{.*event="${event}"\\}`)])
      assert.match(shell.stdout(), new RegExp(`^hubserver_backplane_${metric}`, "m"));
    await run(end, "all is ended", 20_000);
    assert.ok(!await accepts(proxy) && !await accepts(redis), "something goes on");
  } catch (error) {
    error.message += `; it wrote:\n${shell.output()}`;
    throw error;
  } finally {
    await shell.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("the README's table of Redis' options has all of them, with their defaults", async () => {
  const source = await read("src/HubServer.Core/RedisOptions.cs");
  const options = [...source.matchAll(/public \S+ (\w+) \{ get; set; \}(?: = (.*);)?/g)].map(([, name, value]) => [name, defaultOf(value)]);
  const table = cluster.slice(cluster.indexOf("| option, below `HubServer:Backplane:Redis:` |"));
  const rows = [...table.slice(0, table.indexOf("\n\n")).matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(([, name, value]) => [name, value]);
  assert.deepEqual(rows, options);
  assert.match(await read("src/HubServer.Core/HubServerOptions.cs"), /int Partitions \{ get; set; \} = 16;/);
  assert.match(cluster, /`HubServer:Partitions` \(16\)/);
});

/** An initializer of C# as the README writes it. */
function defaultOf(value = "") {
  const [, unit, number] = value.match(/^TimeSpan\.From(Seconds|Minutes)\((\d+)\)$/) ?? [];
  return unit ? `${number} ${{ Seconds: "s", Minutes: "min" }[unit]}` : value.replace(/^"(.*)"$/, "`$1`") || "none";
}

/** The first digits of three ports that are free, which the README's loops go through by their last one. */
async function freePrefix() {
  for (;;) {
    // Below the ports that the system gives to whoever asks for any.
    const prefix = 2_000 + Math.floor(1_000 * Math.random());
    const taken = await Promise.all([1, 2, 3].map((digit) => accepts(Number(`${prefix}${digit}`))));
    if (!taken.includes(true))
      return String(prefix);
  }
}
