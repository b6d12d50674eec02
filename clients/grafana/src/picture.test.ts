import { compareArrayValues, compareDataFrameStructures, type DataFrame, FieldType } from '@grafana/data';
import type { FrameUpdate, QueryUpdate, Schema } from '@hubserver/client';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Picture } from './picture';
import type { HubQuery } from './types';

const target: HubQuery = { refId: 'A', channel: 'cpu' };
const schema: Schema = { name: 'cpu', fields: [{ name: 'time', type: 'time' }, { name: 'user', type: 'number', config: { unit: 'percent' } }, { name: 'state', type: 'string' }, { name: 'on', type: 'boolean' }] };

function frame(channel: string, offset: number, rows: Array<[number, number]>, rest: Partial<FrameUpdate> = {}): FrameUpdate {
  return {
    refId: 'A', channel, change: offset === 0 ? 'replaced' : 'appended', schema, epoch: 'e', offset, count: rows.length,
    columns: [Float64Array.from(rows, ([time]) => time), Float64Array.from(rows, ([, value]) => value), rows.map(([, value]) => `s${value}`), rows.map(([, value]) => value > 1)], ...rest,
  };
}

const update = (...frames: FrameUpdate[]): QueryUpdate => ({ frames, state: 'live', errors: [] });
const valuesOf = (shown: DataFrame[], name: string, channel = 0): unknown[] => shown[channel]!.fields.find((field) => field.name === name)!.values;

function pictureOf(...frames: FrameUpdate[]): Picture {
  const picture = new Picture({ range: { from: 0 } });
  picture.apply(update(...frames));
  return picture;
}

