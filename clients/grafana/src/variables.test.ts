import type { ChannelInfo } from '@hubserver/client';
import { expect, test } from 'vitest';
import { parseVariableQuery, valuesOf } from './variables';

test.each([
  ['cpu{host="a"}', { kind: 'channels', selector: 'cpu{host="a"}' }],
  ['', { kind: 'channels' }],
  [' label_names() ', { kind: 'label_names' }],
  ['label_values(host)', { kind: 'label_values', label: 'host' }],
  ['label_values(cpu{a="x,y)",b="("}, host )', { kind: 'label_values', label: 'host', selector: 'cpu{a="x,y)",b="("}' }],
  ['fields(cpu)', { kind: 'fields', selector: 'cpu' }],
  ['names()', { kind: 'names' }],
])('the query of a variable %s', (text, parsed) => expect(parseVariableQuery(text)).toEqual(parsed));

test.each(['label_values()', 'label_values(cpu, )', 'label_values(cpu{a="b"})'])('%s says what is missing', (text) => expect(() => parseVariableQuery(text)).toThrow('label_values needs a label'));

test('values come once, numbers by their size, without channels that have none', () => {
  const channel = (id: string, labels: Record<string, string>): ChannelInfo => ({ id, name: id, labels, schema: { name: id, fields: [{ name: 'time', type: 'time' }, { name: 'v', type: 'number' }] }, epoch: 'e', offset: 0, rows: 1, rowsPerSecond: 0, lastTime: null });
  const channels = [channel('a', { core: '10' }), channel('b', { core: '2' }), channel('c', {}), channel('d', { core: '2' })];
  expect(valuesOf({ kind: 'label_values', label: 'core' }, channels)).toEqual([{ text: '2' }, { text: '10' }]);
  expect(valuesOf({ kind: 'fields' }, channels)).toEqual([{ text: 'v' }]);
});
