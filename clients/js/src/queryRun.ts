// One running query: asks, applies what comes, and asks again by position after every loss.
import type { HubConnection, ISubscription } from "@microsoft/signalr";
import { Assembler, BrokenContractError, type Held } from "./assembler.js";
import { HubServerError, readError } from "./errors.js";
import type { Link, Session } from "./link.js";
import { Backoff, type RetryOptions } from "./retry.js";
import type { QueryState, QueryUpdate } from "./updates.js";
import type { Item, ItemError, QueryRequest, ServerInfo, Target } from "./wire.js";

/** Who reads a query. */
export interface Reader {
  next(update: QueryUpdate): void;
  error(error: HubServerError): void;
  complete(): void;
}

/** Why a query asks for nothing for a while. */
export type Hold = "paused" | "backlog";

/** How long a stream that was let go may still count on a server that is busy. */
const cancelMs = 5_000;

export class QueryRun implements Session {
  private readonly assembler: Assembler;
  private readonly backoff: Backoff;
  private readonly holds = new Set<Hold>();
  private readonly left: ItemError[] = []; // Of targets that the server refuses, and that are left out since.
  private targets: Target[];
  private connection: HubConnection | undefined;
  private subscription: ISubscription<Item> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wasServed = false;
  private state: QueryState | undefined; // What was said last; undefined before the first update.
  private errors: readonly ItemError[] = [];
  private server: ServerInfo | undefined; // Of the present call, until it was told.
  private told: readonly ItemError[] = []; // The server's list that `errors` was made of.

  isEnded = false;

  constructor(
    private readonly link: Link,
    private readonly request: QueryRequest,
    retry: RetryOptions | undefined,
    private readonly reader: Reader,
    private readonly changed: () => void,
  ) {
    this.targets = request.targets.map((target) => ({ refId: "A", ...target }));
    this.assembler = new Assembler(request.resume);
    this.backoff = new Backoff(retry);
  }

  /** Whether the server says that it is behind its backplane. */
  get isStale(): boolean {
    return this.state === "stale";
  }

  open(connection: HubConnection): void {
    this.connection = connection;
    this.call();
  }

  lost(): void {
    this.connection = undefined;
    this.drop(false);
    if (!this.holds.has("paused"))
      this.say("reconnecting");
  }

  failed(error?: HubServerError): void {
    this.end(() => (error ? this.reader.error(error) : this.reader.complete()));
  }

  close(): void {
    this.end(() => undefined);
  }

  /** Lets the server's stream go; what was taken, if it is given, is what the next one resumes from. */
  hold(reason: Hold, taken?: ReadonlyMap<string, Held>): void {
    if (this.isEnded)
      return;
    this.holds.add(reason);
    this.drop(true);
    if (taken)
      this.assembler.restore(taken);
    if (reason === "paused")
      this.say("paused");
  }

  /** Asks again, once nothing else holds it. */
  release(reason: Hold): void {
    if (this.holds.delete(reason) && !this.isEnded)
      this.call();
  }

  private call(): void {
    const { connection } = this;
    if (this.isEnded || !connection || this.holds.size > 0)
      return;
    this.drop(true);
    this.assembler.begin();
    this.server = undefined;
    const resume = this.assembler.positions();
    const request = { version: 1, ...this.request, targets: this.targets, resume };
    const mine: ISubscription<Item> = connection.stream<Item>("Query", request).subscribe({
      next: (item) => this.subscription === mine && this.take(item),
      error: (error) => this.subscription === mine && this.refused(readError(error)),
      complete: () => this.subscription === mine && this.again(new HubServerError("shutting_down", "the server ended the query")),
    });
    this.subscription = mine;
  }

  private take(item: Item): void {
    let assembled;
    try {
      assembled = this.assembler.apply(item);
    } catch (error) {
      if (!(error instanceof BrokenContractError))
        throw error;
      if (error.refId !== undefined && error.channel !== undefined)
        this.assembler.forget(error.refId, error.channel);
      this.again(new HubServerError("internal", error.message));
      return;
    }
    this.server ??= item.server;
    if (!assembled)
      return;

    this.backoff.reset();
    this.wasServed = true;
    this.link.settled();
    const { frames, errors, isStale, isDone } = assembled;
    if (errors !== this.told || this.state === undefined) {
      this.told = errors;
      this.errors = [...this.left, ...errors];
    }
    this.emit(frames, isDone ? "done" : isStale ? "stale" : "live");
    if (isDone)
      this.end(() => this.reader.complete());
  }

  private refused(error: HubServerError): void {
    // A stream of this connection that was let go just now may still count where the next one is opened.
    const isCrowded = error.code === "limit_exceeded" && error.message.includes("MaxPerConnection");
    if (isCrowded && performance.now() - this.link.lastCancel < cancelMs) {
      this.drop(false);
      this.timer = setTimeout(() => this.call(), this.backoff.next());
      return;
    }
    if (!error.isFinal || (isCrowded && this.wasServed)) {
      this.again(error);
      return;
    }

    // The server refuses a call as a whole where one target is wrong; the others go on without it.
    const wrong = error.target === undefined ? undefined : this.targets[error.target];
    if (!wrong || this.targets.length === 1) {
      this.end(() => this.reader.error(error));
      return;
    }
    this.targets = this.targets.filter((target) => target !== wrong);
    this.left.push({ refId: wrong.refId as string, code: error.code as ItemError["code"], message: error.message });
    this.errors = [...this.left];
    this.call();
  }

  /** Asks again after a while; a loss of the connection, which may be on its way, comes before that. */
  private again(error: HubServerError): void {
    this.drop(error.code !== "connection");
    if (error.code === "connection")
      this.say("reconnecting");
    else
      this.complain(error as HubServerError & { code: ItemError["code"] });
    if (error.code === "shutting_down" && this.connection)
      this.link.drop(this.connection);
    this.timer = setTimeout(() => this.call(), this.backoff.next());
  }

  /** Says why there is nothing new, also before the first update. */
  private complain({ code, message }: { code: ItemError["code"]; message: string }): void {
    this.told = [];
    this.errors = [...this.left, { code, message }];
    this.emit([], "reconnecting");
  }

  private drop(mayCancel: boolean): void {
    clearTimeout(this.timer);
    const { subscription } = this;
    this.subscription = undefined;
    if (mayCancel && subscription) {
      this.link.lastCancel = performance.now();
      subscription.dispose();
    }
  }

  /** Says another state, where there was an update before: the first one is the whole past. */
  private say(state: QueryState): void {
    if (this.state !== undefined && this.state !== state && !this.isEnded)
      this.emit([], state);
  }

  private emit(frames: QueryUpdate["frames"], state: QueryState): void {
    const isNews = this.state !== state;
    this.state = state;
    if (isNews)
      this.changed();
    const { server } = this;
    this.server = undefined;
    this.reader.next({ frames, state, errors: this.errors, ...(server && { server }) });
  }

  private end(tell: () => void): void {
    if (this.isEnded)
      return;
    this.isEnded = true;
    this.drop(true);
    this.link.remove(this);
    this.changed();
    tell();
  }
}
