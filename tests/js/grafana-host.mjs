// The page that stands in for Grafana, with the built plugin and Grafana's icons.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { extname, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { openPage } from "./browser.mjs";

const plugin = new URL("../../clients/grafana/", import.meta.url);
const places = [
  ["/public/plugins/hubserver-datasource/", "dist/"],
  ["/public/build/img/icons/", "node_modules/@grafana/ui/dist/public/img/icons/"],
  ["/", `${process.env.GRAFANA_HOST ?? "tests/host"}/dist/`], // GRAFANA_HOST is a page with other versions of Grafana's packages.
];
const module = "/public/plugins/hubserver-datasource/module.js";
const proxied = "/api/datasources/proxy/uid/hub/hubserver/";
const live = { from: "now-1m", to: "now" };

// One icon and Grafana's fonts are in none of its packages, and a server that is away is what some tests want.
const isExpected = (text) => /status of 40[134]|net::ERR_(CONNECTION_REFUSED|EMPTY_RESPONSE|CONNECTION_RESET|FAILED)|CORS policy|WebSocket/.test(text);
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };

/**
 * Starts it. Below `/api/datasources/proxy/uid/hub/hubserver/` is the server at `behind`, as Grafana's own proxy leads to a
 * data source by the route in plugin.json: it passes WebSockets on and adds the token.
 */
export async function startGrafanaHost(behind = undefined) {
  const server = createServer(async (request, response) => {
    if (behind && request.url.startsWith(proxied)) {
      const answer = await fetch(`${behind}/${request.url.slice(proxied.length)}`, { method: request.method, headers: { authorization: "Bearer secret" } });
      response.writeHead(answer.status).end(await answer.text());
      return;
    }
    const path = normalize(decodeURIComponent(new URL(request.url, "http://host").pathname));
    const [prefix, folder] = places.find(([start]) => path.startsWith(start));
    try {
      const body = await readFile(fileURLToPath(new URL(folder + (path.slice(prefix.length) || "index.html"), plugin)));
      response.writeHead(200, { "content-type": types[extname(path)] ?? "text/html" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.on("upgrade", ({ url, headers }, near) => {
    near.on("error", () => {}); // A page that goes away.
    if (!behind || !url.startsWith(proxied)) {
      near.destroy();
      return;
    }
    const { hostname, port, host } = new URL(behind);
    const far = connect(Number(port), hostname, () => {
      const passed = Object.entries({ ...headers, host, authorization: "Bearer secret" }).map(([name, value]) => `${name}: ${value}`);
      far.write(`GET /${url.slice(proxied.length)} HTTP/1.1\r\n${passed.join("\r\n")}\r\n\r\n`);
      near.pipe(far).pipe(near);
    });
    far.on("error", () => near.destroy());
    near.on("close", () => far.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
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
