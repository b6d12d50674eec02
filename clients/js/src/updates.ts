import type { Column } from "./columns.js";
import type { Gap, ItemError, Schema, ServerInfo } from "./wire.js";

/** Rows of one channel in one target, and what to do with them. */
export interface FrameUpdate {
  refId: string;
  /** The channel's canonical id, by which to key. */
  channel: string;
  /**
   * What changed. `appended`: these rows follow those held. `replaced`: they are all there is; what was held goes, and a
   * `gap` is the hole before them. `gap`: there is a hole, of `gap.reason` `lapped` or `reset` behind the rows held, and
   * with `rollback` the rows from `gap.from` on must be forgotten first; these rows follow it. `removed`: the channel is gone.
   */
  change: "appended" | "replaced" | "gap" | "removed";
  gap?: Gap;
  /** The columns' fields; the same object for as long as they do not change. */
  schema: Schema;
  /** One column a field, all of one length. */
  columns: Column[];
  epoch: string;
  /** The offset of the first row accounted for. */
  offset: number;
  /** The rows accounted for: more than the columns have where `sampled` names how they were thinned. */
  count: number;
  sampled?: string;
}

/** `stale`: what follows may be behind the backplane. `reconnecting`: the connection was lost, and is being made anew. */
export type QueryState = "live" | "stale" | "reconnecting" | "paused" | "done";

/** What a query emits: first the whole past in one update, then what changed. */
export interface QueryUpdate {
  frames: FrameUpdate[];
  state: QueryState;
  /** All that is not served as it was asked for now; the same list for as long as it does not change. */
  errors: readonly ItemError[];
  /** The server, with the first update after each beginning: another one after a loss, perhaps. */
  server?: ServerInfo;
}
