export { BrokenContractError } from "./assembler.js";
export { differingLabels, labelsOf, nameOf } from "./channelIds.js";
export { CircularFrame, type CircularField, type CircularFrameOptions, type NewField } from "./circularFrame.js";
export { type ClientState, HubServerClient, type HubServerClientOptions } from "./client.js";
export { type Column, fillNull, isNull, valueAt, valuesOf } from "./columns.js";
export { HubServerError, withoutPlace } from "./errors.js";
export { type AlignedData, LiveFrame, LiveFrames, type LiveFramesOptions, type LiveGap } from "./liveFrames.js";
export { Query } from "./query.js";
export type { RetryOptions } from "./retry.js";
export { type Row, toRows, type Value } from "./rows.js";
export type { FrameUpdate, QueryState, QueryUpdate } from "./updates.js";
export type {
  Batch, ChannelInfo, ChannelList, Entities, ErrorCode, Field, FieldType, Gap, ItemError, ListRequest, PublishRequest, PublishResult, QueryRequest,
  Resume, Rows, Schema, ServerInfo, Target,
} from "./wire.js";
