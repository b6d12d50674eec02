import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addFilters, formatVariable, parseSelector, writeSelector } from './selectors';

const value = fc.string({ unit: fc.constantFrom('a', 'B', '"', '\\', '\n', '{', '}', ',', '=', '~', ' ', 'ü', '|', '.') });
const label = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,5}$/);
const filter = fc.record({ label, operator: fc.constantFrom('=' as const, '!=' as const, '=~' as const, '!~' as const), value });

describe('a selector', () => {
  test('comes back in the parts that it was put together from', () => {
    fc.assert(fc.property(fc.stringMatching(/^[a-z/*]{0,8}$/), fc.array(filter, { maxLength: 4 }), (name, filters) => {
      expect(parseSelector(writeSelector({ name, filters }))).toEqual({ name, filters });
    }));
  });

  test('is read as people write it', () => {
    expect(parseSelector(' cpu { core = "0" , host=~"a|b", } ')).toEqual({ name: 'cpu', filters: [{ label: 'core', operator: '=', value: '0' }, { label: 'host', operator: '=~', value: 'a|b' }] });
    expect(parseSelector('plant/*/temp')).toEqual({ name: 'plant/*/temp', filters: [] });
    expect(parseSelector('cpu{}')).toEqual({ name: 'cpu', filters: [] });
  });

  test.each(['cpu{', 'cpu{a}', 'cpu{a="b"', 'cpu{a="b" c="d"}', 'cpu{a=b}', 'cpu{a="b"}x'])('that the builder cannot show stays text: %s', (text) => expect(parseSelector(text)).toBeUndefined());

  test('is narrowed by ad hoc filters', () => {
    const filters = [{ key: 'host', operator: '=', value: 'a"b' }, { key: '', operator: '=', value: '' }];
    expect(addFilters('cpu', filters)).toBe('cpu{host="a\\"b"}');
    expect(addFilters('cpu{}', filters)).toBe('cpu{host="a\\"b"}');
    expect(addFilters('cpu{core="0"} ', filters)).toBe('cpu{core="0",host="a\\"b"}');
    expect(addFilters('cpu{core="0",}', [])).toBe('cpu{core="0",}');
    expect(addFilters('cpu', [{ key: 'zone', operator: '=|', value: 'x', values: ['a.b', 'c'] }, { key: 'host', operator: '!=|', value: 'x' }])).toBe('cpu{zone=~"a\\\\.b|c",host!~"x"}');
    expect(() => addFilters('cpu', [{ key: 'core', operator: '<', value: '1' }])).toThrow('labels are compared by');
  });
});

describe('a variable in a selector', () => {
  test('of one value stands as it is', () => expect(formatVariable('web-1.x"', {})).toBe('web-1.x\\"'));

  test('of which several can be chosen is a regular expression', () => {
    expect(formatVariable('web-1.x', { multi: true })).toBe('web-1\\\\.x');
    expect(formatVariable(['a.b', 'c'], { multi: true })).toBe('a\\\\.b|c');
    expect(formatVariable(['a', 7], { multi: true })).toBe('a|7');
  });
});
