import type { DataFrame, QueryResultMetaNotice } from '@grafana/data';
import { LiveFrames, type QueryUpdate } from '@hubserver/client';
import { toEventFrame } from './annotations';
import { toDataFrame } from './dataFrames';
import { SeriesNames } from './names';
import { oldestOf, type Span } from './request';
import { annotationQuery, type HubQuery } from './types';

const reasons = {
  lapped: 'they were pushed out of the channel before they could be sent',
  rollback: 'the server lost them after they were shown',
  reset: 'the channel began anew',
};

/** The rows that the panels of one request show, and the only place where they are kept. */
export class Picture {
  private readonly live: LiveFrames;
  private readonly names = new Map<string | undefined, SeriesNames>(); // By legend, for as long as the series are the same.

  constructor(private readonly span: Span, isOfEvents = false) {
    // Four rows for each point that a panel has room for keep every peak; the server thins what it sends alike.
    const capacity = isOfEvents ? 20_000 : Math.min(20_000, Math.max(2_000, 4 * (span.maxDataPoints ?? 0)));
    this.live = new LiveFrames({ capacity, surplus: 'detail', ...(span.lastMs !== undefined && { lastMs: span.lastMs }) });
  }

  /** Takes what came. @returns Whether there are other channels or fields, so that series may be called otherwise. */
  apply(update: QueryUpdate): boolean {
    const before = this.live.frames;
    const hasOtherFields = update.frames.some(({ refId, channel, schema }) => this.live.find(refId, channel)?.schema !== schema);
    this.live.apply(update);
    const isOther = hasOtherFields || this.live.frames !== before;
    if (isOther) {
      this.names.clear();
    }
    return isOther;
  }

  /** What a target shows now, in arrays that nobody else has. */
  framesOf(target: HubQuery, warnings: readonly string[]): DataFrame[] {
    const held = this.live.frames.filter(({ refId }) => refId === target.refId);
    const oldest = oldestOf(this.span, Date.now());
    if (target.queryType === annotationQuery) {
      return [toEventFrame(held, target.refId, oldest)];
    }
    const names = this.namesOf(target.legend);
    const frames = held.map((one) => toDataFrame(one, oldest, names));
    const notices: QueryResultMetaNotice[] = warnings.map((text) => ({ severity: 'warning', text }));
    for (const reason of new Set(held.flatMap(({ gaps }) => gaps.map((gap) => gap.reason)))) {
      notices.push({ severity: 'info', text: `Where the line breaks rows are missing: ${reasons[reason]}.` });
    }
    for (const reason of new Set(held.flatMap(({ gapBefore }) => gapBefore ?? []))) {
      notices.push({ severity: 'info', text: `Rows before the first are missing: ${reasons[reason]}.` });
    }
    if (frames[0] && notices.length > 0) {
      frames[0].meta = { notices };
    }
    return frames;
  }

  private namesOf(legend: string | undefined): SeriesNames {
    let names = this.names.get(legend);
    if (!names) {
      this.names.set(legend, (names = new SeriesNames(this.live.frames, legend)));
    }
    return names;
  }
}
