// The page on one of three nodes that share their channels through Redis, while Redis loses everything, goes away, or the
// page's node is killed.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openPage, startBrowser } from "./browser.mjs";
import { eventually } from "./eventually.mjs";
import { postRows } from "./hub.mjs";
import { startNginx } from "./nginx.mjs";
import { startRedis } from "./redis.mjs";
import { startServer } from "./server.mjs";

const screenshots = fileURLToPath(new URL("./screenshots/", import.meta.url));
const names = ["node-1", "node-2", "node-3"];
const channels = ['plant/temp{line="1"}', 'plant/temp{line="2"}'];
const hash = `#w=1m&s=${encodeURIComponent("plant/temp")}&c=${encodeURIComponent(channels[0])}`;
const panels = ["plant/temp", channels[0]];
const rowEveryMs = 100;
const firstRows = 20;
const awayMs = 6_000;
const staleWithinMs = 6_000;
const recoveredWithinMs = 10_000;

describe("the page of a cluster", () => {
  let browser, redis, nodes;

  before(async () => {
    await mkdir(screenshots, { recursive: true });
    browser = await startBrowser();
  });
  after(() => browser?.close());

  beforeEach(async () => {
    redis = await startRedis();
    nodes = await Promise.all(names.map((name) => startServer({ HubServer__Node: name, ConnectionStrings__redis: redis.address })));
    await Promise.all(nodes.map(readyAgain));
  });
  afterEach(async () => {
    await Promise.all((nodes ?? []).map((node) => node.stop("SIGKILL")));
    await redis?.stop();
  });

  test("keeps its picture and goes on when Redis is flushed", async (t) => {
    const publisher = startPublisher(nodes[1].url);
    const dashboard = await openDashboard(browser, nodes[0].url);
    try {
      for (let round = 0; round < 3; round++) {
        await redis.command("FLUSHALL");
        await rowsLater(dashboard.page, 15);
      }
      const seen = await dashboard.seen();
      t.diagnostic(`${seen.text}; ${publisher.text()}`);
      await dashboard.page.screenshot({ path: `${screenshots}cluster-flushed.png` });
      assert.ok(await eventsOf(nodes, "seed_accepted") >= 3 * channels.length, "the nodes gave nothing back");
      assert.deepEqual(seen.empty, []);
      assert.deepEqual(seen.gaps, ["0"]);
      assert.deepEqual(seen.states, ["live"]);
      assert.deepEqual(publisher.failures, []);
      assert.deepEqual(dashboard.troubles, []);
    } finally {
      await publisher.stop();
      await dashboard.close();
    }
  });

  test("says that it is stale while Redis is away, and goes on by itself once Redis is back, empty", async (t) => {
    const publisher = startPublisher(nodes[1].url);
    const dashboard = await openDashboard(browser, nodes[0].url);
    const state = (name) => dashboard.page.locator(`#state[data-state="${name}"]`).waitFor({ timeout: recoveredWithinMs });
    try {
      // What Redis took and told nobody of is lost with it, rightly; here nothing is under way.
      await publisher.pause();
      await newest(dashboard.page, publisher.last());
      const killed = performance.now();
      await redis.kill();
      publisher.resume();
      await state("stale");
      const stale = performance.now();
      await dashboard.page.screenshot({ path: `${screenshots}cluster-stale.png` });
      await delay(Math.max(0, awayMs - (performance.now() - killed)));
      const held = await newestOf(dashboard.page);

      await redis.wipe();
      const back = performance.now();
      await redis.start();
      await state("live");
      const live = performance.now();
      await dashboard.page.waitForFunction(offsetIsAbove, [channels[0], held], { timeout: recoveredWithinMs });
      const drawn = performance.now();
      await rowsLater(dashboard.page, 10);
      await dashboard.page.screenshot({ path: `${screenshots}cluster-back.png` });

      const seen = await dashboard.seen();
      t.diagnostic(`stale ${Math.round(stale - killed)} ms after the kill and for ${Math.round(live - stale)} ms; live ${Math.round(live - back)} ms and a new row drawn ${Math.round(drawn - back)} ms after Redis was started; ${seen.text}; ${publisher.text()}`);
      assert.ok(await eventsOf(nodes, "seed_accepted") >= channels.length, "the nodes gave nothing back");
      assert.ok(stale - killed < staleWithinMs, `stale only after ${stale - killed} ms`);
      assert.deepEqual(seen.empty, []);
      assert.deepEqual(seen.gaps, ["0"]);
      assert.deepEqual(seen.states, ["live", "stale", "live"]);
      assert.ok(publisher.failures.length > 0, "nothing was refused while Redis was away");
      assert.deepEqual(publisher.failures.filter((text) => !text.includes("backplane_unavailable")), []);
      assert.deepEqual(dashboard.troubles, []);
    } finally {
      await publisher.stop();
      await dashboard.close();
    }
  });

  test("goes on at another node, without a hole, when its node is killed", async (t) => {
    const nginx = await startNginx(nodes.map(({ url }) => url));
    // Through nginx as well, which brings rows to every node.
    const publisher = startPublisher(nginx.url);
    const dashboard = await openDashboard(browser, nginx.url);
    const nodeName = async () => (await dashboard.page.locator("#server").textContent()).split(" ")[0];
    try {
      const first = await nodeName();
      const killed = performance.now();
      const held = await newestOf(dashboard.page);
      await nodes[names.indexOf(first)].stop("SIGKILL");
      await dashboard.page.waitForFunction((before) => !document.querySelector("#server").textContent.startsWith(before), first, { timeout: recoveredWithinMs });
      const moved = performance.now();
      await dashboard.page.locator('#state[data-state="live"]').waitFor({ timeout: recoveredWithinMs });
      await rowsLater(dashboard.page, 20);
      await dashboard.page.screenshot({ path: `${screenshots}cluster-moved.png` });

      const seen = await dashboard.seen();
      t.diagnostic(`from ${first} to ${await nodeName()} in ${Math.round(moved - killed)} ms; rows ${held} to ${await newestOf(dashboard.page)}; ${seen.text}; ${publisher.text()}`);
      assert.deepEqual(seen.empty, []);
      assert.deepEqual(seen.gaps, ["0"]);
      assert.deepEqual(seen.states, ["live", "reconnecting", "live"]);
      assert.deepEqual(dashboard.troubles, []);
    } finally {
      await publisher.stop();
      await dashboard.close();
      await nginx.stop();
    }
  });
});

