import { LoadingState } from '@grafana/data';
import { type HubServerClient, HubServerError, type ItemError, type QueryRequest, type QueryUpdate, withoutPlace } from '@hubserver/client';
import { Observable } from 'rxjs';

/** One moment at which panels are shown something new. */
export interface Tick {
  /** The targets that changed. */
  refIds: ReadonlySet<string>;
  state: LoadingState.Streaming | LoadingState.Done;
  /** What is not served as it was asked for; without a refId it is all of it. */
  errors: readonly TargetError[];
  /** What a user should know of what is shown. */
  warnings: readonly TargetError[];
  /** Whether the past is there; before that a tick only says why it is not. */
  isComplete: boolean;
}

export interface TargetError {
  refId?: string;
  message: string;
}

/** How long a query waits for its server before panels are told why nothing comes. */
const patienceMs = 3_000;

/**
 * Follows a query and tells when there is something to show: first once the whole past is there, then at most once in
 * an interval, and at least once in `slideMs`, so that the axis of time moves on where nothing comes.
 * @param apply Takes what came, before the next tick, and says whether all targets are to be shown anew.
 */
export function ticksOf(client: HubServerClient, request: QueryRequest & { intervalMs: number }, slideMs: number, apply: (update: QueryUpdate) => boolean): Observable<Tick> {
  return new Observable((subscriber) => {
    const ticker = new Ticker(client, request, slideMs, (tick) => subscriber.next(tick));
    const query = client.query(request).subscribe({
      next: (update) => ticker.take(update, apply(update)),
      error: (error: unknown) => {
        ticker.fail(error);
        subscriber.complete();
      },
      complete: () => {
        ticker.flush();
        subscriber.complete();
      },
    });
    return () => {
      query.unsubscribe();
      ticker.stop();
    };
  });
}

class Ticker {
  private readonly all: ReadonlySet<string>;
  private changed = new Set<string>();
  private update: QueryUpdate | undefined; // The newest; undefined until the past is there.
  private refusal: string | undefined; // Why the server put the query off, before there was a past.
  private last = -Infinity; // When there was a tick, by the page's clock.
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly slide: ReturnType<typeof setInterval>;
  private readonly patience: ReturnType<typeof setInterval>;
  private told: string | undefined; // Why nothing comes, as it was told last.

  constructor(
    private readonly client: HubServerClient,
    private readonly request: QueryRequest & { intervalMs: number },
    slideMs: number,
    private readonly tell: (tick: Tick) => void,
  ) {
    this.all = new Set(request.targets.map(({ refId }) => refId ?? 'A'));
    this.slide = setInterval(() => this.moveOn(slideMs), slideMs);
    this.patience = setInterval(() => this.explain(), patienceMs);
  }

  take(update: QueryUpdate, concernsAll: boolean): void {
    const before = this.update;
    if (update.state === 'paused') {
      return; // The page is hidden; it goes on from here when it is shown.
    }
    if (!before && update.state === 'reconnecting') {
      this.refusal = update.errors.map(({ message }) => message).join('; ');
      this.explain();
      return;
    }
    this.update = update;
    const isNews = concernsAll || before?.state !== update.state || before.errors !== update.errors;
    for (const refId of isNews ? this.all : update.frames.map((frame) => frame.refId)) {
      this.changed.add(refId);
    }
    if (this.changed.size === 0 || this.timer !== undefined) {
      return;
    }
    const wait = this.last + this.request.intervalMs - performance.now();
    if (before === undefined || wait <= 0) {
      this.flush();
    } else {
      this.timer = setTimeout(() => this.flush(), wait);
    }
  }

  /** Shows what changed since the last tick. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.update || this.changed.size === 0) {
      return;
    }
    const refIds = this.changed;
    this.changed = new Set();
    this.last = performance.now();
    const { state, errors } = this.update;
    const isOfChannel = ({ channel }: ItemError): boolean => channel !== undefined;
    this.tell({
      refIds,
      state: state === 'done' ? LoadingState.Done : LoadingState.Streaming,
      errors: state === 'reconnecting' ? [] : errors.filter((error) => !isOfChannel(error)).map(toTargetError),
      warnings: [...errors.filter((error) => state === 'reconnecting' || isOfChannel(error)).map(toTargetError), ...this.stateWarnings(state)],
      isComplete: true,
    });
  }

  fail(error: unknown): void {
    const refId = error instanceof HubServerError && error.target !== undefined ? this.request.targets[error.target]?.refId : undefined;
    const message = error instanceof Error ? withoutPlace(error.message) : String(error);
    this.tell({ refIds: this.all, state: LoadingState.Done, errors: [{ ...(refId !== undefined && { refId }), message }], warnings: [], isComplete: this.update !== undefined });
  }

  stop(): void {
    clearTimeout(this.timer);
    clearInterval(this.slide);
    clearInterval(this.patience);
  }

  private stateWarnings(state: QueryUpdate['state']): TargetError[] {
    if (state === 'stale') {
      return [{ message: 'The server is behind its backplane: newer rows may exist.' }];
    }
    return state === 'reconnecting' ? [{ message: `Reconnecting: ${this.client.error?.message ?? 'the connection was lost'}` }] : [];
  }

  private moveOn(slideMs: number): void {
    const [first] = this.all;
    if (this.update?.state === 'live' && first !== undefined && performance.now() - this.last >= slideMs / 2) {
      this.changed.add(first);
      this.flush();
    }
  }

  /** Nothing came yet: a panel that waits says for what. */
  private explain(): void {
    if (this.update) {
      clearInterval(this.patience);
      return;
    }
    const why = this.client.error?.message ?? this.refusal;
    if (why !== undefined && why !== this.told) {
      this.told = why;
      this.tell({ refIds: this.all, state: LoadingState.Streaming, errors: [{ message: why }], warnings: [], isComplete: false });
    }
  }
}

function toTargetError({ refId, channel, message }: ItemError): TargetError {
  const text = withoutPlace(message);
  return { ...(refId !== undefined && { refId }), message: channel === undefined ? text : `${channel}: ${text}` };
}
