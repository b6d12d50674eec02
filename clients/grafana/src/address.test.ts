import { afterEach, expect, test, vi } from 'vitest';
import { addressOf } from './address';

afterEach(() => void vi.unstubAllGlobals());

test('the address is that of the server, or of Grafana where connections go through it, under whatever path Grafana is served', () => {
  vi.stubGlobal('document', { baseURI: 'https://example.com/grafana/' });
  const proxy = '/api/datasources/proxy/uid/x';
  expect(addressOf({ uid: 'x', url: proxy, jsonData: { url: ' http://hub:5080 ' } })).toBe('http://hub:5080');
  expect(addressOf({ uid: 'x', url: proxy, jsonData: {} })).toBe('http://localhost:5080');
  expect(addressOf({ uid: 'x', url: proxy, jsonData: { throughGrafana: true } })).toBe('https://example.com/grafana/api/datasources/proxy/uid/x/hubserver');
  expect(addressOf({ uid: 'x', url: '', jsonData: { throughGrafana: true } })).toBe('https://example.com/grafana/api/datasources/proxy/uid/x/hubserver');
});