describe('a picture', () => {
  test('has a frame for each channel, with types, labels, units and names', () => {
    const [a, b] = pictureOf(frame('cpu{core="0",host="x"}', 0, [[1, 1]]), frame('cpu{core="1",host="x"}', 0, [[1, 2]])).framesOf(target, []);
    expect([a!.refId, a!.name, a!.length]).toEqual(['A', 'cpu{core="0",host="x"}', 1]);
    expect(a!.fields.map(({ type }) => type)).toEqual([FieldType.time, FieldType.number, FieldType.string, FieldType.boolean]);
    expect(a!.fields[1]!.labels).toEqual({ core: '0', host: 'x' });
    expect(a!.fields[1]!.config).toEqual({ unit: 'percent', displayNameFromDS: 'cpu{core="0"} user' });
    expect(b!.fields[2]!.config.displayNameFromDS).toBe('cpu{core="1"} state');
    expect(b!.fields.slice(1).map(({ values }) => values)).toEqual([[2], ['s2'], [true]]);
  });

  test('names its series by what tells those of all targets apart', () => {
    const picture = pictureOf(frame('cpu{core="0",host="x"}', 0, [[1, 1]]), frame('cpu{core="1",host="x"}', 0, [[1, 2]], { refId: 'B' }));
    expect(picture.framesOf(target, [])[0]!.fields[1]!.config.displayNameFromDS).toBe('cpu{core="0"} user');
    expect(picture.framesOf({ ...target, refId: 'B' }, [])[0]!.fields[1]!.config.displayNameFromDS).toBe('cpu{core="1"} user');
  });

  test('names its series by a legend', () => {
    const [only] = pictureOf(frame('cpu{core="0"}', 0, [[1, 1]])).framesOf({ ...target, legend: '{{name}} {{ core }} {{field}} {{nothing}}!' }, []);
    expect(only!.fields[1]!.config.displayNameFromDS).toBe('cpu 0 user !');
  });

  test('is made of arrays of its own, plain ones, each time', () => {
    const picture = pictureOf(frame('cpu', 0, [[1, 1], [2, 2]]));
    const first = picture.framesOf(target, []);
    for (const { values } of first[0]!.fields) {
      expect(Array.isArray(values)).toBe(true);
      values.length = 0; // As Grafana does once it has a newer one.
    }
    picture.apply(update(frame('cpu', 2, [[3, 3]])));
    expect(valuesOf(picture.framesOf(target, []), 'user')).toEqual([1, 2, 3]);
    expect(valuesOf(picture.framesOf(target, []), 'state')).toEqual(['s1', 's2', 's3']);
  });

  test('keeps its structure while rows come, and changes it with a new channel', () => {
    const picture = pictureOf(frame('cpu{core="0"}', 0, [[1, 1]]));
    const first = picture.framesOf(target, []);
    picture.apply(update(frame('cpu{core="0"}', 1, [[2, 2]], { change: 'gap', gap: { epoch: 'e', from: 1, to: 4, reason: 'lapped' } })));
    const next = picture.framesOf(target, ['slow']);
    expect(compareArrayValues(first, next, compareDataFrameStructures)).toBe(true);
    picture.apply(update(frame('cpu{core="1"}', 0, [[2, 2]])));
    expect(compareArrayValues(next, picture.framesOf(target, []), compareDataFrameStructures)).toBe(false);
  });

  test('has one row of null for a gap, and says what it is', () => {
    const picture = pictureOf(frame('cpu', 0, [[1, 1]]));
    picture.apply(update(frame('cpu', 9, [[5, 5]], { change: 'gap', gap: { epoch: 'e', from: 1, to: 8, reason: 'lapped' } })));
    const shown = picture.framesOf(target, ['The server is slow.']);
    expect([valuesOf(shown, 'time'), valuesOf(shown, 'user')]).toEqual([[1, 3, 5], [1, null, 5]]);
    expect(shown[0]!.meta!.notices!.map(({ severity, text }) => `${severity}: ${text}`)).toEqual([
      'warning: The server is slow.', 'info: Where the line breaks rows are missing: they were pushed out of the channel before they could be sent.',
    ]);
  });

  test('says that a channel began anew', () => {
    const picture = pictureOf(frame('cpu', 0, [[1, 1]]));
    expect(picture.apply(update(frame('cpu', 0, [[5, 5]], { change: 'replaced', gap: { epoch: 'e', from: 1, to: null, reason: 'reset' } })))).toBe(false);
    const [shown] = picture.framesOf(target, []);
    expect(shown!.meta!.notices!.map(({ text }) => text)).toEqual(['Rows before the first are missing: the channel began anew.']);
    expect(picture.apply(update(frame('cpu{a="1"}', 0, [[5, 5]])))).toBe(true);
  });

  test('begins with the row before its range, from which the line comes in', () => {
    const picture = new Picture({ range: { from: 3 } });
    picture.apply(update(frame('cpu', 0, [[1, 1], [2, 2], [3, 3], [4, 4]])));
    expect(valuesOf(picture.framesOf(target, []), 'time')).toEqual([2, 3, 4]);
    const old = new Picture({ lastMs: 1_000 });
    old.apply(update(frame('cpu', 0, [[1, 1], [2, 2]])));
    expect(valuesOf(old.framesOf(target, []), 'user')).toEqual([2]);
  });

  test('has times that rise strictly, and every row, whatever times come', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 }), (times) => {
      const shown = pictureOf(frame('cpu', 0, times.map((time, i): [number, number] => [1.8e12 + time, i]))).framesOf(target, []);
      const xs = valuesOf(shown, 'time') as number[];
      const rows = valuesOf(shown, 'user') as number[];
      expect(xs.every((x, i) => i === 0 || x > xs[i - 1]!)).toBe(true);
      expect([...rows].sort((a, b) => a - b)).toEqual(times.map((_, i) => i));
      xs.forEach((x, i) => expect(Math.abs(x - 1.8e12 - times[rows[i]!]!)).toBeLessThan(0.1));
    }));
  });

  test('of annotations is one frame of events with the labels as tags', () => {
    const events: Schema = { name: 'deploys', fields: [{ name: 'time', type: 'time' }, { name: 'what', type: 'string' }, { name: 'tags', type: 'string' }] };
    const picture = pictureOf(
      frame('deploys{service="b"}', 0, [], { schema: events, count: 2, columns: [Float64Array.of(5, 7), ['b 1', null], ['x,y', null]] }),
      frame('deploys{service="a"}', 0, [], { schema: events, count: 1, columns: [Float64Array.of(6), ['a 1'], [null]] }),
      frame('cpu', 0, [[6, 1]], { schema: { name: 'cpu', fields: [{ name: 'time', type: 'time' }, { name: 'user', type: 'number' }] }, columns: [Float64Array.of(6), Float64Array.of(1)] }));
    const [shown] = picture.framesOf({ ...target, queryType: 'annotations' }, []);
    expect(shown!.fields.map(({ name, values }) => [name, values])).toEqual([['time', [5, 6]], ['title', ['', '']], ['text', ['b 1', 'a 1']], ['tags', ['x,y,service:b', 'service:a']]]);
  });
});
