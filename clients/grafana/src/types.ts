import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

/** One line of a panel's query. */
export interface HubQuery extends DataQuery {
  /** A selector of channels: `cpu{host="a"}`, `plant/*`, `{host=~"web-.+"}`. Template variables are filled in. */
  channel: string;
  /** The fields wanted; all by default. */
  fields?: string[];
  /** At most so many of the newest rows of the past; all that are in the time range by default. */
  rows?: number;
  /** How series are called, with `{{label}}`, `{{field}}`, `{{name}}` and `{{channel}}`; what tells them apart by default. */
  legend?: string;
  /** Whether the editor shows the selector as text. */
  isText?: boolean;
}

/** What a new query is. */
export const defaultQuery: Partial<HubQuery> = { channel: '' };

/** The settings of a data source. */
export interface HubOptions extends DataSourceJsonData {
  /** The server's address, such as `http://localhost:5080`; also under a path. */
  url?: string;
  /** Default `messagepack`. */
  protocol?: 'messagepack' | 'json';
  /** The least time between two pictures of a panel, in milliseconds. Default 100. */
  intervalMs?: number;
  /** Whether the browser reaches the server through Grafana, which adds the token, and not by itself. */
  throughGrafana?: boolean;
}

/** What the browser never gets to see again. */
export interface HubSecrets {
  token?: string;
}

export const defaultUrl = 'http://localhost:5080';
export const defaultIntervalMs = 100;

/** The query type of annotations: the rows of string channels as events. */
export const annotationQuery = 'annotations';
