// The page as a person sees it, in a real browser on the built program.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openPage, startBrowser } from "./browser.mjs";
import { eventually } from "./eventually.mjs";
import { post, postRows } from "./hub.mjs";
import { startServer } from "./server.mjs";

const screenshots = fileURLToPath(new URL("./screenshots/", import.meta.url));
const withHost = { HubServer__Sources__Host__Enabled: "true", HubServer__Sources__Simulate__Enabled: "true" };
const firstPictureMs = 1500;
const maxVisits = 10;
const rowToDrawnMs = 300;

// What Chromium itself prints while a server is away, whatever a page does.
const isLoss = (text) => /^WebSocket connection to 'ws:\S+' failed: Error in connection establishment: net::ERR_CONNECTION_REFUSED$/.test(text);

const panel = (page, name) => page.locator(`.panel[data-channel=${JSON.stringify(name)}]`);
const idHash = (id) => `#w=5m&c=${encodeURIComponent(id)}`;

describe("the page", () => {
  let server, browser;

  before(async () => {
    await mkdir(screenshots, { recursive: true });
    [server, browser] = await Promise.all([startServer(withHost), startBrowser()]);
    // Rates begin with the source's second round, and the picture is timed from the browser's side.
    const list = async () => (await fetch(`${server.url}/api/channels?selector=network`)).json();
    await eventually(async () => (await list()).channels.length > 0, "the host source has rates");
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("shows this machine's numbers at once", async (t) => {
    // A machine that is busy with something else delays one visit or another; what the page itself takes is the least.
    const visits = [];
    while (visits.length < 3 || (visits.length < maxVisits && Math.min(...visits) >= firstPictureMs))
      visits.push(await firstPicture(browser, server.url));
    t.diagnostic(`first picture after ${visits.map(Math.round).join(", ")} ms`);
    assert.ok(Math.min(...visits) < firstPictureMs, `the first picture took ${visits} ms`);
  });

  test("shows this machine's numbers without a click", async () => {
    const { page, troubles, close } = await openPage(browser, server.url);
    await machineDrawn(page);
    await page.locator('#state[data-state="live"]').waitFor();
    assert.match(await panel(page, "memory").locator(".now").textContent(), /^[\d.]+ [KMG]iB$/);
    assert.match(await panel(page, 'cpu{core="all"}').locator(".now").textContent(), /^[\d.]+ %$/);
    const before = await panel(page, "memory").getAttribute("data-offset");
    await page.waitForFunction((offset) => Number(document.querySelector('.panel[data-channel="memory"]').dataset.offset) > Number(offset), before);
    await eventually(() => hasInk(page, 'cpu{core="all"}'), "the chart has a line");
    await page.locator('#channels li[data-id^="memory"] button[aria-pressed="mixed"]').waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test("lists a channel that appears, draws it once chosen, and its new rows within 300 ms", async (t) => {
    const { page, troubles, close } = await openPage(browser, server.url);
    await postRows(server.url, "demo/new", { value: 1 });
    await page.getByRole("searchbox", { name: "Search channels" }).fill("demo/n");
    await page.getByRole("button", { name: "demo/new" }).click();
    await panel(page, "demo/new").and(page.locator('[data-offset="0"]')).waitFor();
    assert.ok((await page.evaluate(() => location.hash)).includes("c=demo%2Fnew"));

    const latencies = [];
    for (let offset = 1; offset <= 10; offset++)
      latencies.push(await rowToDrawn(page, "demo/new", offset));
    t.diagnostic(`row to drawn: ${latencies.map(Math.round).join(", ")} ms`);
    assert.ok(Math.max(...latencies) < rowToDrawnMs, `rows were drawn after ${latencies} ms`);

    await page.getByRole("button", { name: "Remove the panel demo/new" }).click();
    await panel(page, "demo/new").waitFor({ state: "detached" });
    assert.deepEqual(troubles, []);
    await close();
  });

  test("takes over a unit and a channel that begins anew, also between two pictures", async () => {
    const { page, troubles, close } = await openPage(browser, server.url + idHash("anew"));
    const put = (body) => fetch(`${server.url}/api/channels/anew`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const now = panel(page, "anew").locator(".now");
    const shows = (text) => page.waitForFunction((expected) => document.querySelector('.panel[data-channel="anew"] .now')?.textContent === expected, text);
    await postRows(server.url, "anew", { v: 40 });
    await shows("40");
    assert.equal((await put({ fields: [{ name: "v", unit: "percent" }] })).status, 200);
    await shows("40 %");

    // Nothing is drawn while the page is paused, so that it sees the old channel and the new one next to each other.
    await page.getByRole("button", { name: "Pause" }).click();
    assert.equal((await fetch(`${server.url}/api/channels/anew`, { method: "DELETE" })).status, 204);
    await postRows(server.url, "anew", { v: 7 });
    await page.waitForFunction(() => parseInt(document.querySelector("#waiting").textContent) > 0);
    assert.equal(await now.textContent(), "40 %");
    await page.getByRole("button", { name: "Resume" }).click();
    await shows("7");
    await postRows(server.url, "anew", { v: 8 });
    await shows("8");
    assert.deepEqual(troubles, []);
    await close();
  });

  test("goes on by itself after the server was killed, with the picture it had and a gap", async (t) => {
    let own = await startServer(withHost);
    const { page, troubles, close } = await openPage(browser, own.url);
    const memory = panel(page, "memory");
    try {
      await page.waitForFunction(() => Number(document.querySelector('.panel[data-channel="memory"]')?.dataset.offset) >= 3);
      await own.stop("SIGKILL");
      await page.locator('#state[data-state="reconnecting"]').waitFor();
      assert.ok(await hasInk(page, "memory"), "the picture went away with the server");

      own = await startServer(withHost, new URL(own.url).port);
      const start = performance.now();
      await page.locator('#state[data-state="live"]').waitFor();
      t.diagnostic(`live again after ${Math.round(performance.now() - start)} ms`);
      await memory.and(page.locator('[data-gaps="1"]')).waitFor();
      await panel(page, "network").and(page.locator('[data-gaps="1"]')).waitFor();
      await page.waitForFunction(() => Number(document.querySelector('.panel[data-channel="memory"]')?.dataset.offset) >= 4);
      await page.getByRole("button", { name: "1m", exact: true }).click();
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      await page.screenshot({ path: `${screenshots}gap.png` });
      assert.deepEqual(troubles.filter((text) => !isLoss(text)), []);
    } finally {
      await close();
      await own.stop();
    }
  });

  test("says of a selector that is refused what is wrong with it, and draws the other panels", async () => {
    const { page, troubles, close } = await openPage(browser, "about:blank");
    const traffic = watchHub(page);
    await page.goto(`${server.url}/#w=1m&s=cpu%7B&s=memory`);
    const broken = panel(page, "cpu{");
    await broken.getByText("the closing '}' is missing").waitFor();
    await panel(page, "memory").and(page.locator("[data-offset]")).waitFor();
    await page.locator('#state[data-state="live"]').waitFor();
    assert.deepEqual(traffic, { connections: 1, queries: 2 });

    // The rows go on coming for as long as a page that tries again would have tried a few times.
    await rowsLater(page, "memory", 3);
    assert.deepEqual(traffic, { connections: 1, queries: 2 });
    assert.ok(await broken.getByText("the closing '}' is missing").isVisible());
    await eventually(() => hasInk(page, "memory"), "the good panel has a line");
    assert.ok(await page.locator("#refusal").isHidden());
    await page.screenshot({ path: `${screenshots}refused.png` });

    await page.getByRole("button", { name: "Remove the panel cpu{" }).click();
    await broken.waitFor({ state: "detached" });
    await rowsLater(page, "memory", 1);
    assert.deepEqual(traffic, { connections: 1, queries: 3 });
    assert.equal(await page.locator("#state").getAttribute("data-state"), "live");
    assert.deepEqual(troubles, []);
    await close();
  });

  test("says why a query is refused as a whole, and asks again once something else is chosen", async () => {
    const own = await startServer({ ...withHost, HubServer__Queries__MaxTargets: "1" });
    const { page, troubles, close } = await openPage(browser, "about:blank");
    const traffic = watchHub(page);
    try {
      await page.goto(`${own.url}/#w=5m&s=memory&s=load`);
      await page.locator('#state[data-state="refused"]').waitFor();
      await page.screenshot({ path: `${screenshots}refused-whole.png` });
      assert.match(await page.locator("#refusal").textContent(), /targets has 2 entries; the limit is 1/);
      // The list of channels goes on over the same connection.
      await page.locator("#channels li", { hasText: "memory" }).waitFor();
      assert.deepEqual(traffic, { connections: 1, queries: 1 });

      await page.getByRole("button", { name: "Remove the panel load" }).click();
      await panel(page, "memory").and(page.locator("[data-offset]")).waitFor();
      await page.locator('#state[data-state="live"]').waitFor();
      assert.ok(await page.locator("#refusal").isHidden());
      assert.deepEqual(traffic, { connections: 1, queries: 2 });
      assert.deepEqual(troubles, []);
    } finally {
      await close();
      await own.stop();
    }
  });

  test("draws a channel whose id is as long as an id may be", async () => {
    const id = `plant/${"x".repeat(506)}`;
    await postRows(server.url, id, { value: 1 });
    const { page, troubles, close } = await openPage(browser, server.url + idHash(id));
    await panel(page, id).and(page.locator('[data-offset="0"]')).waitFor();
    assert.deepEqual(troubles, []);
    await close();
  });

  test("shows markup in names as text", async () => {
    const image = (what) => `<img src=x onerror="window.ran='${what}'">`;
    const id = `${image("channel")}{place=${JSON.stringify(image("label"))}}`;
    await post(server.url, "/api/publish", { batches: [{ channel: id, rows: {
      fields: [{ name: image("field"), type: "number", unit: image("unit") }, { name: "other", type: "number" }, { name: "text", type: "string" }], values: [[1], [2], [image("text")]],
    } }] });
    const { page, troubles, close } = await openPage(browser, server.url + idHash(id));
    const box = page.locator(".panel");
    await box.and(page.locator("[data-offset]")).waitFor();
    const text = await box.textContent();
    for (const what of ["channel", "label", "field", "unit", "text"])
      assert.ok(text.includes(image(what)), `${what} is not shown as text in ${text}`);
    await page.locator("#channels li", { hasText: image("channel") }).waitFor();
    assert.equal(await page.locator("main img, nav img").count(), 0);
    assert.equal(await page.evaluate(() => window.ran), undefined);
    assert.deepEqual(troubles, []);
    await close();
  });

  test("stands still while paused, counts what waits, and goes on", async () => {
    const { page, close } = await openPage(browser, server.url);
    const memory = panel(page, "memory");
    await memory.and(page.locator("[data-offset]")).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    const offset = await memory.getAttribute("data-offset");
    await page.waitForFunction(() => parseInt(document.querySelector("#waiting").textContent) > 20);
    assert.equal(await memory.getAttribute("data-offset"), offset);
    assert.equal(await page.locator("#state").textContent(), "Paused");
    await page.getByRole("button", { name: "Resume" }).click();
    await page.waitForFunction((before) => Number(document.querySelector('.panel[data-channel="memory"]').dataset.offset) > Number(before), offset);
    await close();
  });

  test("works under a path of its own", async () => {
    const own = await startServer({ ...withHost, HubServer__PathBase: "/live" });
    const { page, troubles, close } = await openPage(browser, `${own.url}/live`);
    try {
      assert.equal(new URL(page.url()).pathname, "/live/");
      await panel(page, "memory").and(page.locator("[data-offset]")).waitFor();
      assert.deepEqual(troubles, []);
    } finally {
      await close();
      await own.stop();
    }
  });

  test("fits both themes and a phone, and keeps the theme that was chosen", async () => {
    for (const [name, options] of Object.entries({
      dark: { colorScheme: "dark" },
      light: { colorScheme: "light" },
      phone: { colorScheme: "dark", viewport: { width: 320, height: 720 }, reducedMotion: "reduce" },
    })) {
      const { page, troubles, close } = await openPage(browser, `${server.url}/#w=1m&${[
        "s=cpu%7Bcore%3D%22all%22%7D&f=busy&f=user&f=system", "s=memory&f=used&f=cached", "s=simulate%7BintervalMs%3D%22100%22%7D",
        "s=network&f=received&f=sent", "s=load", "s=process"].join("&")}`, options);
      await panel(page, "load").and(page.locator(name === "phone" ? "*" : "[data-offset]")).waitFor();
      await panel(page, "memory").and(page.locator("[data-offset]")).waitFor();
      await page.waitForFunction(() => Number(document.querySelector('.panel[data-channel="memory"]')?.dataset.offset) >= 2);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: the page is wider than the screen`);
      await page.screenshot({ path: `${screenshots}${name}.png` });

      const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const first = await back();
      await page.locator("#theme").click();
      const second = await back();
      assert.notEqual(second, first);
      await page.reload();
      assert.equal(await back(), second);
      assert.deepEqual(troubles, []);
      await close();
    }
  });
});

/** How long a visit takes from the address to the first picture, with nothing cached. */
async function firstPicture(browser, url) {
  const { page, close } = await openPage(browser, "about:blank");
  const start = performance.now();
  await page.goto(url);
  await machineDrawn(page);
  const took = performance.now() - start;
  await close();
  return took;
}

async function machineDrawn(page) {
  for (const name of ['cpu{core="all"}', "memory", "network"])
    await panel(page, name).and(page.locator("[data-offset]")).waitFor();
}

/** Counts the page's connections and the calls of `Query` on them. */
function watchHub(page) {
  const traffic = { connections: 0, queries: 0 };
  page.on("websocket", (socket) => {
    traffic.connections++;
    socket.on("framesent", ({ payload }) => traffic.queries += Buffer.from(payload).includes("Query") ? 1 : 0);
  });
  return traffic;
}

/** Waits until a panel has drawn so many rows more. */
async function rowsLater(page, name, rows) {
  const before = Number(await panel(page, name).getAttribute("data-offset"));
  await page.waitForFunction(([name, offset]) => Number([...document.querySelectorAll(".panel")].find((one) => one.dataset.channel === name).dataset.offset) >= offset, [name, before + rows]);
}

/**
 * Whether a line was drawn inside the axes: a few pixels that it covers to three quarters, as one of 1.5 pixels does
 * wherever it lies. The background, the grid, the area below a line and gaps are fainter.
 */
function hasInk(page, name) {
  return page.evaluate((channel) => {
    const canvas = [...document.querySelectorAll(".panel")].find((one) => one.dataset.channel === channel).querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(80, 0, canvas.width - 80, canvas.height - 40);
    let opaque = 0;
    for (let i = 3; i < data.length; i += 4)
      opaque += data[i] > 160 ? 1 : 0;
    return opaque > 10;
  }, name);
}

/** Pushes a row from within the page and waits until the panel says that it has drawn it. */
function rowToDrawn(page, channel, offset) {
  return page.evaluate(async ([channel, offset]) => {
    const box = [...document.querySelectorAll(".panel")].find((one) => one.dataset.channel === channel);
    const drawn = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (Number(box.dataset.offset) < offset)
          return;
        observer.disconnect();
        resolve(performance.now());
      });
      observer.observe(box, { attributes: true, attributeFilter: ["data-offset"] });
    });
    const start = performance.now();
    await fetch(`api/channels/${encodeURIComponent(channel)}/rows`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ value: offset % 3 }) });
    return await drawn - start;
  }, [channel, offset]);
}
