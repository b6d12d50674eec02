import { type DataSourcePluginOptionsEditorProps, onUpdateDatasourceSecureJsonDataOption } from '@grafana/data';
import { Alert, Field, Input, RadioButtonGroup, SecretInput, Switch } from '@grafana/ui';
import type { ReactElement } from 'react';
import { defaultIntervalMs, defaultUrl, type HubOptions, type HubSecrets } from '../types';

const protocols = [
  { label: 'MessagePack', value: 'messagepack' as const, description: 'Smaller and faster' },
  { label: 'JSON', value: 'json' as const, description: "To read along in the browser's tools" },
];

/** The settings of a data source. */
export function ConfigEditor(props: DataSourcePluginOptionsEditorProps<HubOptions, HubSecrets>): ReactElement {
  const { options, onOptionsChange } = props;
  const { jsonData, secureJsonFields, secureJsonData } = options;
  const change = (part: Partial<HubOptions>): void => onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  const hasToken = Boolean(secureJsonFields?.token || secureJsonData?.token);
  const problem = problemOf(jsonData, hasToken);

  return (
    <>
      <Field label="URL" description="The address of HubServer, as the browser, or Grafana, reaches it; also under a path.">
        <Input aria-label="URL" width={60} value={jsonData.url ?? ''} placeholder={defaultUrl} onChange={(event) => change({ url: event.currentTarget.value })} onBlur={() => change({ url: jsonData.url?.trim().replace(/\/+$/, '') })} />
      </Field>
      <Field label="Connect through Grafana" description="The browser talks to Grafana alone, which adds the token and passes the WebSocket on. Off, the browser connects to the URL by itself, which spares Grafana the traffic.">
        <Switch aria-label="Connect through Grafana" value={jsonData.throughGrafana ?? false} onChange={(event) => change({ throughGrafana: event.currentTarget.checked, url: jsonData.url || defaultUrl })} />
      </Field>
      <Field label="Token" description="A bearer token. It stays in Grafana, so it is used only where connections go through Grafana.">
        <SecretInput
          aria-label="Token"
          width={60}
          isConfigured={Boolean(secureJsonFields?.token)}
          value={secureJsonData?.token ?? ''}
          onChange={onUpdateDatasourceSecureJsonDataOption(props, 'token')}
          onReset={() => onOptionsChange({ ...options, secureJsonFields: { ...secureJsonFields, token: false }, secureJsonData: { ...secureJsonData, token: '' } })}
        />
      </Field>
      <Field label="Protocol">
        <RadioButtonGroup aria-label="Protocol" options={protocols} value={jsonData.protocol ?? 'messagepack'} onChange={(protocol) => change({ protocol })} />
      </Field>
      <Field label="Update interval" description={`The least time between two pictures of a panel, in milliseconds. ${defaultIntervalMs} by default.`}>
        <Input
          aria-label="Update interval"
          type="number"
          min={0}
          max={60_000}
          width={20}
          value={jsonData.intervalMs ?? ''}
          placeholder={String(defaultIntervalMs)}
          onChange={({ currentTarget: { value } }) => change({ intervalMs: value === '' ? undefined : Math.min(60_000, Math.max(0, Number(value))) })}
        />
      </Field>
      {problem && <Alert severity="warning" title={problem} />}
      <Alert severity="info" title="TLS and origins">
        A page that came over https may only connect to an https address. A server that is asked by the browser itself also has to allow this page&apos;s origin, where it checks
        origins. Neither matters when connections go through Grafana.
      </Alert>
    </>
  );
}

/** What cannot work, as far as that can be seen from here. */
export function problemOf({ url = defaultUrl, throughGrafana }: HubOptions, hasToken: boolean, page = window.location.protocol): string | undefined {
  if (!/^https?:\/\/[^\s/]/.test(url.trim() || defaultUrl)) {
    return 'The URL begins with http:// or https:// and the name of a server.';
  }
  if (throughGrafana) {
    return undefined;
  }
  if (hasToken) {
    return 'The token is not sent: connections do not go through Grafana.';
  }
  return page === 'https:' && url.startsWith('http:') ? 'This page came over https, so the browser will refuse a server over http: give it TLS, or connect through Grafana.' : undefined;
}
