// Debian's nginx with a site of deploy/nginx before the server, as an operator runs it, but on a free port and with every
// file in a folder of its own.
import { rmSync } from "node:fs";
import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "./child.mjs";
import { eventually } from "./eventually.mjs";
import { accepts, freePort } from "./ports.mjs";

export const program = process.env.NGINX ?? "/usr/sbin/nginx";
const sites = new URL("../../deploy/nginx/", import.meta.url);
const attempts = 3;

/** Starts nginx with a site before the servers at `targets`. */
export async function startNginx(targets, site = "hubserver.conf") {
  const folder = await mkdtemp(join(tmpdir(), "hubserver-nginx-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  // nginx that root starts works as another user, who has to get at the bodies that it keeps here.
  await chmod(folder, 0o755);

  const text = withNodes(await readSite(site), [targets].flat().map((url) => new URL(url).host));
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    await writeFile(join(folder, "hubserver.conf"), substitute(text, { "listen 80;": `listen 127.0.0.1:${port};` }));
    await writeFile(join(folder, "nginx.conf"), await readSite("nginx.conf"));
    const child = startChild(program, ["-e", "stderr", "-p", folder, "-c", "nginx.conf"]);
    const stop = async () => {
      await child.stop();
      process.off("exit", remove);
      remove();
    };
    try {
      await eventually(async () => child.hasEnded() || await accepts(port), "nginx listens");
      if (!child.hasEnded())
        return { url: `http://127.0.0.1:${port}`, output: child.output, stop };
      // Somebody else took the port in the meantime.
      if (!child.output().includes("Address already in use") || attempt === attempts)
        throw new Error("nginx ended at once");
    } catch (error) {
      await stop();
      throw new Error(`${error.message}; its output:\n${child.output()}`, { cause: error });
    }
  }
}

export function readSite(name) {
  return readFile(new URL(name, sites), "utf8");
}

/** The site with these nodes in its `upstream`. */
export function withNodes(text, nodes) {
  return substitute(text, { "server 127.0.0.1:5080 max_fails=0;": nodes.map((node) => `server ${node} max_fails=0;`).join(" ") });
}

/** Replaces texts that each have to be there exactly once, so that a change of the site cannot pass by the tests. */
export function substitute(text, replacements) {
  for (const [from, to] of Object.entries(replacements)) {
    if (text.split(from).length !== 2)
      throw new Error(`'${from}' is not there exactly once`);
    text = text.replace(from, to);
  }
  return text;
}
