// One connection and one query for the whole page, for as long as it is open: after any loss it connects again and
// says which rows it holds.
import { HttpTransportType, HubConnectionBuilder, type HubConnection, LogLevel } from "@microsoft/signalr";
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack";
import { openQuery, type Query, type QueryEvents } from "./query";
import { textOf } from "./refusal";
import type { ChannelList, Item } from "./wire";

const firstDelayMs = 250;
const maxDelayMs = 10_000;

/** `refused`: the connection stands, and waits for something else to be asked for. */
export type LinkState = "connecting" | "live" | "refused" | "reconnecting";

export interface HubEvents extends Pick<QueryEvents, "request" | "errors"> {
  /** Throws where the item breaks the contract; then `reset` is called and the query starts anew. */
  item(item: Item): void;
  reset(): void;
  /** Called where it changes; the page begins as `connecting`. */
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
  let query: Query | undefined;
  let state: LinkState = "connecting";
  let attempt = 0;
  let wake: (() => void) | undefined;

  const wakeNow = (): void => wake?.();
  addEventListener("online", wakeNow);
  document.addEventListener("visibilitychange", wakeNow);

  /** Every item says that the page is live, and only the first of them is news. */
  function enter(next: LinkState, reason: string): void {
    if (next === state && reason === "")
      return;
    state = next;
    events.state(next, reason);
  }

  function openOn(link: HubConnection): Query {
    const settle = (next: LinkState, reason: string): void => {
      attempt = 0;
      enter(next, reason);
    };
    return openQuery(link, {
      request: events.request,
      errors: events.errors,
      item(item) {
        try {
          events.item(item);
        } catch (error) {
          events.reset();
          fail(link, error);
          return;
        }
        if (item.state === "Streaming")
          attempt = 0;
        enter("live", "");
      },
      idle: () => settle("live", ""),
      refused: (text) => settle("refused", text),
      lost: (error) => fail(link, error),
    });
  }

  function fail(link: HubConnection, error: unknown): void {
    enter("reconnecting", textOf(error));
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
    query = openOn(link);
    query.ask();
    await closed;
  }

  async function run(): Promise<never> {
    for (;;) {
      try {
        await connectOnce();
      } catch {
        // The server is not there; the state below says so.
      }
      connection = query = undefined;
      enter("reconnecting", "");
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
    requery: () => query?.ask(),
    async listChannels(selector) {
      try {
        return await connection?.invoke<ChannelList>("ListChannels", selector === undefined ? {} : { selector });
      } catch {
        return undefined; // The connection was lost; the next round asks again.
      }
    },
  };
}