/** Publishes rows to all channels, one after the other, and goes on whatever is answered. */
function startPublisher(url) {
  const failures = [];
  let [value, last, isStopped, isPaused, isIdle] = [0, -1, false, false, true];
  const running = (async () => {
    while (!isStopped) {
      isIdle = isPaused;
      if (!isPaused) {
        value++;
        const rows = channels.map((channel, i) => postRows(url, channel, { value: 50 + 20 * Math.sin(value / 8 + i) }));
        for (const result of await Promise.allSettled(rows)) {
          if (result.status === "rejected")
            failures.push(result.reason.message);
          else
            last = Math.max(last, result.value[0]?.offset ?? result.value.offset);
        }
      }
      await delay(rowEveryMs);
    }
  })();
  return {
    failures,
    last: () => last,
    text: () => `${value} rounds published, ${failures.length} rows refused`,
    async pause() {
      isPaused = true;
      await eventually(() => isIdle, "nothing is under way");
    },
    resume: () => isPaused = false,
    stop() {
      isStopped = true;
      return running;
    },
  };
}

/** Opens the page and looks at it at every animation frame from the first picture on. */
async function openDashboard(browser, url) {
  const { page, troubles, close } = await openPage(browser, `${url}/${hash}`, { viewport: { width: 1200, height: 700 } });
  await page.waitForFunction(offsetIsAbove, [channels[0], firstRows]);
  await page.waitForFunction(hasInk, panels);
  await page.evaluate(watch, panels);
  return {
    page,
    troubles,
    close,
    async seen() {
      const seen = await page.evaluate(() => globalThis.seen);
      const longest = Math.round(seen.longestMs);
      return { ...seen, text: `${seen.frames} frames, ${longest} ms apart at most, ink from ${seen.least} to ${seen.most} pixels, rows at most ${Math.round(seen.longestRowMs)} ms apart` };
    },
  };
}

