// The page's client: one query over all of its panels, for as long as it is open.
import { HubServerClient, HubServerError, type ChannelList, type ItemError, type QueryUpdate, type Resume, type Target, withoutPlace } from "@hubserver/client";

/** The past that is asked for at first: the longest window, and no more rows than a wide screen shows. */
const past = { lastMs: 3_600_000, maxDataPoints: 4_000 };
const intervalMs = 50;

/** `refused`: the server is there, and waits for something else to be asked for. */
export type LinkState = "connecting" | "live" | "refused" | "reconnecting";

export interface HubEvents {
  /** What to ask for now. */
  request(): { targets: (Target & { refId: string })[]; resume: Resume[] };
  update(update: QueryUpdate): void;
  /** All that is not served as it was asked for, whenever that may have changed; an error without a refId is the whole query's. */
  errors(errors: readonly ItemError[]): void;
  state(state: LinkState, reason: string): void;
}

export interface Hub {
  /** Asks again, since the targets have changed. */
  requery(): void;
  /** The live channels; undefined while there is no connection. */
  listChannels(selector: string | undefined): Promise<ChannelList | undefined>;
}

export function openHub(url: string, events: HubEvents): Hub {
  const client = new HubServerClient({ url, retry: { capMs: 10_000 } });
  let subscription: { unsubscribe(): void } | undefined;
  let refused: string | undefined;
  let told: readonly ItemError[] | undefined; // The list of the present query that was told last.

  const settle = (): void => {
    const isLive = client.state === "live" || client.state === "stale";
    if (refused !== undefined && (isLive || client.state === "closed"))
      events.state("refused", refused);
    else
      events.state(isLive ? "live" : client.state === "connecting" ? "connecting" : "reconnecting", client.error?.message ?? "");
  };
  client.state$.subscribe(settle);

  function take(update: QueryUpdate): void {
    // Twenty updates come a second; what they say besides rows is news only where it is another list.
    if (update.errors !== told) {
      told = update.errors;
      events.errors(told.map((error) => ({ ...error, message: withoutPlace(error.message) })));
      settle();
    }
    events.update(update);
  }

  function fail(error: unknown, targets: readonly { refId: string }[]): void {
    if (!(error instanceof HubServerError))
      throw error;
    const code = error.code as ItemError["code"];
    const wrong = targets[error.target ?? -1];
    events.errors([wrong ? { refId: wrong.refId, code, message: withoutPlace(error.message) } : { code, message: error.message }]);
    if (!wrong)
      refused = error.message;
    settle();
  }

  return {
    requery() {
      subscription?.unsubscribe();
      subscription = refused = told = undefined;
      const { targets, resume } = events.request();
      if (targets.length === 0) {
        events.errors([]);
        settle();
        return;
      }
      subscription = client.query({ ...past, intervalMs, targets, resume }).subscribe({
        next: take,
        error: (error) => fail(error, targets),
      });
    },
    async listChannels(selector) {
      try {
        return client.state === "live" || client.state === "stale" ? await client.listChannels(selector === undefined ? {} : { selector }) : undefined;
      } catch {
        return undefined; // The connection was lost; the next round asks again.
      }
    },
  };
}
