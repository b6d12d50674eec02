// How fresh the picture is, in a word.
import { setText } from "./dom";
import { formatCount } from "./format";
import type { LinkState } from "./hub";

export interface Status {
  setLink(state: LinkState, reason: string): void;
  setStale(isStale: boolean): void;
  setPaused(isPaused: boolean): void;
  /** Counts rows that came while the picture stood still. */
  addWaiting(rows: number): void;
}

const words = { connecting: "Connecting", live: "Live", refused: "Refused", reconnecting: "Reconnecting", stale: "Stale", paused: "Paused" };

export function connectStatus(pill: HTMLElement, counter: HTMLElement): Status {
  let link: LinkState = "connecting";
  let reason = "";
  let isStale = false;
  let isPaused = false;
  let waiting = 0;

  function show(): void {
    const state = stateOf();
    pill.dataset["state"] = state;
    setText(pill, words[state]);
    pill.title = reason;
    counter.hidden = !isPaused;
    setText(counter, `${formatCount(waiting)} ${waiting === 1 ? "row waits" : "rows wait"}`);
  }

  // What is worse is said first: a paused page that lost its server does not collect rows either.
  function stateOf(): keyof typeof words {
    if (link !== "live")
      return link;
    if (isStale)
      return "stale";
    return isPaused ? "paused" : "live";
  }

  show();
  return {
    setLink(next, why) {
      // The reason of a refusal stays until the next success; the loss that follows it has none of its own.
      reason = next === "live" ? "" : why || reason;
      if (next === link && pill.title === reason)
        return;
      link = next;
      if (next !== "live")
        isStale = false;
      show();
    },
    setStale(next) {
      isStale = next;
      show();
    },
    setPaused(next) {
      isPaused = next;
      waiting = 0;
      show();
    },
    addWaiting(rows) {
      waiting += rows;
      show();
    },
  };
}
