// Programs that a test starts, each in a process group of its own, so that ending one also ends what it started.
import { spawn } from "node:child_process";
import { once } from "node:events";

const running = new Set();

// A test file that ends early, or is ended by the runner, leaves nothing behind.
process.once("exit", () => running.forEach((child) => signal(child, "SIGKILL")));
process.once("SIGTERM", () => process.exit(143));
process.once("SIGINT", () => process.exit(130));

/**
 * Starts a program; `output()` is what it wrote so far, `stdout()` and `stderr()` one kind of it, `ended()` waits for its
 * exit code, `stop(signal)` ends it and waits. With `hasInput`, `write(text)` is what it reads.
 */
export function startChild(command, args, { cwd, env = {}, hasInput = false } = {}) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: [hasInput ? "pipe" : "ignore", "pipe", "pipe"], detached: true });
  const written = { stdout: "", stderr: "" };
  let output = "";
  let failure;
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8").on("data", (text) => {
      written[name] += text;
      output += text;
    });
  }
  child.stdin?.on("error", () => {}); // It ended; the test sees that by other means.
  child.once("error", (error) => failure = error);
  const hasEnded = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  running.add(child);
  child.once("exit", () => running.delete(child));

  return {
    pid: child.pid,
    output: () => failure ? `${output}\n${failure}` : output,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    write: (text) => child.stdin.write(text),
    hasEnded,
    async ended() {
      if (!hasEnded())
        await once(child, "close");
      return child.exitCode;
    },
    exitCode: () => child.exitCode,
    async stop(name = "SIGTERM") {
      if (hasEnded())
        return;
      const exit = once(child, "exit");
      signal(child, name);
      const timer = setTimeout(() => signal(child, "SIGKILL"), 10_000);
      await exit;
      clearTimeout(timer);
      signal(child, "SIGKILL"); // What it started may be on its way out still.
      child.stdin?.destroy();
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
