import { expect, test } from 'vitest';
import { Picture } from './picture';
import { RecentPictures } from './recentPictures';

test('recent pictures are the newest of the hundred places used last', () => {
  const recent = new RecentPictures();
  const [old, newer] = [new Picture({}), new Picture({})];
  recent.keep('a', old);
  recent.keep('a', newer);
  for (let i = 0; i < 99; i++) {
    recent.keep(`other ${i}`, old);
  }
  expect(recent.find('a')).toBe(newer);
  recent.keep('one more', old);
  expect([recent.find('a'), recent.find('other 0')]).toEqual([undefined, old]);
});
