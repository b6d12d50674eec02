import type { DataQueryRequest } from '@grafana/data';
import type { QueryRequest } from '@hubserver/client';
import type { HubQuery } from './types';

/** The most that a server takes by default (`Queries:MaxDataPoints`). */
const mostDataPoints = 10_000;

/** The part of a hub's query that all targets of a request share. */
export type Span = Pick<QueryRequest, 'lastMs' | 'range' | 'maxDataPoints'>;

/**
 * What of the past a request asks for. A range that ends now, or later, is live: a relative one is the last so many
 * milliseconds by the server's clock; one whose beginning is fixed, or rounded (`now/d`), is open at its end. Any other
 * range is history. Grafana's `intervalMs` is the spacing of points and says nothing about how often a stream tells what
 * changed, so it has no place here.
 */
export function spanOf(request: DataQueryRequest<HubQuery>, now = Date.now()): Span {
  const { range, liveStreaming } = request;
  const raw = request.rangeRaw ?? range.raw;
  const from = range.from.valueOf();
  const to = range.to.valueOf();
  const points = request.maxDataPoints && { maxDataPoints: Math.min(mostDataPoints, Math.max(1, Math.round(request.maxDataPoints))) };
  if (!liveStreaming && raw.to !== 'now' && to <= now) {
    return { range: { from, to }, ...points };
  }
  const slides = liveStreaming || (raw.to === 'now' && typeof raw.from === 'string' && !raw.from.includes('/'));
  return slides ? { lastMs: Math.max(0, to - from), ...points } : { range: { from }, ...points };
}

/** The first moment that a picture of it shows now. */
export function oldestOf({ lastMs, range }: Span, now: number): number {
  return lastMs === undefined ? (range?.from ?? -Infinity) : now - lastMs;
}
