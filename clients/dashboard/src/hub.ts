// One connection and one query for the whole page, for as long as it is open: after any loss it connects again and
// says which rows it holds.
import { HttpTransportType, HubConnectionBuilder, type HubConnection, type ISubscription, LogLevel } from "@microsoft/signalr";
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack";
import type { ChannelList, Item, Position, Target } from "./wire";

/** The past that is asked for at first: the longest window, and no more rows than a wide screen shows. */
const past = { lastMs: 3_600_000, maxDataPoints: 4000 };
const intervalMs = 50;
const firstDelayMs = 250;
const maxDelayMs = 10_000;

export type LinkState = "connecting" | "live" | "reconnecting";

export interface HubEvents {
  /** What to ask for now. */
  request(): { targets: Target[]; resume: Position[] };
  /** Throws where the item breaks the contract; then `reset` is called and the query starts anew. */
  item(item: Item): void;
  reset(): void;
  state(state: LinkState, reason: string): void;
}

export interface Hub {
  /** Asks again, since the targets have changed. */
  requery(): void;
  /** The live channels; undefined while there is no connection. */
  listChannels(selector: string | undefined): Promise<ChannelList | undefined>;
}

export function openHub(url: string, events: HubEvents): Hub {
  let connection: HubConnection | undefined;
  let query: ISubscription<Item> | undefined;
  let attempt = 0;
  let wake: (() => void) | undefined;

  const wakeNow = (): void => wake?.();
  addEventListener("online", wakeNow);
  document.addEventListener("visibilitychange", wakeNow);

  function ask(link: HubConnection): void {
    query?.dispose();
    query = undefined;
    const request = events.request();
    if (request.targets.length === 0) {
      attempt = 0;
      events.state("live", "");
      return;
    }
    const mine = link.stream<Item>("Query", { version: 1, intervalMs, ...past, ...request }).subscribe({
      next(item) {
        try {
          events.item(item);
        } catch (error) {
          events.reset();
          fail(link, error);
          return;
        }
        if (item.state === "Streaming")
          attempt = 0;
        events.state("live", "");
      },
      error: (error: unknown) => mine === query && fail(link, error),
      complete: () => mine === query && fail(link, new Error("the server ended the query")),
    });
    query = mine;
  }

  function fail(link: HubConnection, error: unknown): void {
    events.state("reconnecting", textOf(error));
    void link.stop();
  }

  /** Connects, asks, and returns once the connection is lost. */
  async function connectOnce(): Promise<void> {
    const link = new HubConnectionBuilder()
      .withUrl(url, { skipNegotiation: true, transport: HttpTransportType.WebSockets })
      .withHubProtocol(new MessagePackHubProtocol())
      .configureLogging(LogLevel.None)
      .build();
    const closed = new Promise<void>((resolve) => link.onclose(() => resolve()));
    await link.start();
    connection = link;
    ask(link);
    await closed;
  }

  async function run(): Promise<never> {
    events.state("connecting", "");
    for (;;) {
      try {
        await connectOnce();
      } catch {
        // The server is not there; the state below says so.
      }
      connection = query = undefined;
      events.state("reconnecting", "");
      attempt++;
      const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1));
      // The random part keeps a thousand pages from coming back at the same moment.
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, delay * (0.5 + Math.random() / 2));
      });
    }
  }

  void run();
  return {
    requery: () => connection && ask(connection),
    async listChannels(selector) {
      try {
        return await connection?.invoke<ChannelList>("ListChannels", selector === undefined ? {} : { selector });
      } catch {
        return undefined; // The connection was lost; the next round asks again.
      }
    },
  };
}

/** What a HubException says, without SignalR's words before it. */
function textOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("HubException: ").at(-1) ?? message;
}
