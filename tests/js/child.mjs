// Programs that a test starts, each in a process group of its own, so that ending one also ends what it started.
import { spawn } from "node:child_process";
import { once } from "node:events";

const running = new Set();

// A test file that ends early, or is ended by the runner, leaves nothing behind.
process.once("exit", () => running.forEach((child) => signal(child, "SIGKILL")));
process.once("SIGTERM", () => process.exit(143));
process.once("SIGINT", () => process.exit(130));

/** Starts a program; `output()` is what it wrote so far, `ended()` waits for its exit code, `stop(signal)` ends it and waits. */
export function startChild(command, args, { cwd, env = {} } = {}) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let output = "";
  let failure;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => output += text);
  child.once("error", (error) => failure = error);
  const hasEnded = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  running.add(child);
  child.once("exit", () => running.delete(child));

  return {
    output: () => failure ? `${output}\n${failure}` : output,
    hasEnded,
    async ended() {
      if (!hasEnded())
        await once(child, "close");
      return child.exitCode;
    },
    async stop(name = "SIGTERM") {
      if (hasEnded())
        return;
      const exit = once(child, "exit");
      signal(child, name);
      const timer = setTimeout(() => signal(child, "SIGKILL"), 10_000);
      await exit;
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function signal(child, name) {
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    // It ended in the meantime.
    if (error.code !== "ESRCH")
      throw error;
  }
}
