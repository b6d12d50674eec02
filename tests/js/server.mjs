// The built program, as a user starts it.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild } from "./child.mjs";
import { eventually } from "./eventually.mjs";

const built = new URL("../../src/HubServer/bin/Release/net10.0/HubServer.dll", import.meta.url);

/**
 * Starts a server on a free port, or on one that a server before it had; `env` sets its options, e.g.
 * `{ HubServer__Channels__Capacity: "300" }`.
 */
export async function startServer(env = {}, port = 0) {
  const dll = process.env.HUBSERVER_DLL ?? fileURLToPath(built);
  const child = startChild("dotnet", [dll, "--urls", `http://127.0.0.1:${port}`], {
    cwd: dirname(dll),
    env: { HubServer__Sources__Host__Enabled: "false", ...env },
  });

  try {
    const [, url] = await eventually(
      () => child.output().match(/HubServer is live at (http:\S+)/) ?? (child.hasEnded() && ["", ""]),
      "the server prints its URL",
      30_000);
    if (!url)
      throw new Error("the server ended at once");
    return { url: new URL(url).origin, output: child.output, stop: child.stop };
  } catch (error) {
    await child.stop("SIGKILL");
    throw new Error(`${error.message}; its output:\n${child.output()}`, { cause: error });
  }
}

/** The numbers of `/api/status`. */
export async function readStatus(url) {
  return (await fetch(`${url}/api/status`)).json();
}
