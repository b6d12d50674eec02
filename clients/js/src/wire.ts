// The wire contract, version 1, as far as a client meets it (src/HubServer.Protocol/PROTOCOL.md).

/** Columns as they travel: MessagePack's `bin` of little-endian float64, or an array. */
export type WireColumn = Uint8Array | readonly unknown[];

export type FieldType = "time" | "number" | "string" | "boolean";

export interface Field {
  name: string;
  type: FieldType;
  labels?: Record<string, string>;
  config?: { unit?: string };
}

/** What a frame's columns are; a Grafana DataFrameJSON schema as it stands. */
export interface Schema {
  refId?: string;
  /** The channel's id. */
  name: string;
  fields: Field[];
  meta?: { custom?: { capacity?: number; capacityMs?: number } };
}

/** Rows that the client was owed and cannot get, or got and must forget; both ends inclusive. */
export interface Gap {
  /** The epoch in which `from` and `to` count: the one that was held. */
  epoch: string;
  from: number;
  /** Null where it is not known how many rows are missing. */
  to?: number | null;
  reason: "lapped" | "rollback" | "reset";
}

export interface Entities {
  NaN?: number[];
  Inf?: number[];
  NegInf?: number[];
}

export interface WireData {
  values: WireColumn[];
  entities?: (Entities | null)[];
}

export interface WireFrame {
  refId: string;
  channel: string;
  kind: "snapshot" | "delta" | "removed";
  epoch: string;
  offset: number;
  count: number;
  gap?: Gap;
  sampled?: string;
  more?: boolean;
  schema?: Schema;
  data: WireData;
}

/** What concerns one target or channel of a running query. */
export interface ItemError {
  refId?: string;
  channel?: string;
  code: ErrorCode;
  message: string;
  retryMs?: number;
}

export interface Item {
  state: "Loading" | "Streaming" | "Done";
  server?: ServerInfo;
  errors?: ItemError[];
  stale?: boolean;
  frames: WireFrame[];
}

/** One line of a query: a selector of channels, or one channel's exact id. */
export interface Target {
  /** Names the line in frames. Default "A". */
  refId?: string;
  /** A selector: `cpu{host="a"}`, `plant/*`, `{host=~"web-.+"}`. */
  channel?: string;
  /** One channel's exact id, in place of `channel`. */
  id?: string;
  /** The fields wanted; all by default. The time always comes. */
  fields?: string[];
  /** The newest rows wanted of the past. */
  rows?: number;
  /** How each tick of the live stream is thinned. Default "all". */
  sample?: "all" | "last" | "minmax";
}

export interface Resume {
  refId: string;
  channel: string;
  epoch: string;
  /** Of the last row held; -1 for none. */
  offset: number;
}

/** The server that a query runs on, and its clock when it began. */
export interface ServerInfo {
  version: string;
  node: string;
  time: number;
}

/** What a query asks for. Durations are milliseconds, moments milliseconds since 1970. */
export interface QueryRequest {
  targets: Target[];
  /** The last so many milliseconds of the past, by the server's clock. */
  lastMs?: number;
  /** The past between two moments; with `to` it is history, and the query ends. */
  range?: { from?: number; to?: number };
  /** Thins a longer past to at most so many real rows; at most 10,000. */
  maxDataPoints?: number;
  /** The least time between live updates; 0 for each change at once. Default 50. */
  intervalMs?: number;
  /** What is held already of an earlier query: those channels go on from there. */
  resume?: Resume[];
}

/** Rows by column, as `Publish` takes them. */
export interface Rows {
  fields: { name: string; type?: FieldType; labels?: Record<string, string>; unit?: string }[];
  values: readonly (WireColumn | Float64Array)[];
  entities?: (Entities | null)[];
}

export interface Batch {
  channel: string;
  rows: Rows;
}

export interface PublishRequest {
  batches: Batch[];
  level?: "logged" | "replicated";
  publisherId?: string;
  sequence?: number;
}

export interface PublishResult {
  channel: string;
  epoch: string;
  /** Of the batch's first row; -1 where none was taken. */
  offset: number;
  /** The rows taken. */
  count: number;
  error?: ItemError;
}

export interface ChannelInfo {
  id: string;
  name: string;
  labels: Record<string, string>;
  schema: Schema;
  epoch: string;
  /** Of the newest row; -1 if there is none. */
  offset: number;
  rows: number;
  rowsPerSecond: number;
  lastTime: number | null;
}

export interface ListRequest {
  selector?: string;
  /** The most channels of the page. Default 1,000. */
  limit?: number;
  /** The last id of the page before. */
  after?: string;
}

export interface ChannelList {
  channels: ChannelInfo[];
  more: boolean;
}

/** The closed list of PROTOCOL.md section 7. */
export type ErrorCode =
  | "bad_request"
  | "not_found"
  | "unauthorized"
  | "forbidden"
  | "limit_exceeded"
  | "overloaded"
  | "backplane_unavailable"
  | "shutting_down"
  | "internal";
