import type { TestDataSourceResponse } from '@grafana/data';
import { HubServerClient, type HubServerClientOptions, HubServerError } from '@hubserver/client';
import { filter, firstValueFrom, interval, map, race, timeout } from 'rxjs';

const patienceMs = 8_000;
const pollMs = 50;

/** Tries the settings of a data source, on a connection of its own, and names what is wrong. */
export async function testSettings(options: HubServerClientOptions, patience = patienceMs): Promise<TestDataSourceResponse> {
  let client: HubServerClient;
  try {
    client = new HubServerClient({ ...options, timeoutMs: patience, pauseWhenHidden: false });
  } catch (error) {
    return { status: 'error', message: messageOf(error) };
  }
  try {
    // A query tries the whole way: address, origin, token, WebSocket and the contract's version.
    const query = client.query({ targets: [{ refId: 'test', channel: '**', rows: 0 }], range: { from: 0, to: 0 } });
    const served = query.pipe(filter(({ state }) => state !== 'reconnecting'), map((update) => update.server));
    const failed = interval(pollMs).pipe(map(() => client.error), filter((error) => error !== undefined), map((error) => {
      throw error; // One attempt is enough here, where a panel would go on trying.
    }));
    const server = await firstValueFrom(race(served, failed).pipe(timeout(patience)));
    const { channels, more } = await client.listChannels();
    const clock = server ? clockWarning(server.time - Date.now()) : '';
    return {
      status: 'success',
      message: `HubServer ${server?.version ?? ''} answers on node ${server?.node ?? '?'}, with ${more ? 'more than ' : ''}${channels.length} channels.${clock}`,
    };
  } catch (error) {
    const known = client.error ?? error;
    const needsToken = known instanceof HubServerError && known.code === 'unauthorized';
    return { status: 'error', message: needsToken ? 'The server asks for a token, or refuses the one that it got (401). Set a token, and connect through Grafana, which sends it.' : messageOf(known) };
  } finally {
    await client.close();
  }
}

/** Live panels show the last minutes by the browser's clock and get them by the server's. */
function clockWarning(ahead: number): string {
  const seconds = Math.round(ahead / 1_000);
  return Math.abs(seconds) < 5 ? '' : ` Its clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this browser's: live panels will be off by as much.`;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /timeout/i.test(message) ? 'the server does not answer in time' : message;
}
