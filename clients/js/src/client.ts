import { BehaviorSubject, type Observable } from "rxjs";
import { Calls } from "./calls.js";
import type { HubServerError } from "./errors.js";
import { Link, type LinkOptions } from "./link.js";
import { Publisher } from "./publisher.js";
import { Query } from "./query.js";
import { QueryRun, type Reader } from "./queryRun.js";
import type { Row } from "./rows.js";
import type { ChannelInfo, ChannelList, ListRequest, PublishRequest, PublishResult, QueryRequest, Rows } from "./wire.js";

export interface HubServerClientOptions extends LinkOptions {
  /** How long publishes and lists are tried before they fail, in milliseconds. Default 30,000. */
  timeoutMs?: number;
  /** What may wait for a loop that is slower than its query, in bytes. Default 8 MB. */
  maxBacklogBytes?: number;
  /** Whether queries rest while the page's tab is hidden, and go on by position when it is shown. Default true. */
  pauseWhenHidden?: boolean;
}

/** `stale`: connected, and some query may be behind the backplane. `closed`: by `close()`, or since trying cannot help. */
export type ClientState = "connecting" | "live" | "stale" | "reconnecting" | "closed";

/** A client of one HubServer, with one connection for all of its queries. It connects when something first needs it. */
export class HubServerClient {
  private readonly link: Link;
  private readonly calls: Calls;
  private readonly publisher: Publisher;
  private readonly runs = new Set<QueryRun>();
  private readonly states = new BehaviorSubject<ClientState>("connecting");
  private readonly stopWatching: () => void;
  private isPaused = false;
  private isHidden = false;

  constructor(private readonly options: HubServerClientOptions) {
    this.link = new Link(options, () => this.changed());
    this.calls = new Calls(this.link, options.retry, options.timeoutMs ?? 30_000);
    this.publisher = new Publisher(this.calls, this.link, options.protocol === "json");
    this.stopWatching = this.watchPage();
  }

  /** The state, now and whenever it changes. */
  get state$(): Observable<ClientState> {
    return this.states.asObservable();
  }

  /** The state now. */
  get state(): ClientState {
    return this.states.value;
  }

  /** Why there is no connection; undefined while there is one. */
  get error(): HubServerError | undefined {
    return this.link.error;
  }

  /**
   * Follows a query, for ever or, with `range.to`, to its end: emits the whole past in one update, then what changes.
   * Fails with a HubServerError where the server refuses it for good.
   */
  query(request: QueryRequest): Query {
    if (!Array.isArray(request?.targets))
      throw new TypeError('a query names its targets: { targets: [{ channel: "cpu" }] }');
    return new Query((reader) => this.run(request, reader), request.resume ?? [], this.options.maxBacklogBytes ?? 8 << 20);
  }

  /**
   * Publishes rows of one channel, once: what was lost on the way is sent again and not written twice.
   * @returns The position of the first row, and how many were taken: all of them.
   * @throws HubServerError that says how many were taken, where not all were.
   */
  publish(channel: string, rows: readonly Row[] | Rows, options: { level?: PublishRequest["level"] } = {}): Promise<PublishResult> {
    return this.publisher.publish(channel, rows, options.level);
  }

  /** Publishes requests as they come, on a connection of its own; gives the results of each, in order. Ends with a loss. */
  publishStream(requests: AsyncIterable<PublishRequest> | Iterable<PublishRequest>): AsyncGenerator<PublishResult[]> {
    return this.publisher.stream(requests);
  }

  /** A page of the channels that there are, sorted by id. */
  listChannels(request: ListRequest = {}): Promise<ChannelList> {
    return this.calls.call("ListChannels", request);
  }

  /** All channels that there are, sorted by id. */
  async channels(selector?: string): Promise<ChannelInfo[]> {
    const all: ChannelInfo[] = [];
    for (let more = true; more;) {
      const after = all.at(-1)?.id;
      const page = await this.listChannels({ ...(selector !== undefined && { selector }), ...(after !== undefined && { after }) });
      all.push(...page.channels);
      more = page.more;
    }
    return all;
  }

  /** Lets all queries rest: their streams end on the server. */
  pause(): void {
    this.isPaused = true;
    this.rest();
  }

  /** Goes on after `pause()`, by position: what has been pushed out meanwhile comes as a gap. */
  resume(): void {
    this.isPaused = false;
    this.rest();
  }

  /** Ends everything: queries complete, calls that wait fail. The client cannot be used again. */
  async close(): Promise<void> {
    this.stopWatching();
    await this.link.close();
    this.states.complete();
  }

  private run(request: QueryRequest, reader: Reader): QueryRun {
    const run: QueryRun = new QueryRun(this.link, request, this.options.retry, reader, () => {
      if (run.isEnded)
        this.runs.delete(run);
      this.changed();
    });
    if (this.rests)
      run.hold("paused");
    this.link.add(run);
    this.runs.add(run);
    return run;
  }

  private get rests(): boolean {
    return this.isPaused || this.isHidden;
  }

  private rest(): void {
    for (const run of this.runs)
      if (this.rests)
        run.hold("paused");
      else
        run.release("paused");
  }

  private changed(): void {
    const { state } = this.link;
    const next = state === "live" && [...this.runs].some((run) => run.isStale) ? "stale" : state;
    if (next !== this.states.value)
      this.states.next(next);
  }

  /** A page that comes back, or online, tries at once. */
  private watchPage(): () => void {
    if (typeof document === "undefined")
      return () => undefined;
    const wake = (): void => this.link.wake();
    const look = (): void => {
      this.isHidden = document.hidden && this.options.pauseWhenHidden !== false;
      this.rest();
      wake();
    };
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", look);
    this.isHidden = document.hidden && this.options.pauseWhenHidden !== false;
    return () => {
      removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", look);
    };
  }
}
