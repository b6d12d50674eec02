import { type DataFrame, type Field as GrafanaField, FieldType } from '@grafana/data';
import { type Field, labelsOf, type LiveFrame } from '@hubserver/client';
import type { SeriesNames } from './names';

const types = { time: FieldType.time, number: FieldType.number, string: FieldType.string, boolean: FieldType.boolean };

/** The least step of time that a chart tells apart, in milliseconds; times near today have no finer one than 0.0003. */
const step = 1 / 1_024;

/**
 * A picture of a channel's rows from a moment on, and of the row before it, from which the line comes in. Its arrays are
 * copies: Grafana may empty what it was given once it has something newer. Times rise strictly, as its charts need it:
 * rows go in the order of their times, and of several at the same moment all but the first move by a step.
 */
export function toDataFrame(held: LiveFrame, oldest: number, names: SeriesNames): DataFrame {
  const take = rowsFrom(held.times, oldest);
  const columns = held.columns.map(take);
  return {
    refId: held.refId,
    name: held.channel,
    length: columns[0]?.length ?? 0,
    fields: held.schema.fields.map((field, i) => ({
      ...describe(field, held.channel, names),
      values: held.columns[i] === held.times ? rising(columns[i] as number[]) : columns[i]!,
    })),
  };
}

function describe(field: Field, channel: string, names: SeriesNames): Omit<GrafanaField, 'values'> {
  const { name, type, config } = field;
  if (type === 'time') {
    return { name, type: FieldType.time, config: {} };
  }
  return {
    name,
    type: types[type],
    labels: { ...labelsOf(channel), ...field.labels },
    config: { displayNameFromDS: names.of(channel, field), ...(config?.unit !== undefined && { unit: config.unit }) },
  };
}

/** What copies out of a column the rows from a moment on, in the order of their times, after the newest row before it. */
export function rowsFrom(times: readonly number[], oldest: number): (column: readonly unknown[]) => unknown[] {
  if (times.every((time, row) => row === 0 || time >= times[row - 1]!)) {
    const first = Math.max(0, countBefore(times, oldest) - 1);
    return (column) => column.slice(first);
  }
  const rows = Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
  const kept = rows.slice(Math.max(0, rows.filter((row) => times[row]! < oldest).length - 1));
  return (column) => kept.map((row) => column[row]);
}

function countBefore(times: readonly number[], oldest: number): number {
  const first = times.findIndex((time) => time >= oldest);
  return first < 0 ? times.length : first;
}

function rising(times: number[]): number[] {
  for (let row = 1; row < times.length; row++) {
    if (times[row]! <= times[row - 1]!) {
      times[row] = times[row - 1]! + step;
    }
  }
  return times;
}
