import { HubServerClient, type HubServerClientOptions } from '@hubserver/client';
import { defer, finalize, from, lastValueFrom, type Observable } from 'rxjs';

/** How long a connection that nobody uses stays: between two dashboards, or the two queries of a refresh. */
const lingerMs = 30_000;

/** The one connection of a data source: there while somebody uses it, and a little longer. */
export class Connection {
  private client: HubServerClient | undefined;
  private users = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: HubServerClientOptions) {}

  /** Runs what follows something, with the connection, until it is unsubscribed from or ends. */
  follow<T>(work: (client: HubServerClient) => Observable<T>): Observable<T> {
    return defer(() => {
      clearTimeout(this.timer);
      this.users++;
      this.client ??= new HubServerClient(this.options);
      return work(this.client).pipe(finalize(() => this.release()));
    });
  }

  /** Runs one call. */
  call<T>(work: (client: HubServerClient) => Promise<T>): Promise<T> {
    return lastValueFrom(this.follow((client) => from(work(client))));
  }

  private release(): void {
    if (--this.users > 0) {
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      void this.client?.close();
      this.client = undefined;
    }, lingerMs);
  }
}