/** Runs in the page: counts the pixels of lines in every panel, and notes whatever the page says, frame by frame. */
function watch(panels) {
  const seen = globalThis.seen = { frames: 0, longestMs: 0, least: Infinity, most: 0, empty: [], gaps: [], states: [], longestRowMs: 0 };
  let [last, offset, rowAt] = [performance.now(), "", performance.now()];
  const note = (list, text) => list.at(-1) === text || list.push(text);
  // Reading the page's own canvas again and again would make Chromium advise the page, in its console.
  const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  requestAnimationFrame(function look(now) {
    seen.frames++;
    seen.longestMs = Math.max(seen.longestMs, now - last);
    last = now;
    note(seen.states, document.querySelector("#state").dataset.state);
    for (const name of panels) {
      const box = [...document.querySelectorAll(".panel")].find((one) => one.dataset.channel === name);
      const message = box?.querySelector(".message");
      const pixels = inkOf(box?.querySelector("canvas"));
      seen.least = Math.min(seen.least, pixels);
      seen.most = Math.max(seen.most, pixels);
      if (pixels <= 10 || message.hidden === false)
        seen.empty.push(`${name}: ${pixels} pixels, '${message?.textContent}' at frame ${seen.frames}`);
      if (box && !seen.gaps.includes(box.dataset.gaps))
        seen.gaps.push(box.dataset.gaps);
    }
    const newest = document.querySelector(".panel").dataset.offset;
    if (newest !== offset) {
      seen.longestRowMs = offset === "" ? 0 : Math.max(seen.longestRowMs, now - rowAt);
      [offset, rowAt] = [newest, now];
    }
    requestAnimationFrame(look);
  });

  /** Pixels that a line covers to three quarters; the background, the grid, what is below a line and gaps are fainter. */
  function inkOf(canvas) {
    if (!canvas)
      return 0;
    const [width, height] = [canvas.width - 80, canvas.height - 40];
    [copy.canvas.width, copy.canvas.height] = [width, height];
    copy.drawImage(canvas, -80, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    let opaque = 0;
    for (let i = 3; i < data.length; i += 4)
      opaque += data[i] > 160 ? 1 : 0;
    return opaque;
  }
}

function hasInk(panels) {
  return panels.every((name) => Number([...document.querySelectorAll(".panel")].find((one) => one.dataset.channel === name)?.dataset.offset) > 0);
}

function offsetIsAbove([name, offset]) {
  return Number([...document.querySelectorAll(".panel")].find((one) => one.dataset.channel === name)?.dataset.offset) > offset;
}

async function newestOf(page) {
  return Number(await page.locator(`.panel[data-channel=${JSON.stringify(channels[0])}]`).getAttribute("data-offset"));
}

function newest(page, offset) {
  return page.waitForFunction(offsetIsAbove, [channels[0], offset - 1], { timeout: recoveredWithinMs });
}

async function rowsLater(page, rows) {
  await newest(page, await newestOf(page) + rows);
}

async function eventsOf(nodes, event) {
  const counts = await Promise.all(nodes.map(async ({ url }) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(text.match(new RegExp(`^hubserver_backplane_events_total\\{.*event="${event}".*\\} (\\d+)`, "m"))?.[1] ?? 0);
  }));
  return counts.reduce((sum, count) => sum + count, 0);
}

function readyAgain({ url }) {
  return eventually(async () => (await fetch(`${url}/readyz`)).status === 200, "the node is ready", 20_000);
}
