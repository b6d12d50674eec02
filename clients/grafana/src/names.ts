import { differingLabels, type Field, labelsOf, type LiveFrame, nameOf } from '@hubserver/client';

/**
 * How series are called: by their target's legend, or by the channel's name, the labels in which a panel's channels differ
 * and, where they have several, the field. A name changes only where channels come or go.
 */
export class SeriesNames {
  private readonly differing: string[];
  private readonly hasFields: boolean;

  constructor(frames: readonly LiveFrame[], private readonly legend: string | undefined) {
    this.differing = differingLabels(frames.map(({ channel }) => channel)).sort();
    this.hasFields = new Set(frames.flatMap(({ schema }) => schema.fields.filter(({ type }) => type !== 'time').map(fieldText))).size > 1;
  }

  of(channel: string, field: Field): string {
    const labels = { ...labelsOf(channel), ...field.labels };
    const name = nameOf(channel);
    if (this.legend) {
      const parts: Record<string, string> = { ...labels, field: field.name, name, channel };
      return this.legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, part: string) => (Object.hasOwn(parts, part) ? parts[part]! : ''));
    }
    const terms = this.differing.filter((label) => labels[label] !== undefined).map((label) => `${label}="${labels[label]}"`);
    const place = terms.length > 0 ? `${name}{${terms.join(',')}}` : name;
    return this.hasFields ? `${place} ${fieldText(field)}` : place;
  }
}

function fieldText({ name, labels }: Field): string {
  return [name, ...Object.values(labels ?? {})].join(' ');
}
