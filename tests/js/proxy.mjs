// A TCP proxy before the server, so that a test can do to a client what networks do.
import { once } from "node:events";
import { connect as connectSocket, createServer } from "node:net";

/**
 * `stall()` takes nothing more from the server until `flow()`; `cut()` ends all connections at once, amid a message;
 * `refuse()` ends every new one, too, until `accept()`; `aim(url)` leads new ones to another server.
 */
export async function startProxy(target) {
  let { hostname, port } = new URL(target);
  const pairs = new Set();
  let isRefusing = false;
  let isStalled = false;
  const listener = createServer((near) => {
    if (isRefusing) {
      near.on("error", () => {}); // As below.
      near.resetAndDestroy();
      return;
    }

    const far = connectSocket(Number(port), hostname);
    const pair = { near, far };
    pairs.add(pair);
    near.pipe(far);
    if (!isStalled)
      far.pipe(near);
    for (const socket of [near, far]) {
      socket.on("error", () => {}); // A cut is what the test wants.
      socket.on("close", () => {
        near.destroy();
        far.destroy();
        pairs.delete(pair);
      });
    }
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");

  const cut = () => [...pairs].forEach(({ near, far }) => {
    reset(near);
    reset(far);
  });
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    cut,
    aim: (url) => ({ hostname, port } = new URL(url)),
    refuse: () => isRefusing = true,
    accept: () => isRefusing = false,
    stall() {
      isStalled = true;
      pairs.forEach(({ near, far }) => {
        far.unpipe(near);
        far.pause();
      });
    },
    flow() {
      // Who pipes twice gets everything twice.
      if (isStalled)
        pairs.forEach(({ near, far }) => far.pipe(near));
      isStalled = false;
    },
    stop() {
      cut();
      listener.close();
    },
  };
}

/** Resets a connection; one that is ending already cannot be reset, and Node would wait for it for ever. */
function reset(socket) {
  if (socket.writableEnded)
    socket.destroy();
  else
    socket.resetAndDestroy();
}
