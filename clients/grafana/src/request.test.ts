import { type DataQueryRequest, dateTime } from '@grafana/data';
import { expect, test } from 'vitest';
import { oldestOf, spanOf } from './request';
import type { HubQuery } from './types';

const [from, to] = [1_000_000, 1_300_000];

function request(raw: { from: string | number; to: string | number }, rest: Partial<DataQueryRequest<HubQuery>> = {}): DataQueryRequest<HubQuery> {
  const rawRange = { from: typeof raw.from === 'number' ? dateTime(raw.from) : raw.from, to: typeof raw.to === 'number' ? dateTime(raw.to) : raw.to };
  return { range: { from: dateTime(from), to: dateTime(to), raw: rawRange }, rangeRaw: rawRange, intervalMs: 2_000, ...rest } as DataQueryRequest<HubQuery>;
}

test('a relative range that ends now is the last so many milliseconds', () => {
  expect(spanOf(request({ from: 'now-5m', to: 'now' }, { maxDataPoints: 700.4 }))).toEqual({ lastMs: 300_000, maxDataPoints: 700 });
});

test('a fixed beginning that goes on until now is open at its end', () => {
  expect(spanOf(request({ from, to: 'now' }))).toEqual({ range: { from } });
});

test('a beginning that is rounded stays, and an end in the future is open', () => {
  expect(spanOf(request({ from: 'now/d', to: 'now' }))).toEqual({ range: { from } });
  expect(spanOf(request({ from: 'now/d', to: 'now/d' }), to - 1)).toEqual({ range: { from } });
  expect(spanOf(request({ from, to }), to - 1)).toEqual({ range: { from } });
});

test('anything else is history', () => {
  expect(spanOf(request({ from, to }))).toEqual({ range: { from, to } });
  expect(spanOf(request({ from: 'now-2h', to: 'now-1h' }))).toEqual({ range: { from, to } });
});

test('live streaming in Explore is live whatever its range', () => expect(spanOf(request({ from, to }, { liveStreaming: true }))).toEqual({ lastMs: 300_000 }));

test('points are at most what a server takes, and at least one', () => {
  expect(spanOf(request({ from, to }, { maxDataPoints: 50_000 })).maxDataPoints).toBe(10_000);
  expect(spanOf(request({ from, to }, { maxDataPoints: 0.2 })).maxDataPoints).toBe(1);
});

test('a picture begins where its range does', () => {
  expect(oldestOf({ lastMs: 10 }, 100)).toBe(90);
  expect(oldestOf({ range: { from: 5 } }, 100)).toBe(5);
});
