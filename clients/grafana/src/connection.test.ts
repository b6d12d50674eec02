import type { HubServerClient } from '@hubserver/client';
import { NEVER, of } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Connection } from './connection';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a connection is shared by all who use it, outlives a pause between two of them, and goes after the last', async () => {
  const connection = new Connection({ url: 'http://localhost:1' });
  const seen: HubServerClient[] = [];
  const use = () => connection.follow((client) => {
    seen.push(client);
    return NEVER;
  }).subscribe();
  const [first, second] = [use(), use()];
  first.unsubscribe();
  vi.advanceTimersByTime(60_000);
  second.unsubscribe();
  vi.advanceTimersByTime(20_000);
  use().unsubscribe();
  expect([seen[1], seen[2]]).toEqual([seen[0], seen[0]]);
  expect(seen[0]!.state).toBe('connecting');

  await vi.advanceTimersByTimeAsync(30_000);
  expect(seen[0]!.state).toBe('closed');
  connection.follow((client) => of(seen.push(client))).subscribe();
  expect(seen[3]).not.toBe(seen[0]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(seen[3]!.state).toBe('closed');
  expect(vi.getTimerCount()).toBe(0);
});

test('a call gives its answer, or fails with its error', async () => {
  const connection = new Connection({ url: 'http://localhost:1' });
  await expect(connection.call(async () => 3)).resolves.toBe(3);
  await expect(connection.call(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
