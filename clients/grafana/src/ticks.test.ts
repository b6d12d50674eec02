import { LoadingState } from '@grafana/data';
import { type HubServerClient, HubServerError, type QueryRequest, type QueryUpdate } from '@hubserver/client';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Tick, ticksOf } from './ticks';

const request: QueryRequest & { intervalMs: number } = { targets: [{ refId: 'A', channel: 'a' }, { refId: 'B', channel: 'b' }], intervalMs: 100 };

function update(refIds: string, rest: Partial<QueryUpdate> = {}): QueryUpdate {
  return { frames: [...refIds].map((refId) => ({ refId }) as QueryUpdate['frames'][number]), state: 'live', errors: none, ...rest };
}

const none: QueryUpdate['errors'] = [];

/** A query whose updates the test gives, and the ticks that come of it. */
function follow(error?: HubServerError) {
  const updates = new Subject<QueryUpdate>();
  const client = { query: () => updates, error } as unknown as HubServerClient & { error?: HubServerError };
  const applied: QueryUpdate[] = [];
  const ticks: Tick[] = [];
  let isComplete = false;
  const subscription = ticksOf(client, request, 1_000, (one) => applied.push(one) < 0).subscribe({ next: (tick) => ticks.push(tick), complete: () => (isComplete = true) });
  return { updates, applied, ticks, subscription, isComplete: () => isComplete, changed: () => ticks.map(({ refIds }) => [...refIds].sort().join('')) };
}

describe('ticks', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test('begin with the past of all targets, and come at most once in an interval', () => {
    const { updates, changed, subscription, applied } = follow();
    vi.advanceTimersByTime(500);
    expect(changed()).toEqual([]);
    updates.next(update('A'));
    expect(changed()).toEqual(['AB']);
    for (const refIds of ['A', 'A', 'B'])
      {updates.next(update(refIds));}
    expect([changed(), applied.length]).toEqual([['AB'], 4]);
    vi.advanceTimersByTime(100);
    expect(changed()).toEqual(['AB', 'AB']);
    vi.advanceTimersByTime(100);
    updates.next(update('B'));
    expect(changed()).toEqual(['AB', 'AB', 'B']);
    subscription.unsubscribe();
    expect(updates.observed).toBe(false);
  });

  test('come once in a while where nothing does, so that the axis moves on, but not while the server is away', () => {
    const { updates, changed, subscription } = follow();
    updates.next(update('AB'));
    vi.advanceTimersByTime(2_000);
    expect(changed()).toEqual(['AB', 'A', 'A']);
    updates.next(update('', { state: 'reconnecting' }));
    vi.advanceTimersByTime(3_000);
    expect(changed()).toEqual(['AB', 'A', 'A', 'AB']);
    subscription.unsubscribe();
  });

  test('say what is wrong with a target, and take it back', () => {
    const { updates, ticks, subscription } = follow();
    updates.next(update('A', { errors: [{ refId: 'B', code: 'bad_request', message: 'targets[1].channel: at 4: no' }, { refId: 'A', channel: 'a', code: 'not_found', message: 'no field x' }] }));
    expect(ticks[0]).toMatchObject({ errors: [{ refId: 'B', message: 'at 4: no' }], warnings: [{ refId: 'A', message: 'a: no field x' }], isComplete: true });
    vi.advanceTimersByTime(100);
    updates.next(update(''));
    expect(ticks[1]).toMatchObject({ errors: [], warnings: [] });
    expect([...ticks[1]!.refIds]).toEqual(['A', 'B']);
    subscription.unsubscribe();
  });

  test('say that the server is behind, or away, without taking the picture for wrong', () => {
    const { updates, ticks, subscription } = follow(new HubServerError('connection', 'gone'));
    updates.next(update('AB', { state: 'stale' }));
    vi.advanceTimersByTime(200);
    updates.next(update('', { state: 'reconnecting' }));
    expect(ticks.map(({ state, errors, warnings }) => [state, errors, warnings.map(({ message }) => message)])).toEqual([
      [LoadingState.Streaming, [], ['The server is behind its backplane: newer rows may exist.']],
      [LoadingState.Streaming, [], ['Reconnecting: gone']],
    ]);
    subscription.unsubscribe();
  });

  test('say once why nothing comes, and nothing of a past that is not there', () => {
    const { updates, ticks, subscription } = follow(new HubServerError('connection', 'no server answers'));
    vi.advanceTimersByTime(10_000);
    expect(ticks).toMatchObject([{ errors: [{ message: 'no server answers' }], isComplete: false }]);
    updates.next(update('A'));
    vi.advanceTimersByTime(100);
    expect(ticks[1]).toMatchObject({ errors: [], isComplete: true });
    subscription.unsubscribe();
  });

  test('say why the server put a query off before there was a past', () => {
    const { updates, ticks, subscription } = follow();
    updates.next(update('', { state: 'reconnecting', errors: [{ code: 'overloaded', message: 'too many' }] }));
    expect(ticks).toMatchObject([{ errors: [{ message: 'too many' }], isComplete: false }]);
    subscription.unsubscribe();
  });

  test('end with history, and with an error that is for good', () => {
    const history = follow();
    history.updates.next(update('AB', { state: 'done' }));
    history.updates.complete();
    expect([history.ticks.map(({ state }) => state), history.isComplete()]).toEqual([[LoadingState.Done], true]);
    const refused = follow();
    refused.updates.error(new HubServerError('unauthorized', 'the token was refused', { isFinal: true }));
    expect([refused.ticks, refused.isComplete()]).toMatchObject([[{ errors: [{ message: 'the token was refused' }], isComplete: false }], true]);
  });

  test('wait while the page is hidden', () => {
    const { updates, changed, subscription } = follow();
    updates.next(update('AB'));
    vi.advanceTimersByTime(100);
    updates.next(update('', { state: 'paused' }));
    expect(changed()).toEqual(['AB']);
    subscription.unsubscribe();
  });
});
