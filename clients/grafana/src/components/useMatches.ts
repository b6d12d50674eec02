import { HubServerError } from '@hubserver/client';
import { useEffect, useState } from 'react';
import type { HubDataSource } from '../datasource';
import type { HubQuery } from '../types';
import { valuesOf } from '../variables';

/** What a query's selector matches now. */
export interface Matches {
  /** The first of the channels; undefined while they are asked for, or where nothing is asked for. */
  channels?: string[];
  hasMore: boolean;
  fields: string[];
  /** Why there are none. */
  error?: string;
}

const limit = 200;
const retryMs = 5_000;
const none: Matches = { hasMore: false, fields: [] };

/** Asks for the channels that a query matches, whenever its selector changes and until there are some. */
export function useMatches(datasource: HubDataSource, query: HubQuery): Matches {
  const [found, setFound] = useState<{ channel: string; matches: Matches }>();
  const { channel } = query;
  const isAsked = datasource.filterQuery(query);
  useEffect(() => {
    if (!isAsked) {
      return;
    }
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (matches: Matches, isFinal: boolean): void => {
      if (isCurrent) {
        setFound({ channel, matches });
        timer = isFinal ? undefined : setTimeout(ask, retryMs);
      }
    };
    const [filled] = datasource.interpolateVariablesInQueries([{ refId: 'A', channel }], {});
    const ask = (): void => void datasource.listChannels({ selector: filled!.channel, limit }).then(
      ({ channels, more }) => show({ channels: channels.map(({ id }) => id), hasMore: more, fields: valuesOf({ kind: 'fields' }, channels).map(({ text }) => text) }, channels.length > 0),
      (error: unknown) => show({ ...none, error: error instanceof Error ? error.message : String(error) }, error instanceof HubServerError && error.isFinal));
    ask();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [datasource, channel, isAsked]);
  return isAsked && found?.channel === channel ? found.matches : none;
}
