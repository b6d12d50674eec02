import { Button, Combobox, type ComboboxOption, IconButton, InlineField, InlineFieldRow, Stack } from '@grafana/ui';
import type { ReactElement } from 'react';
import type { HubDataSource } from '../datasource';
import { escapeRegex, type LabelFilter, type SelectorParts, writeSelector } from '../selectors';
import { valuesOf, type VariableQuery } from '../variables';
import { Labelled } from './Labelled';

interface Props {
  datasource: HubDataSource;
  parts: SelectorParts;
  labelWidth: number;
  onChange: (parts: SelectorParts) => void;
}

const operators = (['=', '!=', '=~', '!~'] as const).map((value) => ({ value }));

/** A filter for which no value is chosen yet: it takes nothing away. */
const anyValue = { operator: '=~' as const, value: '.*' };

/** How many channels a search looks at. */
const searchLimit = 1_000;

/** Picks channels by their name, out of those that live, and by their labels. */
export function SelectorBuilder({ datasource, parts, labelWidth, onChange }: Props): ReactElement {
  const { name, filters } = parts;
  const search = async (query: VariableQuery, text: string): Promise<ComboboxOption[]> => {
    const { channels } = await datasource.listChannels({ limit: searchLimit, ...(query.selector && { selector: query.selector }) });
    return valuesOf(query, channels).flatMap((one) => (one.text.toLowerCase().includes(text.toLowerCase()) ? [{ value: one.text }] : []));
  };
  const searchNames = (text: string): Promise<ComboboxOption[]> => search({ kind: 'names', selector: text ? writeSelector({ name: '', filters: [byName(text)] }) : undefined }, '');
  const others = (filter: LabelFilter): string => writeSelector({ name, filters: filters.filter((one) => one !== filter && one.label !== '') });
  const changeFilter = (at: number, part: Partial<LabelFilter>): void => onChange({ name, filters: filters.map((filter, i) => (i === at ? { ...filter, ...part } : filter)) });

  return (
    <>
      <InlineFieldRow>
        <InlineField label="Name" labelWidth={labelWidth} tooltip="A channel's name; * and ** stand for any characters, within a part of a path and across parts.">
          <Labelled name="Channel">
            {(labelId) => <Combobox aria-labelledby={labelId} width={40} placeholder="Search live channels" createCustomValue isClearable options={searchNames} value={name || null} onChange={(option) => onChange({ name: option?.value ?? '', filters })} />}
          </Labelled>
        </InlineField>
        <InlineField>
          <Button variant="secondary" icon="plus" onClick={() => onChange({ name, filters: [...filters, { label: 'label', ...anyValue }] })}>
            Label
          </Button>
        </InlineField>
      </InlineFieldRow>
      {filters.map((filter, i) => (
        <InlineFieldRow key={i}>
          <InlineField label="Label" labelWidth={labelWidth}>
            <Stack gap={0.5} alignItems="center">
              <Labelled name={`Label ${i + 1}`}>
                {(labelId) => <Combobox aria-labelledby={labelId} width={20} createCustomValue options={(text) => search({ kind: 'label_names', selector: name }, text)} value={filter.label} onChange={({ value }) => changeFilter(i, { label: value, ...anyValue })} />}
              </Labelled>
              <Labelled name={`Operator ${i + 1}`}>
                {(labelId) => <Combobox aria-labelledby={labelId} width={8} options={operators} value={filter.operator} onChange={({ value }) => changeFilter(i, { operator: value })} />}
              </Labelled>
              <Labelled name={`Value ${i + 1}`}>
                {(labelId) => <Combobox aria-labelledby={labelId} width={30} createCustomValue options={(text) => search({ kind: 'label_values', label: filter.label, selector: others(filter) }, text)} value={filter.value} onChange={({ value }) => changeFilter(i, { value, ...(isAny(filter) && { operator: '=' }) })} />}
              </Labelled>
              <IconButton name="times" aria-label={`Remove label ${i + 1}`} tooltip="Remove" onClick={() => onChange({ name, filters: filters.filter((_, at) => at !== i) })} />
            </Stack>
          </InlineField>
        </InlineFieldRow>
      ))}
    </>
  );
}

function isAny({ operator, value }: LabelFilter): boolean {
  return operator === anyValue.operator && value === anyValue.value;
}

function byName(text: string): LabelFilter {
  return { label: '__name__', operator: '=~', value: `(?i).*${escapeRegex(text)}.*` };
}
