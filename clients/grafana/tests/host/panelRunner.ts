// What a Grafana panel makes of a data source's responses, by the rules that its query runner and its scenes follow.
import {
  applyFieldOverrides, compareArrayValues, compareDataFrameStructures, type DataFrame, type DataQueryError, type DataQueryRequest, type DataQueryResponse,
  type DataSourceApi, dateMath, dateTime, type FieldConfig, type GrafanaTheme2, LoadingState, type RawTimeRange, type TimeRange,
} from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import { from, type Subscription } from 'rxjs';

export interface PanelState {
  state: LoadingState;
  series: DataFrame[];
  errors: DataQueryError[];
  timeRange: TimeRange;
  structureRev: number;
}

export interface PanelQuery {
  panelId: number;
  targets: DataQuery[];
  raw: RawTimeRange;
  maxDataPoints?: number;
}

/** How long Grafana waits for a first response before it shows that it loads. */
const loadingAfterMs = 200;

export function toRange(raw: RawTimeRange): TimeRange {
  const [begin, end] = [dateMath.toDateTime(raw.from, {}), dateMath.toDateTime(raw.to, { roundUp: true })];
  return { from: begin ?? dateTime(), to: end ?? dateTime(), raw };
}

export class PanelRunner {
  private subscription: Subscription | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private packets = new Map<string, DataQueryResponse>();
  private requests = 0;
  /** What was shown last. */
  shown: PanelState | undefined;

  constructor(private readonly source: DataSourceApi, private readonly show: (state: PanelState) => void) {}

  /** Runs a query, or runs it again: the one before is unsubscribed from first, and what it showed stays until there is something new. */
  run({ panelId, targets, raw, maxDataPoints = 1_000 }: PanelQuery): void {
    this.stop();
    this.packets = new Map();
    const range = toRange(raw);
    const request: DataQueryRequest = {
      requestId: `Q${panelId}-${++this.requests}`, app: 'dashboard', panelId, dashboardUID: 'test', timezone: 'browser', startTime: Date.now(), scopedVars: {},
      interval: '1s', intervalMs: 1_000, maxDataPoints, targets, range, rangeRaw: raw,
    };
    this.timer = setTimeout(() => this.emit({ state: LoadingState.Loading, series: this.shown?.series ?? [], errors: [], timeRange: range }), loadingAfterMs);
    this.subscription = from(this.source.query(request)).subscribe({
      next: (response) => {
        clearTimeout(this.timer);
        this.take(response, range, targets);
      },
      error: (error: unknown) => this.emit({ state: LoadingState.Error, series: this.shown?.series ?? [], errors: [{ message: String(error) }], timeRange: range }),
    });
  }

  stop(): void {
    clearTimeout(this.timer);
    this.subscription?.unsubscribe();
  }

  /** Packets stand side by side by their key; any error among them is the panel's, and only a stream moves the axis on. */
  private take(response: DataQueryResponse, range: TimeRange, targets: DataQuery[]): void {
    this.packets.set(response.key ?? response.data[0]?.refId ?? 'A', response);
    const packets = [...this.packets.values()];
    const errors = packets.flatMap((packet) => packet.errors ?? (packet.error ? [packet.error] : []));
    const state = errors.length > 0 ? LoadingState.Error : (response.state ?? LoadingState.Done);
    const hidden = new Set(targets.filter(({ hide }) => hide).map(({ refId }) => refId));
    const series = packets.flatMap(({ data }) => data as DataFrame[]).filter(({ refId }) => !hidden.has(refId ?? ''));
    const slides = response.state === LoadingState.Streaming && typeof range.raw.from === 'string';
    this.emit({ state, series, errors, timeRange: slides ? toRange(range.raw) : range });
  }

  private emit(next: Omit<PanelState, 'structureRev'>): void {
    const before = this.shown;
    const isSame = before !== undefined && compareArrayValues(next.series, before.series, compareDataFrameStructures);
    this.shown = { ...next, structureRev: (before?.structureRev ?? 0) + (isSame ? 0 : 1) };
    this.show(this.shown);
    if (before) {
      emptyWhatWent(before.series, next.series);
    }
  }
}

/** Grafana's scenes empty the arrays of the picture before that are not in the one that is shown. */
function emptyWhatWent(before: readonly DataFrame[], now: readonly DataFrame[]): void {
  const kept = new Set(now.flatMap(({ fields }) => fields.map(({ values }) => values)));
  for (const { values } of before.flatMap(({ fields }) => fields)) {
    if (!kept.has(values)) {
      values.length = 0;
    }
  }
}

/** A panel's fields with its defaults, as its registry of field options would make them, and their displays. */
export function withOverrides(series: DataFrame[], defaults: FieldConfig, theme: GrafanaTheme2): DataFrame[] {
  const data = series.map((frame) => ({ ...frame, fields: frame.fields.map((field) => ({ ...field, config: field.type === 'time' ? field.config : { ...defaults, ...field.config } })) }));
  return applyFieldOverrides({ data, fieldConfig: { defaults: {}, overrides: [] }, replaceVariables: (text) => text, theme, timeZone: 'browser' });
}
