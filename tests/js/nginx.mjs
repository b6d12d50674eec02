// Debian's nginx with a site of deploy/nginx before the server, as an operator runs it, but in the foreground, on a free
// port and with every file in a folder of its own.
import { rmSync } from "node:fs";
import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "./child.mjs";
import { eventually } from "./eventually.mjs";

const program = process.env.NGINX ?? "/usr/sbin/nginx";
const sites = new URL("../../deploy/nginx/", import.meta.url);
const attempts = 3;

/** Starts nginx with a site before the server at `target`. */
export async function startNginx(target, site = "hubserver.conf") {
  const folder = await mkdtemp(join(tmpdir(), "hubserver-nginx-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  // nginx that root starts works as another user, who has to get at the bodies that it keeps here.
  await chmod(folder, 0o755);

  const text = await readFile(new URL(site, sites), "utf8");
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    await writeFile(join(folder, "site.conf"), substitute(text, { "listen 80;": `listen 127.0.0.1:${port};`, "127.0.0.1:5080": new URL(target).host }));
    await writeFile(join(folder, "nginx.conf"), frameOf(folder));
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

/** What an operator's nginx.conf has around the site. */
function frameOf(folder) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${join(folder, name)};`);
  return `
    daemon off;
    worker_processes 1;
    pid ${join(folder, "pid")};
    ${process.getuid() === 0 ? "user www-data;" : ""}
    events {}
    http {
      access_log off;
      ${temporary.join("\n      ")}
      include ${join(folder, "site.conf")};
    }`;
}

/** Replaces texts that each have to be there exactly once, so that a change of the site cannot pass by the tests. */
function substitute(text, replacements) {
  for (const [from, to] of Object.entries(replacements)) {
    if (text.split(from).length !== 2)
      throw new Error(`'${from}' is not there exactly once`);
    text = text.replace(from, to);
  }
  return text;
}

async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
