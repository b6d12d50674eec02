// A real redis-server on a port and in a folder of its own.
import { rmSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "./child.mjs";
import { eventually } from "./eventually.mjs";
import { freePort } from "./ports.mjs";

const attempts = 3;
const answerMs = 20_000;

/** Starts a server with these settings, by name as in redis.conf; it keeps nothing on disk unless they say so. */
export async function startRedis(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "hubserver-redis-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const words = Object.entries({ save: "", ...settings }).flatMap(([name, value]) => [`--${name}`, value]);
  let port, child;

  async function launch() {
    child = startChild("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, ...words]);
    await eventually(async () => child.hasEnded() || await answers(), "redis-server answers", answerMs);
  }

  /** Whether this server, and no other one that took its port, answers and has read its data. */
  async function answers() {
    const { code, text } = await run(["INFO", "server"]);
    return code === 0 && text.includes(`process_id:${child.pid}\r\n`);
  }

  async function run(words) {
    const client = startChild("redis-cli", ["-h", "127.0.0.1", "-p", String(port), "-e", ...words]);
    const code = await client.ended();
    return { code, text: client.output() };
  }

  async function stop() {
    await child?.stop("SIGKILL");
    process.off("exit", remove);
    remove();
  }

  try {
    for (let attempt = 1; attempt === 1 || child.hasEnded(); attempt++) {
      if (attempt > attempts)
        throw new Error("redis-server ended at once");
      port = await freePort();
      await launch();
    }
  } catch (error) {
    await stop();
    throw new Error(`${error.message}; its output:\n${child?.output()}`, { cause: error });
  }

  return {
    /** As in a connection string. */
    address: `127.0.0.1:${port}`,
    /** Sends a command and gives what redis-cli prints; throws where that is an error. */
    async command(...words) {
      const { code, text } = await run(words);
      if (code !== 0)
        throw new Error(`${words.join(" ")}: ${text}`);
      return text.trimEnd();
    },
    /** Ends it at once, without a last word to the disk. */
    kill: () => child.stop("SIGKILL"),
    /** Starts it again where it was, with what it kept on disk. */
    async start() {
      await launch();
      if (child.hasEnded())
        throw new Error(`redis-server ended at once: ${child.output()}`);
    },
    /** Removes what it kept on disk. */
    async wipe() {
      for (const name of await readdir(folder))
        await rm(join(folder, name), { recursive: true });
    },
    stop,
  };
}
