import type { ScopedVars } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';

type Format = (value: string | string[], variable: { multi: boolean; includeAll: boolean }) => string;

/** Template variables with fixed values; those with several are ones of which several can be chosen. */
export function createTemplates(variables: Record<string, string | string[]>): TemplateSrv {
  const replace = (text = '', _scopedVars?: ScopedVars, format?: string | Function): string =>
    text.replace(/\$(\w+)|\$\{(\w+)\}/g, (all, plain: string | undefined, braced: string | undefined) => {
      const value = variables[plain ?? braced ?? ''];
      if (value === undefined) {
        return all;
      }
      return typeof format === 'function' ? (format as Format)(value, { multi: Array.isArray(value), includeAll: false }) : String(value);
    });
  return { replace, getVariables: () => [], containsTemplate: (text = '') => /\$\w|\$\{/.test(text), updateTimeRange: () => undefined };
}
