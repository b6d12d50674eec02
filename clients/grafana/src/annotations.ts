import { type AnnotationSupport, type DataFrame, FieldType } from '@grafana/data';
import { type Field, labelsOf, type LiveFrame } from '@hubserver/client';
import { rowsFrom } from './dataFrames';
import { annotationQuery, type HubQuery } from './types';

/** Annotations are the rows of string channels; the standard editor and the standard processing of frames do the rest. */
export const annotations: AnnotationSupport<HubQuery> = {
  prepareQuery: ({ target }) => (target?.channel ? { ...target, refId: target.refId || 'Anno', queryType: annotationQuery } : undefined),
};

/**
 * The events of channels, as Grafana reads them from a frame: `time`, `title` and `text` from fields of that name, or the
 * text from the first string field, and the channels' labels as tags, after those of a field `tags`.
 */
export function toEventFrame(channels: readonly LiveFrame[], refId: string, oldest: number): DataFrame {
  const events = channels.flatMap((channel) => eventsOf(channel, oldest)).sort((a, b) => a.time - b.time);
  return {
    refId,
    length: events.length,
    fields: [
      { name: 'time', type: FieldType.time, config: {}, values: events.map(({ time }) => time) },
      { name: 'title', type: FieldType.string, config: {}, values: events.map(({ title }) => title) },
      { name: 'text', type: FieldType.string, config: {}, values: events.map(({ text }) => text) },
      { name: 'tags', type: FieldType.string, config: {}, values: events.map(({ tags }) => tags) },
    ],
  };
}

interface Event {
  time: number;
  title: string;
  text: string;
  tags: string;
}

function eventsOf({ channel, schema, columns, times }: LiveFrame, oldest: number): Event[] {
  const take = rowsFrom(times, oldest);
  const find = (is: (field: Field) => boolean): unknown[] | undefined => {
    const i = schema.fields.findIndex((field) => field.type === 'string' && is(field));
    return i < 0 ? undefined : take(columns[i]!);
  };
  const [titles, tags] = [find(({ name }) => name === 'title'), find(({ name }) => name === 'tags')];
  const texts = find(({ name }) => name === 'text') ?? find(({ name }) => name !== 'title' && name !== 'tags');
  const labels = Object.entries(labelsOf(channel)).map(([name, value]) => `${name}:${value.replaceAll(',', ' ')}`) // A comma ends a tag.;
  return (take(times) as number[]).flatMap((time, row) => {
    const [title, text] = [textOf(titles?.[row]), textOf(texts?.[row])];
    const isEvent = time >= oldest && (title !== '' || text !== '');
    return isEvent ? [{ time, title, text, tags: [...textOf(tags?.[row]).split(',').filter(Boolean), ...labels].join(',') }] : [];
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
