// The one query of a connection. The server refuses a call as a whole where one target is wrong, so that target is left
// out of the next call: a broken selector in a bookmarked address takes no other panel with it.
import type { HubConnection, ISubscription } from "@microsoft/signalr";
import { readRefusal } from "./refusal";
import type { Item, ItemError, Position, Target } from "./wire";

/** The past that is asked for at first: the longest window, and no more rows than a wide screen shows. */
const past = { lastMs: 3_600_000, maxDataPoints: 4000 };
const intervalMs = 50;

export interface QueryEvents {
  /** What to ask for now. */
  request(): { targets: Target[]; resume: Position[] };
  item(item: Item): void;
  /** All that is not served as it was asked for, whenever that changed; an error without a refId is the whole query's. */
  errors(errors: readonly ItemError[]): void;
  /** There is nothing to ask for. */
  idle(): void;
  /** Asking the same again is no use, so that is left until the targets change. */
  refused(text: string): void;
  lost(error: unknown): void;
}

export interface Query {
  /** Asks for all that is wanted now, in place of what was asked for before. */
  ask(): void;
}

export function openQuery(link: Pick<HubConnection, "stream">, events: QueryEvents): Query {
  let subscription: ISubscription<Item> | undefined;
  let refused: ItemError[] = [];

  function call(): void {
    subscription?.dispose();
    subscription = undefined;
    const { targets, resume } = events.request();
    const asked = targets.filter(({ refId }) => !refused.some((one) => one.refId === refId));
    if (asked.length === 0) {
      events.errors(refused);
      events.idle();
      return;
    }

    let isAnswered = false;
    const mine = link.stream<Item>("Query", { version: 1, intervalMs, ...past, targets: asked, resume }).subscribe({
      next(item) {
        if (item.errors || !isAnswered)
          events.errors([...refused, ...(item.errors ?? [])]);
        isAnswered = true;
        events.item(item);
      },
      error: (error: unknown) => mine === subscription && end(error, asked),
      complete: () => mine === subscription && events.lost(new Error("the server ended the query")),
    });
    subscription = mine;
  }

  function end(error: unknown, asked: readonly Target[]): void {
    const refusal = readRefusal(error);
    if (!refusal) {
      events.lost(error);
      return;
    }

    const { code, text: message } = refusal;
    const target = asked[refusal.target ?? -1];
    refused = [...refused, target ? { refId: target.refId, code, message } : { code, message }];
    if (target) {
      call();
      return;
    }
    subscription = undefined;
    events.errors(refused);
    events.refused(message);
  }

  return {
    ask() {
      refused = [];
      call();
    },
  };
}
