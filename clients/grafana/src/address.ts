import type { DataSourceInstanceSettings } from '@grafana/data';
import { defaultUrl, type HubOptions } from './types';

/** Where the browser finds the server: by itself, or through Grafana, which adds the token on the way (plugin.json's route). */
export function addressOf({ url, uid, jsonData }: Pick<DataSourceInstanceSettings<HubOptions>, 'url' | 'uid' | 'jsonData'>): string {
  if (!jsonData.throughGrafana) {
    return (jsonData.url || defaultUrl).trim();
  }
  const proxy = url?.includes('/api/datasources/proxy/') ? url : `/api/datasources/proxy/uid/${uid}`;
  return new URL(`${proxy.replace(/^\/|\/$/g, '')}/hubserver`, document.baseURI).href; // Grafana may be served under a path, which its base says.
}
