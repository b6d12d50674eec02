/** SignalR's option of the same name, which its types leave out. */
type Constructor = typeof WebSocket;

/**
 * A connection's WebSocket while it opens. SignalR waits for that for ever, also when it is told to stop, so a server that
 * takes connections and says nothing would keep a process alive.
 */
export class Opening {
  private socket: WebSocket | undefined;
  private isAborted = false;

  /** What SignalR is to make its WebSocket with; undefined where only SignalR knows. */
  readonly WebSocket: Constructor | undefined;

  constructor() {
    const base = webSocketOfPlatform();
    if (!base)
      return;
    const made = (socket: WebSocket): void => {
      this.socket = socket;
      if (this.isAborted)
        socket.close();
    };
    this.WebSocket = class extends base {
      constructor(...args: ConstructorParameters<Constructor>) {
        super(...args);
        made(this);
      }
    };
  }

  /** Ends the WebSocket unless it is open, after which SignalR ends it. */
  abort(): void {
    this.isAborted = true;
    if (this.socket?.readyState === 0)
      this.socket.close();
  }
}

/** The page's, or in Node the one that SignalR would take, which can send a token in a header. */
function webSocketOfPlatform(): Constructor | undefined {
  if (typeof process === "undefined" || !process.versions?.node)
    return typeof WebSocket === "undefined" ? undefined : WebSocket;
  try {
    const { createRequire } = process.getBuiltinModule("node:module");
    const require = createRequire(import.meta.url);
    return createRequire(require.resolve("@microsoft/signalr"))("ws") as Constructor;
  } catch {
    return undefined; // Before Node 20.16, or bundled.
  }
}
