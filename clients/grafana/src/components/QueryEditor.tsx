import type { QueryEditorProps } from '@grafana/data';
import { AutoSizeInput, InlineField, InlineFieldRow, Input, MultiCombobox, RadioButtonGroup, Stack } from '@grafana/ui';
import type { ReactElement } from 'react';
import type { HubDataSource } from '../datasource';
import { parseSelector, writeSelector } from '../selectors';
import type { HubOptions, HubQuery } from '../types';
import { Labelled } from './Labelled';
import { Preview } from './Preview';
import { SelectorBuilder } from './SelectorBuilder';
import { useMatches } from './useMatches';

type Props = QueryEditorProps<HubDataSource, HubQuery, HubOptions>;

const modes = [
  { label: 'Builder', value: 'builder' as const },
  { label: 'Text', value: 'text' as const },
];

const labelWidth = 14;

/** More than any channel keeps by default (`Channels:MaxCapacity`). */
const mostRows = 1_000_000;

/** One line of a query: which channels, which of their fields, how far back, and how the series are called. */
export function QueryEditor({ datasource, query, onChange, onRunQuery }: Props): ReactElement {
  const { channel = '', fields = [], rows, legend, isText } = query;
  const parts = parseSelector(channel);
  const showsText = isText || !parts; // A selector that the builder cannot show stays as it is written.
  const matches = useMatches(datasource, query);

  const change = (part: Partial<HubQuery>): void => {
    onChange({ ...query, ...part });
    onRunQuery();
  };

  return (
    <Stack direction="column" gap={0}>
      <InlineFieldRow>
        <InlineField label="Channels" labelWidth={labelWidth} tooltip="A selector picks channels by name and labels; those that come up later join by themselves.">
          <RadioButtonGroup aria-label="Editor" options={modes} value={showsText ? 'text' : 'builder'} disabledOptions={parts ? [] : ['builder']} onChange={(mode) => onChange({ ...query, isText: mode === 'text' })} />
        </InlineField>
        {showsText && (
          <InlineField grow invalid={matches.error !== undefined}>
            <Input
              key={channel}
              aria-label="Selector"
              defaultValue={channel}
              placeholder='cpu{host="a",core=~"[0-3]"} or plant/*/temp'
              onBlur={({ currentTarget: { value } }) => value !== channel && change({ channel: value })}
              onKeyDown={({ key, currentTarget }) => key === 'Enter' && currentTarget.blur()}
            />
          </InlineField>
        )}
      </InlineFieldRow>
      {!showsText && <SelectorBuilder datasource={datasource} parts={parts} labelWidth={labelWidth} onChange={(next) => change({ channel: writeSelector(next) })} />}
      <InlineFieldRow>
        <InlineField label="Fields" labelWidth={labelWidth} tooltip="All by default.">
          <Labelled name="Fields">
            {(labelId) => (
              <MultiCombobox
                aria-labelledby={labelId}
                width="auto"
                minWidth={30}
                maxWidth={80}
                placeholder="all"
                isClearable
                createCustomValue
                options={[...new Set([...matches.fields, ...fields])].map((value) => ({ value }))}
                value={fields}
                onChange={(chosen) => change({ fields: chosen.length > 0 ? chosen.map(({ value }) => value) : undefined })}
              />
            )}
          </Labelled>
        </InlineField>
        <InlineField label="Legend" tooltip="With {{label}}, {{field}}, {{name}} and {{channel}}; what tells the series apart by default.">
          <AutoSizeInput aria-label="Legend" minWidth={20} value={legend ?? ''} placeholder="{{core}} {{field}}" onCommitChange={({ currentTarget: { value } }) => change({ legend: value || undefined })} />
        </InlineField>
        <InlineField label="Rows" tooltip="At most so many of the newest rows of the past; all in the time range by default.">
          <AutoSizeInput aria-label="Rows" type="number" min={1} minWidth={10} value={rows ?? ''} placeholder="all" onCommitChange={({ currentTarget: { value } }) => change({ rows: Number(value) >= 1 ? Math.min(mostRows, Math.round(Number(value))) : undefined })} />
        </InlineField>
      </InlineFieldRow>
      <Preview matches={matches} />
    </Stack>
  );
}
