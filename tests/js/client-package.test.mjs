// @hubserver/client as a stranger gets it: packed, installed into an empty folder, and run by its examples.
import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openPage, startBrowser } from "./browser.mjs";
import { startChild } from "./child.mjs";
import { eventually } from "./eventually.mjs";
import { postRows } from "./hub.mjs";
import { startServer } from "./server.mjs";

const source = fileURLToPath(new URL("../../clients/js/", import.meta.url));
const examples = join(source, "examples");
const uplot = fileURLToPath(new URL("../../clients/dashboard/node_modules/uplot/dist/", import.meta.url));
const screenshots = fileURLToPath(new URL("screenshots/", import.meta.url));
const installMs = 120_000;

let server, folder;
before(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), "hubserver-package-"));
  const packed = await run("npm", ["pack", "--json", "--pack-destination", folder], source);
  const [{ filename, files }] = JSON.parse(packed);
  assert.deepEqual(files.filter(({ path }) => !/^(dist\/.*\.(js|d\.ts)|README\.md|LICENSE|package\.json)$/.test(path) || path.includes(".test.")), []);
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${filename}`, "rxjs@7.8.2"], folder);
}, { timeout: 2 * installMs });
after(async () => {
  await server?.stop();
  if (folder)
    await rm(folder, { recursive: true, force: true });
});

/** Runs a program to its end and gives what it printed. */
async function run(command, args, cwd) {
  const child = startChild(command, args, { cwd });
  try {
    await eventually(child.hasEnded, `${command} ${args.join(" ")} ends`, installMs);
    assert.equal(await child.ended(), 0, child.output());
    return child.stdout();
  } finally {
    await child.stop();
  }
}

/** Runs an example until it printed all of these. */
async function prints(name, args, ...steps) {
  await copyFile(join(examples, name), join(folder, name));
  const child = startChild("node", [name, server.url, ...args], { cwd: folder });
  try {
    for (const step of steps) {
      if (typeof step === "function")
        await step();
      else
        await eventually(() => {
          assert.ok(!child.hasEnded(), `it ended: ${child.output()}`);
          return step.test(child.stdout());
        }, `${name} prints ${step}`, 30_000);
    }
  } catch (error) {
    error.message += `; it wrote:\n${child.output()}`;
    throw error;
  } finally {
    await child.stop("SIGINT");
  }
}

test("tail.mjs prints the past and what comes", async () => {
  await postRows(server.url, "package/tail", { value: 41.5 });
  await prints("tail.mjs", ["package/tail"],
    /package\/tail replaced 0 .*value=41\.5/,
    () => postRows(server.url, "package/tail", { value: 42.5 }),
    /package\/tail appended 1 .*value=42\.5/);
});

test("guide.mjs runs the guide's query over several targets", async () => {
  await postRows(server.url, "package/guide/a", [{ value: 1 }, { value: 2 }]);
  await postRows(server.url, "package/guide/b", { value: 7 });
  await prints("guide.mjs", ["package/guide/a", "package/guide/b"],
    /^A 2 .*value=2$/m, /^B 1 .*value=7$/m,
    () => postRows(server.url, "package/guide/b", { value: 8 }),
    /^B 2 .*value=8$/m);
});

test("types are found by a program in TypeScript", async () => {
  await writeFile(join(folder, "typed.ts"), `
    import { HubServerClient, type QueryUpdate, LiveFrames } from "@hubserver/client";
    const client = new HubServerClient({ url: "http://localhost/hub", retry: { capMs: 500 } });
    const live = new LiveFrames();
    client.query({ targets: [{ channel: "cpu" }] }).subscribe((update: QueryUpdate) => live.apply(update));
    // @ts-expect-error a target has no selector of this name
    client.query({ targets: [{ selector: "cpu" }] });
  `);
  const compiler = join(source, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [compiler, "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom", "typed.ts"], folder);
});

test("chart.html draws a live chart without a bundler, in under 40 lines", async () => {
  const html = await readFile(join(examples, "chart.html"), "utf8");
  assert.ok(html.split("\n").length < 40);
  const files = {
    "/chart.html": [join(examples, "chart.html"), "text/html"],
    "/browser.js": [join(folder, "node_modules/@hubserver/client/dist/browser.js"), "text/javascript"],
    "/uPlot.esm.js": [join(uplot, "uPlot.esm.js"), "text/javascript"],
    "/uPlot.min.css": [join(uplot, "uPlot.min.css"), "text/css"],
  };
  const http = createServer(async ({ url }, response) => {
    const [path, type] = files[url.split("?")[0]] ?? [];
    response.writeHead(path ? 200 : 204, { "content-type": type ?? "text/plain" });
    response.end(path && (await readFile(path)));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const now = Date.now();
  const wave = Array.from({ length: 200 }, (_, i) => ({ time: now - (200 - i) * 500, a: 50 + 30 * Math.sin(i / 15), b: 40 + 10 * Math.cos(i / 7) }));
  await postRows(server.url, "package/chart", wave);
  const browser = await startBrowser();
  try {
    const { page, troubles } = await openPage(browser, `http://127.0.0.1:${http.address().port}/chart.html?url=${server.url}&selector=package/chart`);
    await page.waitForSelector(".u-series");
    await page.waitForFunction(() => document.title === "HubServer: live");
    for (let i = 0; i < 20; i++)
      await postRows(server.url, "package/chart", { time: Date.now(), a: 50 + i, b: 40 - i });
    await page.waitForFunction(() => document.querySelectorAll(".u-series").length === 3);
    await mkdir(screenshots, { recursive: true });
    await page.screenshot({ path: `${screenshots}client-chart.png` });
    const drawn = await page.evaluate(() => {
      const canvas = document.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let green = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i] < 80 && data[i + 1] > 90 && data[i + 2] < 130 && data[i + 3] > 0)
          green++;
      return green;
    });
    assert.ok(drawn > 300, `the line is there: ${drawn} pixels`);
    assert.deepEqual(troubles, []);
  } finally {
    await browser.close();
    http.close();
    http.closeAllConnections();
  }
});
