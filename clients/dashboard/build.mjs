// What the .NET build calls: installs what package-lock.json names, if that changed, and builds into the folder that is
// given. Only one such build runs at a time in a checkout: a second one waits, and then finds little left to do.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const lock = join(here, ".building");
const lockFile = join(here, "package-lock.json");
const installed = join(here, "node_modules", ".package-lock.json");
const waitMs = 300_000;

const [out] = process.argv.slice(2);
if (!out) {
  console.error("usage: node build.mjs FOLDER");
  process.exit(2);
}

// Vite's own limit; an older Node fails in it with a stack trace that does not say so.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`error HUBS002: Node 20.19 or later is needed to build the dashboard, found ${process.version}; install it, or build with -p:Dashboard=false`);
  process.exit(1);
}

await take();
try {
  // npm is a script of the shell on some systems; the arguments hold nothing that a shell would take for its own.
  if (timeOf(installed) <= timeOf(lockFile))
    run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { shell: true });
  run(process.execPath, [join(here, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn", "--outDir", resolve(out)]);
} finally {
  rmSync(lock, { recursive: true, force: true });
}

function run(command, args, options) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: "inherit", ...options });
  if (status === 0)
    return;
  rmSync(lock, { recursive: true, force: true });
  console.error(`error HUBS003: '${command} ${args.join(" ")}' in ${here} failed`);
  process.exit(1);
}

/** Making a folder either succeeds or finds it there, on every system. */
async function take() {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, "pid"), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== "EEXIST")
        throw error;
    }
    if (!isHeld())
      rmSync(lock, { recursive: true, force: true });
    else if (Date.now() > deadline)
      throw new Error(`another build of the dashboard holds ${lock} for ${waitMs / 1000} s`);
    await delay(200);
  }
}

/** Whether the build that took the lock still runs. */
function isHeld() {
  let pid;
  try {
    pid = Number(readFileSync(join(lock, "pid"), "utf8"));
  } catch {
    pid = 0;
  }
  if (!pid)
    return Date.now() - timeOf(lock) < 5000; // Taken a moment ago, or by one that ended in that moment.
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
