// The examples, run as a reader of the README runs them.
import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startChild } from "./child.mjs";
import { eventually } from "./eventually.mjs";
import { postRows } from "./hub.mjs";
import { startServer } from "./server.mjs";

const js = fileURLToPath(new URL("../../clients/js/examples/", import.meta.url));
const dotnet = fileURLToPath(new URL("../../clients/dotnet/examples/", import.meta.url));
const buildMs = 120_000; // Fetching packages and compiling, with nothing in any cache.

let server;
let folder; // Empty, so that nothing of the repository takes part.
before(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), "hubserver-examples-"));
});
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("query.mjs prints rows after npm ci, copied to a folder of its own", async () => {
  for (const name of ["query.mjs", "package.json", "package-lock.json"])
    await copyFile(join(js, name), join(folder, name));
  const install = startChild("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: folder });
  try {
    await eventually(install.hasEnded, "npm ci ends", buildMs);
    await printsRows("node", ["query.mjs"], folder, "examples/js");
  } catch (error) {
    error.message += `\n${install.output()}`;
    throw error;
  } finally {
    await install.stop();
  }
});

test("Query.cs prints rows where it stands", () => printsRows("dotnet", ["run", "Query.cs"], dotnet, "examples/dotnet"));

test("Query.cs prints rows, copied to a folder of its own", async () => {
  await copyFile(join(dotnet, "Query.cs"), join(folder, "Query.cs"));
  await printsRows("dotnet", ["run", "Query.cs"], folder, "examples/alone");
});

test("Embed.cs serves the hub's routes beside its own", async () => {
  const child = startChild("dotnet", ["run", "Embed.cs", "--urls", "http://127.0.0.1:0"], { cwd: dotnet });
  try {
    const [, url] = await eventually(() => child.output().match(/listening on: (http:\S+)/) ?? (child.hasEnded() && ["", ""]), "the application listens", buildMs);
    assert.equal(await (await fetch(`${url}/orders`, { method: "POST" })).text(), "orders has 1 rows\n");
    const { channels } = await (await fetch(`${url}/api/channels?selector=orders`)).json();
    assert.deepEqual(channels.map(({ rows, schema }) => [rows, schema.meta.custom.capacity]), [[1, 5_000]]);
  } catch (error) {
    error.message += `; it wrote:\n${child.output()}`;
    throw error;
  } finally {
    await child.stop("SIGINT");
  }
});

test("the examples are ten lines of code", async () => {
  for (const path of [join(js, "query.mjs"), join(dotnet, "Query.cs")]) {
    const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#:"));
    assert.ok(lines.length <= 10, `${path} has ${lines.length}`);
  }
});

/** Runs an example until it printed a row of the past and one that was published while it ran; Ctrl+C then ends it. */
async function printsRows(command, args, cwd, channel) {
  await postRows(server.url, channel, { value: 41.5 });
  const example = startChild(command, [...args, server.url, channel], { cwd });
  try {
    const prints = (pattern, ms) => eventually(() => {
      assert.ok(!example.hasEnded(), `${command} ended: ${example.output()}`);
      return pattern.test(example.output());
    }, `${command} prints ${pattern}`, ms);
    await prints(/Loading examples\/\S+ 0 .*41\.5/, buildMs);
    await postRows(server.url, channel, { value: 42.5 });
    await prints(/Streaming examples\/\S+ 1 .*42\.5/);
  } catch (error) {
    error.message += `; it wrote:\n${example.output()}`;
    throw error;
  } finally {
    await example.stop("SIGINT");
  }
}
