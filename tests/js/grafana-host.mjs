// Serves the page that stands in for Grafana, with the built plugin and Grafana's icons.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const plugin = new URL("../../clients/grafana/", import.meta.url);
const places = [
  ["/public/plugins/hubserver-datasource/", "dist/"],
  ["/public/build/img/icons/", "node_modules/@grafana/ui/dist/public/img/icons/"],
  ["/", "tests/host/dist/"],
];
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
