import { type AdHocVariableFilter, type DataQueryRequest, type DataQueryResponse, DataSourceApi, type DataSourceInstanceSettings, type LegacyMetricFindQueryOptions, LoadingState, type MetricFindValue, type ScopedVars, type TestDataSourceResponse } from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';
import type { ChannelInfo, ChannelList, HubServerClientOptions, ListRequest, Target } from '@hubserver/client';
import { defaults } from 'lodash';
import { filter, map, merge, type Observable, of, share, tap } from 'rxjs';
import { addressOf } from './address';
import { annotations } from './annotations';
import { Connection } from './connection';
import { testSettings } from './health';
import { Picture } from './picture';
import { RecentPictures } from './recentPictures';
import { type Span, spanOf } from './request';
import { addFilters, formatVariable } from './selectors';
import { type Tick, ticksOf } from './ticks';
import { annotationQuery, defaultIntervalMs, defaultQuery, type HubOptions, type HubQuery } from './types';
import { parseVariableQuery, valuesOf } from './variables';

/** How often an axis of time that nothing comes for moves on at most, in milliseconds. */
const slideMs = 1_000;

/** The data source: every request is one live query of the hub, split by target. */
export class HubDataSource extends DataSourceApi<HubQuery, HubOptions> {
  override annotations = annotations;
  private readonly options: HubServerClientOptions;
  private readonly connection: Connection;
  private readonly intervalMs: number;
  private readonly recent = new RecentPictures();

  constructor(settings: DataSourceInstanceSettings<HubOptions>) {
    super(settings);
    const { protocol, intervalMs } = settings.jsonData;
    this.options = { url: addressOf(settings), ...(protocol && { protocol }) };
    this.connection = new Connection(this.options);
    this.intervalMs = intervalMs ?? defaultIntervalMs;
  }

  /** Streams the past of all targets first, then what changes, one key a target, until it is unsubscribed from. */
  query(request: DataQueryRequest<HubQuery>): Observable<DataQueryResponse> {
    let targets: HubQuery[];
    try {
      targets = request.targets.filter((target) => !target.hide && this.filterQuery(target)).map((target) => this.fillIn(target, request));
    } catch (error) {
      return of({ data: [], state: LoadingState.Error, errors: [{ message: error instanceof Error ? error.message : String(error) }] });
    }
    if (targets.length === 0) {
      return of({ data: [], state: LoadingState.Done });
    }

    const isOfEvents = targets.some(({ queryType }) => queryType === annotationQuery);
    const span = isOfEvents ? withoutPoints(spanOf(request)) : spanOf(request);
    const picture = new Picture(span, isOfEvents);
    const place = JSON.stringify([request.dashboardUID, request.panelId, targets]);
    const hubRequest = { ...span, intervalMs: this.intervalMs, targets: targets.map(toHubTarget) };
    const ticks = this.connection.follow((client) => ticksOf(client, hubRequest, slideMs, (update) => picture.apply(update))).pipe(tap(({ isComplete }) => isComplete && this.recent.keep(place, picture)), share());
    return merge(...targets.map((target) => ticks.pipe(
      filter(({ refIds }) => refIds.has(target.refId)),
      map((tick) => respond(target, tick, tick.isComplete ? picture : this.recent.find(place))))));
  }

  override filterQuery({ channel }: HubQuery): boolean {
    return typeof channel === 'string' && channel.trim() !== '';
  }

  override getDefaultQuery(): Partial<HubQuery> {
    return defaultQuery;
  }

  override getQueryDisplayText({ channel, fields }: HubQuery): string {
    return fields?.length ? `${channel} ${fields.join(', ')}` : channel;
  }

  override interpolateVariablesInQueries(queries: HubQuery[], scopedVars: ScopedVars, filters: AdHocVariableFilter[] = []): HubQuery[] {
    return queries.map((query) => this.fillIn(query, { scopedVars, filters }));
  }

  testDatasource(): Promise<TestDataSourceResponse> {
    return testSettings(this.options);
  }

  /** The values of a template variable; see `parseVariableQuery`. */
  override async metricFindQuery(query: string | { query?: string } | undefined, options?: LegacyMetricFindQueryOptions): Promise<MetricFindValue[]> {
    const text = typeof query === 'string' ? query : (query?.query ?? '');
    const parsed = parseVariableQuery(getTemplateSrv().replace(text, options?.scopedVars, formatVariable));
    return valuesOf(parsed, await this.channels(parsed.selector));
  }

  /** The label names for ad hoc filters. */
  override async getTagKeys(): Promise<MetricFindValue[]> {
    return valuesOf({ kind: 'label_names' }, await this.channels());
  }

  /** The values of a label for ad hoc filters. */
  override async getTagValues({ key }: { key: string }): Promise<MetricFindValue[]> {
    return valuesOf({ kind: 'label_values', label: key }, await this.channels());
  }

  /** All channels that a selector matches, for the editors. */
  channels(selector?: string): Promise<ChannelInfo[]> {
    return this.connection.call((client) => client.channels(selector));
  }

  /** The first channels that a selector matches, for the editors. */
  listChannels(request: ListRequest): Promise<ChannelList> {
    return this.connection.call((client) => client.listChannels(request));
  }

  private fillIn(target: HubQuery, { scopedVars, filters }: Pick<DataQueryRequest<HubQuery>, 'scopedVars' | 'filters'>): HubQuery {
    const templates = getTemplateSrv();
    const { channel, fields, legend, refId = 'A', ...rest } = defaults({}, target, defaultQuery) as HubQuery;
    const fillInField = (field: string): string[] => {
      const filled = templates.replace(field, scopedVars, 'csv');
      return filled === field ? [field] : filled.split(',');
    };
    return {
      ...rest,
      refId,
      channel: addFilters(templates.replace(channel, scopedVars, formatVariable), filters ?? []),
      ...(Array.isArray(fields) && fields.length > 0 && { fields: fields.flatMap(fillInField) }),
      ...(legend && { legend: templates.replace(legend, scopedVars) }),
    };
  }
}

function toHubTarget({ refId, channel, fields, rows }: HubQuery): Target {
  return { refId, channel, ...(fields && { fields }), ...(rows && { rows }) };
}

function withoutPoints({ maxDataPoints: _, ...rest }: Span): Span {
  return rest;
}

/** What a target's part of the panel gets: its own frames, or those of the query before while there is no past yet. */
function respond(target: HubQuery, { state, errors, warnings }: Tick, picture: Picture | undefined): DataQueryResponse {
  const isMine = ({ refId }: { refId?: string }): boolean => refId === undefined || refId === target.refId;
  const mine = errors.filter(isMine);
  return {
    key: target.refId,
    data: picture?.framesOf(target, warnings.filter(isMine).map(({ message }) => message)) ?? [],
    state: mine.length > 0 ? LoadingState.Error : state,
    ...(mine.length > 0 && { errors: mine.map(({ message }) => ({ refId: target.refId, message })) }),
  };
}
