// deploy/compose.yaml and its Dockerfile, without a container engine: what they refer to is there, and Redis, the nodes and
// nginx run with the settings and commands that they have there.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { startChild } from "./child.mjs";
import { eventually } from "./eventually.mjs";
import { postRows } from "./hub.mjs";
import { program, readSite, substitute } from "./nginx.mjs";
import { accepts, freePort } from "./ports.mjs";
import { startRedis } from "./redis.mjs";
import { startServer } from "./server.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const deploy = join(root, "deploy");
const others = ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"];

let compose, dockerfile, redis, nodes, folder;
before(async () => {
  compose = parse(await readFile(join(deploy, "compose.yaml"), "utf8"), { merge: true });
  dockerfile = await readFile(join(deploy, "container/Dockerfile"), "utf8");
  folder = await mkdtemp(join(tmpdir(), "hubserver-deploy-"));

  const [name, ...words] = compose.services.redis.command;
  assert.equal(name, "redis-server");
  redis = await startRedis(Object.fromEntries(pairs(words).map(([option, value]) => [option.replace(/^--/, ""), value])));
  nodes = await Promise.all(services("node-").map(({ environment }) => startServer(environmentOf(environment))));
  await Promise.all(nodes.map(({ url }) => eventually(async () => (await fetch(`${url}/readyz`)).status === 200, "the node is ready", 20_000)));
});
after(async () => {
  await Promise.all((nodes ?? []).map((node) => node.stop()));
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("compose.yaml refers to what there is", () => {
  for (const [name, { build, volumes = [], depends_on: needs = {}, hostname, environment }] of Object.entries(compose.services)) {
    if (build) {
      assert.equal(resolve(deploy, build.context), resolve(root));
      assert.ok(existsSync(join(root, build.dockerfile)), build.dockerfile);
      assert.deepEqual([hostname, environment.HubServer__Node], [name, name]);
    }
    for (const [source] of volumes.map((volume) => volume.split(":")))
      assert.ok(source.startsWith(".") ? existsSync(join(deploy, source)) : source in compose.volumes, `${name}: ${source}`);
    for (const [needed, { condition }] of Object.entries(needs)) {
      assert.ok(needed in compose.services, `${name} depends on ${needed}`);
      // The Dockerfile has the nodes' check.
      assert.ok(condition !== "service_healthy" || compose.services[needed].healthcheck || compose.services[needed].build, `${needed} has no health check`);
    }
  }
  assert.equal(nodes.length, 3);
});

test("the program takes the nodes' environment, and finds Redis set up as it should be", async () => {
  for (const [i, { environment }] of services("node-").entries()) {
    // The program refuses a name below HubServer that it does not know; ASP.NET Core passes over its own.
    assert.deepEqual(Object.keys(environment).filter((name) => !name.startsWith("HubServer__") && !others.includes(name)), []);
    const status = await (await fetch(`${nodes[i].url}/api/status`)).json();
    assert.deepEqual([status.node, status.backplane], [environment.HubServer__Node, { kind: "redis", isReady: true, problem: null, warnings: [] }]);
    assert.equal(await (await fetch(`${nodes[i].url}/readyz`)).text(), "ready\n");
  }
  assert.equal(await redis.command("CONFIG", "GET", "appendonly"), "appendonly\nyes");
});

test("Redis' health check passes", async () => {
  const [, command, ...words] = compose.services.redis.healthcheck.test;
  const [host, port] = redis.address.split(":");
  const check = startChild(command, ["-h", host, "-p", port, ...words]);
  assert.deepEqual([await check.ended(), check.output()], [0, "PONG\n"]);
});

test("the nodes' health check follows /readyz", async () => {
  const [command, ...words] = JSON.parse(dockerfile.match(/^ +CMD (\[.*\])$/m)[1]);
  const passes = async (port) => {
    const check = startChild(command, words.map((word) => word.replace("127.0.0.1/5080", `127.0.0.1/${port}`)));
    return await check.ended() === 0;
  };
  assert.ok(await passes(new URL(nodes[0].url).port), "a node that is ready does not pass");
  assert.ok(!await passes(await freePort()), "a node that is not there passes");

  // Nothing has ever been at this address, so the node is live and not ready.
  const lost = await startServer({ HubServer__Backplane__Redis__ConnectionString: `127.0.0.1:${await freePort()}` });
  try {
    assert.equal((await fetch(`${lost.url}/livez`)).status, 200);
    assert.ok(!await passes(new URL(lost.url).port), "a node without its Redis passes");
  } finally {
    await lost.stop();
  }
});

test("nginx, by its command, is before all nodes", async () => {
  const [site, work, port] = [join(folder, "site"), join(folder, "work"), await freePort()];
  await Promise.all([mkdir(site), mkdir(work)]);
  await chmod(folder, 0o755);
  await copyFile(join(deploy, "nginx/nginx.conf"), join(site, "nginx.conf"));
  await writeFile(join(site, "hubserver.conf"), substitute(await readSite("hubserver.conf"), { "listen 80;": `listen 127.0.0.1:${port};` }));
  const { command: [shell, option, text], tmpfs, volumes } = compose.services.nginx;
  assert.deepEqual([tmpfs, volumes], [["/hubserver"], ["./nginx:/site:ro"]]);
  let line = text.replaceAll("/site/", `${site}/`).replaceAll(/(?<= )\/hubserver(?=[ /])/g, work).replace("exec nginx", `exec ${program}`);
  for (const [i, node] of nodes.entries())
    line = substitute(line, { [`server node-${i + 1}:5080 `]: `server ${new URL(node.url).host} ` });

  const nginx = startChild(shell, [option, line]);
  try {
    await eventually(async () => nginx.hasEnded() || await accepts(port), "nginx listens");
    assert.ok(!nginx.hasEnded(), nginx.output());
    const url = `http://127.0.0.1:${port}`;
    const answered = new Set();
    for (let i = 0; i < 6; i++)
      answered.add((await (await fetch(`${url}/api/status`)).json()).node);
    assert.deepEqual([...answered].sort(), ["node-1", "node-2", "node-3"]);

    await postRows(url, "deploy/one", { value: 41 });
    for (const node of nodes)
      await eventually(async () => (await (await fetch(`${node.url}/api/channels/deploy%2Fone/frame`)).json()).data?.values[1][0] === 41, "each node has the row");
  } finally {
    await nginx.stop();
  }
});

test("the Dockerfile copies what there is, for a user of its own, and serves where nginx looks", async () => {
  const { sdk } = JSON.parse(await readFile(join(root, "global.json"), "utf8"));
  const [major] = sdk.version.split(".");
  assert.match(dockerfile, new RegExp(`^FROM \\S+/sdk:${major}\\.0 AS build$`, "m"));
  assert.match(dockerfile, new RegExp(`^FROM \\S+/aspnet:${major}\\.0$`, "m"));
  assert.match(dockerfile, /^USER \$APP_UID$/m);
  assert.match(dockerfile, /ASPNETCORE_URLS=http:\/\/\+:5080$/m);

  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, words]) => words.split(" "));
  const ignore = (await readFile(join(deploy, "container/Dockerfile.dockerignore"), "utf8")).split("\n");
  assert.ok(sources.length >= 7);
  for (const source of sources) {
    assert.ok(existsSync(join(root, source)), source);
    assert.ok(ignore.includes(`!${source}`), `${source} is ignored`);
  }
  // What the build reads besides, as far as its files name it.
  const props = await readFile(join(root, "Directory.Build.props"), "utf8");
  for (const [, file] of props.matchAll(/\$\(MSBuildThisFileDirectory\)([^"]+)"/g))
    assert.ok(sources.includes(join(dirname(file), file.split("/").at(-1))), `${file} is not copied`);
});

function services(prefix) {
  return Object.entries(compose.services).filter(([name]) => name.startsWith(prefix)).map(([, service]) => service);
}

function environmentOf(environment) {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replace("redis:6379", redis.address)]));
}

function pairs(words) {
  return words.flatMap((word, i) => i % 2 === 0 ? [[word, words[i + 1]]] : []);
}
