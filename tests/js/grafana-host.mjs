// The page that stands in for Grafana, with the built plugin and Grafana's icons.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { openPage } from "./browser.mjs";

const plugin = new URL("../../clients/grafana/", import.meta.url);
const places = [
  ["/public/plugins/hubserver-datasource/", "dist/"],
  ["/public/build/img/icons/", "node_modules/@grafana/ui/dist/public/img/icons/"],
  ["/", "tests/host/dist/"],
];
const module = "/public/plugins/hubserver-datasource/module.js";
const live = { from: "now-1m", to: "now" };

// One icon and Grafana's fonts are in none of its packages, and a server that is away is what some tests want.
const isExpected = (text) => /status of 404|net::ERR_(CONNECTION_REFUSED|EMPTY_RESPONSE|CONNECTION_RESET|FAILED)|CORS policy|WebSocket/.test(text);
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };

export async function startGrafanaHost() {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://host").pathname));
    const [prefix, folder] = places.find(([start]) => path.startsWith(start));
    try {
      const body = await readFile(fileURLToPath(new URL(folder + (path.slice(prefix.length) || "index.html"), plugin)));
      response.writeHead(200, { "content-type": types[extname(path)] ?? "text/html" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }) };
}

/** Opens the page with a data source for the server at `url`; `variables` are a dashboard's. */
export async function openGrafana(browser, hostUrl, url, settings = {}, variables = {}) {
  const { page, troubles, close } = await openPage(browser, hostUrl);
  await page.evaluate(([path, jsonData, values]) => window.host.start(path, jsonData, values), [module, { url, intervalMs: 50, ...settings }, variables]);
  return {
    page,
    open: (panelId, targets, raw = live) => page.evaluate((query) => window.host.open(`Panel ${query.panelId}`, query), { panelId, targets, raw }),
    run: (panelId, change = {}) => page.evaluate(([id, part]) => window.host.panels.get(id).run(part), [panelId, change]),
    shut: (panelId) => page.evaluate((id) => window.host.close(id), panelId),
    look: (panelId) => page.evaluate((id) => window.host.look(id), panelId),
    call: (name, ...args) => page.evaluate(([method, list]) => window.host.source[method](...list), [name, args]),
    edit: (kind, initial) => page.evaluate(([which, value]) => window.host.edit(which, value), [kind, initial]),
    edited: () => page.evaluate(() => window.host.edited),
    close: async () => {
      await close();
      assert.deepEqual(troubles.filter((text) => !isExpected(text)), []);
    },
  };
}
