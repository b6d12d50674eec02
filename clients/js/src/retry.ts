/** How the time between attempts grows. */
export interface RetryOptions {
  /** The time before the second attempt, in milliseconds; it doubles with each further one. Default 250. */
  firstMs?: number;
  /** The longest time between two attempts, in milliseconds. Default 5,000. */
  capMs?: number;
}

/** The times between attempts. The random part keeps a thousand clients from coming back at the same moment. */
export class Backoff {
  private attempts = 0;
  private readonly firstMs: number;
  private readonly capMs: number;

  constructor({ firstMs = 250, capMs = 5_000 }: RetryOptions = {}) {
    this.firstMs = firstMs;
    this.capMs = capMs;
  }

  /** The time to wait now; at least `leastMs`, which the server may have asked for. */
  next(leastMs = 0): number {
    const full = Math.min(this.capMs, this.firstMs * 2 ** this.attempts);
    this.attempts = Math.min(this.attempts + 1, 30);
    return Math.max(leastMs, full * (0.5 + Math.random() / 2));
  }

  /** Begins anew, since something succeeded. */
  reset(): void {
    this.attempts = 0;
  }
}
