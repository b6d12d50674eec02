// The parts of the wire contract (PROTOCOL.md) that the page uses.

export interface Field {
  name: string;
  type: "time" | "number" | "string" | "boolean";
  labels?: Record<string, string>;
  config?: { unit?: string };
}

export interface Schema {
  name: string;
  fields: Field[];
  meta?: { custom?: { capacity?: number } };
}

export interface Gap {
  epoch: string;
  from: number;
  to?: number | null;
  reason: "lapped" | "rollback" | "reset";
}

/** A column as MessagePack carries it: a `bin` of little-endian float64, or an array. */
export type WireColumn = Uint8Array | unknown[];

export interface Frame {
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
  data: { values: WireColumn[] };
}

export interface ItemError {
  refId?: string;
  channel?: string;
  code: string;
  message: string;
}

export interface Item {
  state: "Loading" | "Streaming" | "Done";
  server?: { version: string; node: string; time: number };
  errors?: ItemError[];
  stale?: boolean;
  frames: Frame[];
}

export interface Target {
  refId: string;
  channel?: string;
  id?: string;
}

export interface Position {
  refId: string;
  channel: string;
  epoch: string;
  offset: number;
}

export interface ListedChannel {
  id: string;
  name: string;
  labels: Record<string, string>;
  schema: Schema;
  rows: number;
  rowsPerSecond: number;
  lastTime: number | null;
}

export interface ChannelList {
  channels: ListedChannel[];
  more: boolean;
}
