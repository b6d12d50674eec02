import { Subject as SignalRSubject } from "@microsoft/signalr";
import type { Calls } from "./calls.js";
import { HubServerError, readError } from "./errors.js";
import type { Link } from "./link.js";
import { blocksOf, type Row, toJson, toRows } from "./rows.js";
import type { PublishRequest, PublishResult, Rows } from "./wire.js";

/** The requests of a stream that may wait for their answers. */
const maxOutstanding = 64;

/** Errors with which nothing was written, or a repetition with the same sequence is answered with what was. */
const passing: ReadonlySet<string> = new Set(["overloaded", "backplane_unavailable", "shutting_down", "internal"]);

/**
 * Publishes with a publisher's id and sequences, so that a call whose answer was lost can be repeated without writing
 * its rows twice. Rows of one channel go in the order of the calls.
 */
export class Publisher {
  private readonly id = crypto.randomUUID();
  private readonly last = new Map<string, Promise<unknown>>(); // By channel, the call that the next one waits for.
  private sequence = 0;

  constructor(private readonly calls: Calls, private readonly link: Link, private readonly isJson: boolean) {}

  /** Publishes rows of one channel, in as many blocks as they need. */
  publish(channel: string, rows: readonly Row[] | Rows, level: PublishRequest["level"]): Promise<PublishResult> {
    const before = this.last.get(channel) ?? Promise.resolve();
    const result = before.then(() => this.send(channel, "fields" in rows ? rows : toRows(rows), level));
    const settled = result.then(() => undefined, () => undefined).then(() => {
      if (this.last.get(channel) === settled)
        this.last.delete(channel);
    });
    this.last.set(channel, settled);
    return result;
  }

  /** Publishes requests as they come, on a connection of its own, and gives their results in order. */
  async *stream(requests: AsyncIterable<PublishRequest> | Iterable<PublishRequest>): AsyncGenerator<PublishResult[]> {
    const connection = await this.link.openAnother();
    const input = new SignalRSubject<PublishRequest>();
    const results = new Results();
    connection.stream<PublishResult[]>("PublishStream", input).subscribe({
      next: (result) => results.push(result),
      error: (error) => results.end(readError(error)),
      complete: () => results.end(),
    });
    connection.onclose((error) => results.end(readError(error ?? new Error("the connection was closed"))));
    // Beside the reading, so that a source may wait for an answer before it gives its next request.
    void this.feed(requests, input, results).catch((error: unknown) => results.end(error));
    try {
      for (let result = await results.next(); result; result = await results.next())
        yield result;
    } finally {
      results.end();
      await connection.stop();
    }
  }

  private async feed(requests: AsyncIterable<PublishRequest> | Iterable<PublishRequest>, input: SignalRSubject<PublishRequest>, results: Results): Promise<void> {
    for await (const request of requests) {
      await results.room(maxOutstanding);
      if (results.isEnded)
        return;
      results.outstanding++;
      input.next({ ...request, batches: request.batches.map(({ channel, rows }) => ({ channel, rows: this.wire(rows) })) });
    }
    if (!results.isEnded)
      input.complete();
  }

  private async send(channel: string, rows: Rows, level: PublishRequest["level"]): Promise<PublishResult> {
    let first: PublishResult | undefined;
    let taken = 0;
    try {
      for (const block of blocksOf(rows)) {
        const request: PublishRequest = { batches: [{ channel, rows: this.wire(block) }], publisherId: this.id, sequence: ++this.sequence, ...(level && { level }) };
        const [result] = await this.calls.call<[PublishResult]>("Publish", request, ([{ error }]) => !passing.has(error?.code ?? ""));
        first ??= result;
        taken += result.count;
        if (result.error)
          throw new HubServerError(result.error.code, result.error.message);
      }
    } catch (failure) {
      const error = readError(failure);
      throw taken === 0 ? error : new HubServerError(error.code, `${error.message} (${taken} rows were taken)`, { cause: error });
    }
    return { ...(first as PublishResult), count: taken };
  }

  private wire(rows: Rows): Rows {
    return this.isJson ? toJson(rows) : rows;
  }
}

/** Results that came, for one reader, and how many are still to come. */
class Results {
  outstanding = 0;
  isEnded = false;
  private readonly came: PublishResult[][] = [];
  private waiting: (() => void)[] = [];
  private error: unknown;

  push(result: PublishResult[]): void {
    this.outstanding--;
    this.came.push(result);
    this.wake();
  }

  end(error?: unknown): void {
    if (this.isEnded)
      return;
    this.isEnded = true;
    this.error = error ?? (this.outstanding > 0 ? new HubServerError("connection", `the stream ended before ${this.outstanding} requests were answered`) : undefined);
    this.wake();
  }

  /** Waits until fewer than so many are outstanding, or the end. */
  async room(count: number): Promise<void> {
    while (this.outstanding >= count && !this.isEnded)
      await this.change();
  }

  /** The next one; undefined at the end. */
  async next(): Promise<PublishResult[] | undefined> {
    while (this.came.length === 0 && !this.isEnded)
      await this.change();
    const result = this.came.shift();
    if (!result && this.error !== undefined)
      throw this.error;
    return result;
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0))
      resolve();
  }
}
