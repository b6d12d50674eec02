// The one connection of a client: made when something first needs it, and made anew after every loss, for ever.
import { HttpTransportType, type HubConnection, HubConnectionBuilder, JsonHubProtocol, LogLevel } from "@microsoft/signalr";
import { diagnose } from "./diagnose.js";
import { HubServerError, readError } from "./errors.js";
import { MessagePackProtocol } from "./hubProtocol.js";
import { Opening } from "./opening.js";
import { Backoff, type RetryOptions } from "./retry.js";

const startPatienceMs = 10_000;

export interface LinkOptions {
  /** The server's address, such as `http://localhost:5080`; `/hub` is added where it is not its end. */
  url: string;
  /** The bearer token, or what gives one; it is asked before every attempt. */
  accessToken?: string | (() => string | Promise<string>);
  /** The hub protocol. Default "messagepack". */
  protocol?: "messagepack" | "json";
  retry?: RetryOptions;
}

/** What runs on a connection, and on the next one after a loss. */
export interface Session {
  /** There is a connection. */
  open(connection: HubConnection): void;
  /** It was lost, and another one is being made. */
  lost(): void;
  /** There will be none: trying again cannot help, or, without an error, the client was closed. */
  failed(error?: HubServerError): void;
}

export type LinkState = "connecting" | "live" | "reconnecting" | "closed";

export class Link {
  private readonly url: string;
  private readonly sessions = new Set<Session>();
  private readonly backoff: Backoff;
  private connection: HubConnection | undefined;
  private readonly others = new Set<HubConnection>(); // Of streams of publishes.
  private readonly openings = new Map<HubConnection, Opening>(); // Of connections that are not there yet.
  private isRunning = false;
  private isClosed = false;
  private wasLive = false;
  private wakeUp: (() => void) | undefined;

  state: LinkState = "connecting";
  /** When a stream was let go last, by `performance.now()`. */
  lastCancel = -Infinity;
  /** Why there is no connection, as far as that is known. */
  error: HubServerError | undefined;

  constructor(private readonly options: LinkOptions, private readonly changed: () => void) {
    this.url = hubOf(options.url);
    if (options.protocol !== undefined && options.protocol !== "messagepack" && options.protocol !== "json")
      throw new TypeError(`protocol is '${String(options.protocol)}'; it is "messagepack" or "json"`);
    this.backoff = new Backoff(options.retry);
  }

  add(session: Session): void {
    if (this.isClosed)
      throw closed();
    this.sessions.add(session);
    if (this.connection)
      this.open(session, this.connection);
    else
      void this.run();
  }

  remove(session: Session): void {
    this.sessions.delete(session);
    if (this.sessions.size === 0)
      this.wake(); // A loop that nobody waits for ends.
  }

  /** Tries at once, where the next attempt is waited for. */
  wake(): void {
    this.wakeUp?.();
  }

  /** Says that this connection is no good any more; another one is made. */
  drop(connection: HubConnection): void {
    void connection.stop().catch(() => undefined); // It is gone either way.
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.enter("closed");
    this.end();
    this.wake();
    for (const opening of this.openings.values())
      opening.abort();
    await Promise.all([this.connection, ...this.others].map((connection) => connection?.stop()));
  }

  /** A connection of its own, for a stream of publishes. */
  async openAnother(): Promise<HubConnection> {
    const connection = await this.build();
    await this.start(connection);
    if (this.isClosed) {
      await connection.stop();
      throw closed();
    }
    this.others.add(connection);
    connection.onclose(() => this.others.delete(connection));
    return connection;
  }

  private async run(): Promise<void> {
    if (this.isRunning)
      return;
    this.isRunning = true;
    this.enter(this.wasLive ? "reconnecting" : "connecting");
    try {
      while (!this.isClosed && this.sessions.size > 0) {
        await this.runOnce();
        if (this.isClosed || this.sessions.size === 0)
          break;
        await this.pause(this.backoff.next());
      }
    } finally {
      this.isRunning = false;
    }
    if (!this.isClosed && this.sessions.size > 0)
      void this.run(); // Came in while the loop ended.
  }

