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
    let outstanding = 0;
    connection.stream<PublishResult[]>("PublishStream", input).subscribe({
      next: (result) => results.push(result),
      error: (error) => results.end(readError(error)),
      complete: () => results.end(),
    });
    connection.onclose((error) => results.end(readError(error ?? new Error("the connection was closed"))));
    try {
      for await (const request of requests) {
        input.next({ ...request, batches: request.batches.map(({ channel, rows }) => ({ channel, rows: this.wire(rows) })) });
        outstanding++;
        while (outstanding > maxOutstanding || results.hasAny) {
          const result = await results.next();
          if (!result)
            return;
          outstanding--;
          yield result;
        }
      }
      input.complete();
      for (let result = await results.next(); result; result = await results.next())
        yield result;
    } finally {
      await connection.stop();
    }
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

/** Results that came, for one reader. */
class Results {
  private readonly came: PublishResult[][] = [];
  private wake: (() => void) | undefined;
  private isEnded = false;
  private error: Error | undefined;

  get hasAny(): boolean {
    return this.came.length > 0;
  }

  push(result: PublishResult[]): void {
    this.came.push(result);
    this.wake?.();
  }

  end(error?: Error): void {
    if (!this.isEnded)
      this.error = error;
    this.isEnded = true;
    this.wake?.();
  }

  /** The next one; undefined at the end. */
  async next(): Promise<PublishResult[] | undefined> {
    while (this.came.length === 0 && !this.isEnded)
      await new Promise<void>((resolve) => (this.wake = resolve));
    const result = this.came.shift();
    if (!result && this.error)
      throw this.error;
    return result;
  }
}
