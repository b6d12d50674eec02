import type { MetricFindValue } from '@grafana/data';
import type { ChannelInfo } from '@hubserver/client';

/** A query of a template variable. */
export interface VariableQuery {
  kind: 'channels' | 'names' | 'fields' | 'label_names' | 'label_values';
  selector?: string;
  label?: string;
}

const call = /^\s*(channels|names|fields|label_names|label_values)\s*\((.*)\)\s*$/s;

/**
 * Reads `channels(selector)`, `names(selector)`, `fields(selector)`, `label_names(selector)`, `label_values(label)` and
 * `label_values(selector, label)`, each also without its selector; anything else is a selector, and means its channels.
 * @throws Error that says what would be right.
 */
export function parseVariableQuery(text: string): VariableQuery {
  const found = call.exec(text);
  if (!found) {
    return { kind: 'channels', ...selectorOf(text) };
  }
  const kind = found[1] as VariableQuery['kind'];
  const inner = found[2]!.trim();
  if (kind !== 'label_values') {
    return { kind, ...selectorOf(inner) };
  }
  const comma = inner.lastIndexOf(',');
  const label = inner.slice(comma + 1).trim();
  if (!/^[A-Za-z_]\w*$/.test(label)) {
    throw new Error(`label_values needs a label: label_values(host) or label_values(cpu{core="0"}, host), and not ${text.trim()}`);
  }
  return { kind, label, ...selectorOf(comma < 0 ? '' : inner.slice(0, comma)) };
}

/** What the channels that it matches have to offer: each value once, sorted, numbers by their size. */
export function valuesOf({ kind, label }: VariableQuery, channels: readonly ChannelInfo[]): MetricFindValue[] {
  const values = channels.flatMap(({ id, name, labels, schema }) => {
    switch (kind) {
      case 'channels':
        return [id];
      case 'names':
        return [name];
      case 'fields':
        return schema.fields.filter(({ type }) => type !== 'time').map((field) => field.name);
      case 'label_names':
        return Object.keys(labels);
      case 'label_values':
        return labels[label!] ?? [];
    }
  });
  const order = new Intl.Collator('en', { numeric: true });
  return [...new Set(values)].sort(order.compare).map((text) => ({ text }));
}

function selectorOf(text: string): { selector?: string } {
  return text.trim() === '' ? {} : { selector: text.trim() };
}
