// The README's commands, run as they stand but for the address, and its code, which is that of the examples.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { startChild } from "./child.mjs";
import { eventually } from "./eventually.mjs";
import { startServer } from "./server.mjs";

const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
const blocksOf = (text, language) => [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, block]) => block);

let server, readme;
before(async () => {
  [server, readme] = await Promise.all([startServer({ HubServer__Sources__Host__Enabled: "true" }), read("README.md")]);
});
after(() => server?.stop());

test("each curl of the README does what it says, in its order", async () => {
  const commands = blocksOf(readme, "sh").join("").split("\n").filter((line) => line.startsWith("curl "));
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
