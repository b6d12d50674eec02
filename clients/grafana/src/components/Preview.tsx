import { Stack, Text } from '@grafana/ui';
import type { ReactElement } from 'react';
import type { Matches } from './useMatches';

const shown = 5;

/** Says what a selector matches now, before anything is drawn. */
export function Preview({ matches: { channels, hasMore, error } }: { matches: Matches }): ReactElement | null {
  if (error !== undefined) {
    return <Text color="error" variant="bodySmall">{error}</Text>;
  }
  if (!channels) {
    return null;
  }
  if (channels.length === 0) {
    return <Text color="warning" variant="bodySmall">No channel matches now; those that come up later will join.</Text>;
  }
  const more = channels.length - shown;
  return (
    <Stack gap={1} wrap="wrap" aria-label="Matching channels">
      <Text color="secondary" variant="bodySmall">{`Matches ${hasMore ? 'more than ' : ''}${channels.length} ${channels.length === 1 ? 'channel' : 'channels'}:`}</Text>
      {channels.slice(0, shown).map((id) => <Text key={id} variant="code">{id}</Text>)}
      {more > 0 && <Text color="secondary" variant="bodySmall">{`and ${hasMore ? 'more' : more}`}</Text>}
    </Stack>
  );
}