  /** Connects, and returns once the connection is lost or could not be made. */
  private async runOnce(): Promise<void> {
    try {
      const connection = await this.build();
      const ended = new Promise<Error | undefined>((resolve) => connection.onclose(resolve));
      await this.start(connection);
      if (this.isClosed) {
        await connection.stop();
        return;
      }
      this.connection = connection;
      this.wasLive = true;
      this.error = undefined;
      this.enter("live");
      for (const session of [...this.sessions])
        this.open(session, connection);
      this.error = readError((await ended) ?? new Error("the connection was closed"));
    } catch (error) {
      this.error = readError(error);
      const isFinal = this.error.isFinal && (!this.wasLive || this.error.code === "unauthorized" || this.error.code === "forbidden");
      if (isFinal && !this.isClosed) {
        this.enter("closed");
        this.end(this.error);
        return;
      }
    }
    this.connection = undefined;
    if (this.isClosed)
      return;
    this.enter(this.wasLive ? "reconnecting" : "connecting");
    for (const session of [...this.sessions])
      session.lost();
  }

  /** A session that cannot be opened, since its request cannot be written, takes no other along. */
  private open(session: Session, connection: HubConnection): void {
    try {
      session.open(connection);
    } catch (error) {
      this.remove(session);
      session.failed(new HubServerError("bad_request", (error as Error).message, { cause: error }));
    }
  }

  /** Says that something came, so that the next loss is a new one and its attempts begin at once. */
  settled(): void {
    this.backoff.reset();
  }

  private async build(): Promise<HubConnection> {
    const token = await this.token();
    if (this.isClosed)
      throw closed();
    const opening = new Opening();
    const connection = new HubConnectionBuilder()
      .withUrl(this.url, {
        skipNegotiation: true,
        transport: HttpTransportType.WebSockets,
        ...(token !== undefined && { accessTokenFactory: () => token }),
        ...(opening.WebSocket && { WebSocket: opening.WebSocket }),
      })
      .withHubProtocol(this.options.protocol === "json" ? new JsonHubProtocol() : new MessagePackProtocol())
      .configureLogging(LogLevel.None)
      .build();
    this.openings.set(connection, opening);
    return connection;
  }

  private async start(connection: HubConnection): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the server took the connection and said nothing for ${startPatienceMs / 1_000} s`)), startPatienceMs);
    });
    try {
      await Promise.race([connection.start(), late]);
    } catch (error) {
      this.openings.get(connection)?.abort();
      void connection.stop();
      if (this.isClosed)
        throw closed();
      // Once it was there, only a token can have become wrong, and to ask each time would be a second failure in a page's console.
      const token = await this.token();
      throw this.wasLive && token === undefined ? new HubServerError("connection", `${this.url} does not answer any more; it is tried again and again`, { cause: error }) : await diagnose(this.url, token, error);
    } finally {
      clearTimeout(timer);
      this.openings.delete(connection);
    }
  }

  private async token(): Promise<string | undefined> {
    const { accessToken } = this.options;
    return typeof accessToken === "function" ? await accessToken() : accessToken;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private end(error?: HubServerError): void {
    const sessions = [...this.sessions];
    this.sessions.clear();
    for (const session of sessions)
      session.failed(error);
  }

  private enter(state: LinkState): void {
    if (state === this.state)
      return;
    this.state = state;
    this.changed();
  }
}

/** What a call on a closed client fails with. */
export function closed(): HubServerError {
  return new HubServerError("connection", "the client was closed", { isFinal: true });
}

function hubOf(url: string): string {
  let place: URL;
  try {
    place = new URL(url, typeof document === "undefined" ? undefined : document.baseURI);
  } catch (cause) {
    throw new TypeError(`url is '${url}'; it is a server's address, such as http://localhost:5080`, { cause });
  }
  if (!/^https?:$/.test(place.protocol))
    throw new TypeError(`url is '${url}'; it begins with http:// or https://, and a WebSocket is opened there`);
  if (!/\/hub\/?$/.test(place.pathname))
    place.pathname = `${place.pathname.replace(/\/$/, "")}/hub`;
  return place.href;
}
