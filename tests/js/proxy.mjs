// A TCP proxy before the server, so that a test can do to a client what networks do.
import { once } from "node:events";
import { connect as connectSocket, createServer } from "node:net";

/** `stall()` takes nothing more from the server until `flow()`; `cut()` ends all connections at once, amid a message. */
export async function startProxy(target) {
  const { hostname, port } = new URL(target);
  const pairs = new Set();
  const listener = createServer((near) => {
    const far = connectSocket(Number(port), hostname);
    const pair = { near, far };
    pairs.add(pair);
    near.pipe(far);
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
    near.resetAndDestroy();
    far.resetAndDestroy();
  });
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    cut,
    stall: () => pairs.forEach(({ near, far }) => {
      far.unpipe(near);
      far.pause();
    }),
    flow: () => pairs.forEach(({ near, far }) => far.pipe(near)),
    stop() {
      cut();
      listener.close();
    },
  };
}
