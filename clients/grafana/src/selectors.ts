// Selectors as the editor takes them apart, and as template variables go into them.

export type LabelOperator = '=' | '!=' | '=~' | '!~';

export interface LabelFilter {
  label: string;
  operator: LabelOperator;
  value: string;
}

/** A selector in parts: a name, which may be a glob, and filters of labels. */
export interface SelectorParts {
  name: string;
  filters: LabelFilter[];
}

const term = /\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/y;

/** Takes a selector apart; undefined where its text has none of the usual shapes. */
export function parseSelector(text: string): SelectorParts | undefined {
  const braces = text.indexOf('{');
  if (braces < 0) {
    return { name: text.trim(), filters: [] };
  }
  const end = text.trimEnd();
  if (!end.endsWith('}')) {
    return undefined;
  }
  const inner = end.slice(braces + 1, -1).trim();
  const filters: LabelFilter[] = [];
  term.lastIndex = 0;
  while (term.lastIndex < inner.length) {
    const found = term.exec(inner);
    if (!found) {
      return undefined;
    }
    filters.push({ label: found[1]!, operator: found[2] as LabelOperator, value: unescape(found[3]!) });
  }
  return { name: text.slice(0, braces).trim(), filters };
}

/** Puts a selector together; filters without a label are left out. */
export function writeSelector({ name, filters }: SelectorParts): string {
  const terms = filters.filter(({ label }) => label !== '').map(({ label, operator, value }) => `${label}${operator}"${escape(value)}"`);
  return terms.length === 0 ? name : `${name}{${terms.join(',')}}`;
}

/**
 * The values of a template variable as part of a selector's quoted text. Several of them are a regular expression of
 * alternatives, for `=~`; a single one stands as it is, for `=`.
 */
export function formatVariable(value: unknown, variable: { multi?: boolean; includeAll?: boolean }): string {
  if (Array.isArray(value)) {
    return escape(value.map((one) => escapeRegex(String(one))).join('|'));
  }
  const text = String(value);
  return escape(variable.multi || variable.includeAll ? escapeRegex(text) : text);
}

/** An ad hoc filter of a dashboard. */
export interface Filter {
  key: string;
  operator: string;
  value: string;
  values?: string[];
}

/**
 * Narrows a selector by a dashboard's ad hoc filters.
 * @throws Error that names an operator which labels do not have.
 */
export function addFilters(selector: string, filters: readonly Filter[]): string {
  const terms = filters.filter(({ key }) => key !== '').map(({ key, operator, value, values }) => {
    switch (operator) {
      case '=':
      case '!=':
      case '=~':
      case '!~':
        return `${key}${operator}"${escape(value)}"`;
      case '=|':
        return `${key}=~"${escape((values ?? [value]).map(escapeRegex).join('|'))}"`;
      case '!=|':
        return `${key}!~"${escape((values ?? [value]).map(escapeRegex).join('|'))}"`;
      default:
        throw new Error(`The filter ${key} ${operator} ${value} cannot be applied: labels are compared by =, !=, =~, !~, =| and !=|.`);
    }
  });
  if (terms.length === 0) {
    return selector;
  }
  const text = selector.trim();
  if (!text.endsWith('}')) {
    return `${text}{${terms.join(',')}}`;
  }
  const inner = text.slice(0, -1).trimEnd();
  return `${inner}${inner.endsWith('{') || inner.endsWith(',') ? '' : ','}${terms.join(',')}}`;
}

/** A text as a regular expression that matches it alone. */
export function escapeRegex(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function escape(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function unescape(value: string): string {
  return value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}
