import { Observable } from "rxjs";
import { type Held, heldOf, take } from "./assembler.js";
import type { HubServerError } from "./errors.js";
import type { QueryRun, Reader } from "./queryRun.js";
import type { QueryUpdate } from "./updates.js";
import type { Resume } from "./wire.js";

/**
 * A query, cold: each subscription and each loop over it is a stream of its own, which ends on the server with its
 * teardown. An observer is called as soon as something comes; a loop that is slower than the stream has a bounded backlog.
 */
export class Query extends Observable<QueryUpdate> {
  constructor(
    private readonly start: (reader: Reader) => QueryRun,
    private readonly resume: readonly Resume[],
    private readonly maxBacklogBytes: number,
  ) {
    super((subscriber) => {
      const run = start(subscriber);
      return () => run.close();
    });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<QueryUpdate> {
    return new Backlog(this.start, heldOf(this.resume), this.maxBacklogBytes);
  }
}

type Step = IteratorResult<QueryUpdate, undefined>;
const end: Step = { done: true, value: undefined };

/**
 * What waits for a loop. Past its limit all of it goes, with the server's stream; once the loop has come so far, the
 * query is asked again from the position that the loop took in, and what has been pushed out meanwhile comes as a gap.
 */
class Backlog implements AsyncIterableIterator<QueryUpdate> {
  private readonly run: QueryRun;
  private updates: QueryUpdate[] = [];
  private bytes = 0;
  private isHeld = false;
  private isEnded = false;
  private failure: HubServerError | undefined;
  private waiting: { resolve(step: Step): void; reject(error: unknown): void }[] = [];

  constructor(start: (reader: Reader) => QueryRun, private readonly taken: Map<string, Held>, private readonly maxBytes: number) {
    this.run = start({
      next: (update) => this.push(update),
      error: (error) => this.finish(error),
      complete: () => this.finish(undefined),
    });
  }

  next(): Promise<Step> {
    const update = this.updates.shift();
    if (update) {
      this.bytes -= sizeOf(update);
      take(this.taken, update.frames);
      return Promise.resolve({ done: false, value: update });
    }
    if (this.failure) {
      const { failure } = this;
      this.failure = undefined;
      return Promise.reject(failure);
    }
    if (this.isEnded)
      return Promise.resolve(end);

    const step = new Promise<Step>((resolve, reject) => this.waiting.push({ resolve, reject }));
    if (this.isHeld) {
      this.isHeld = false;
      this.run.release("backlog");
    }
    return step;
  }

  return(): Promise<Step> {
    this.updates = [];
    this.run.close();
    this.finish(undefined);
    return Promise.resolve(end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private push(update: QueryUpdate): void {
    const waiting = this.waiting.shift();
    if (waiting) {
      take(this.taken, update.frames);
      waiting.resolve({ done: false, value: update });
      return;
    }

    const bytes = sizeOf(update);
    if (this.updates.length > 0 && this.bytes + bytes > this.maxBytes) {
      this.updates = [];
      this.bytes = 0;
      this.isHeld = true;
      this.run.hold("backlog", this.taken);
      return;
    }
    this.updates.push(update);
    this.bytes += bytes;
  }

  private finish(error: HubServerError | undefined): void {
    if (this.isEnded)
      return;
    this.isEnded = true;
    const [first, ...others] = this.waiting.splice(0);
    if (first && error)
      first.reject(error);
    else if (first)
      first.resolve(end);
    else
      this.failure = error;
    for (const { resolve } of others)
      resolve(end);
  }
}

/** About what an update takes in memory. */
function sizeOf({ frames }: QueryUpdate): number {
  let bytes = 200;
  for (const { columns } of frames) {
    bytes += 200;
    for (const column of columns) {
      bytes += column.length * 8;
      if (!(column instanceof Float64Array))
        for (const value of column)
          bytes += typeof value === "string" ? value.length * 2 + 16 : 0;
    }
  }
  return bytes;
}
