import { DataSourcePlugin } from '@grafana/data';
import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { HubDataSource } from './datasource';
import type { HubOptions, HubQuery, HubSecrets } from './types';

export const plugin = new DataSourcePlugin<HubDataSource, HubQuery, HubOptions, HubSecrets>(HubDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
