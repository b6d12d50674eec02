// The list of live channels: refreshed, searched, and where panels are chosen.
import { element, setText } from "./dom";
import { formatCount } from "./format";
import type { ChannelInfo, ChannelList } from "@hubserver/client";

export interface ChannelListEvents {
  load(selector: string | undefined): Promise<ChannelList | undefined>;
  /** Whether a channel has a panel of its own, or is drawn in one of several channels. */
  chosenAs(id: string): "own" | "shared" | undefined;
  toggle(id: string): void;
}

const pressed = { own: "true", shared: "mixed", not: "false" };
const refreshMs = 2000;
const maxShown = 300;

/** Connects the list; the function that it gives shows anew what is chosen. */
export function connectList(search: HTMLInputElement, list: HTMLElement, count: HTMLElement, events: ChannelListEvents): () => void {
  const entries = new Map<string, HTMLLIElement>();
  let channels: ChannelInfo[] = [];
  let hasMore = false;

  const matches = (id: string): boolean => id.toLowerCase().includes(search.value.trim().toLowerCase());

  async function refresh(): Promise<void> {
    // All of them are searched here, as long as they are all here.
    const text = search.value.trim();
    const loaded = await events.load(hasMore && text !== "" ? selectorOf(text) : undefined);
    if (!loaded)
      return;
    hasMore = loaded.more || (hasMore && text !== "");
    channels = loaded.channels;
    show();
  }

  function show(): void {
    const found = channels.filter(({ id }) => matches(id));
    const shown = found.slice(0, maxShown);
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, entry] of entries) {
      if (ids.has(id))
        continue;
      entry.remove();
      entries.delete(id);
    }
    shown.forEach((channel, i) => {
      const entry = entries.get(channel.id) ?? createEntry(channel.id);
      if (list.children[i] !== entry)
        list.insertBefore(entry, list.children[i] ?? null);
      entry.firstElementChild?.setAttribute("aria-pressed", pressed[events.chosenAs(channel.id) ?? "not"]);
      setText(entry.querySelector(".rate") as Element, rateOf(channel));
    });
    const total = `${formatCount(found.length)}${hasMore ? "+" : ""}`;
    setText(count, shown.length < found.length || hasMore ? `${formatCount(shown.length)} of ${total} channels` : `${total} ${found.length === 1 ? "channel" : "channels"}`);
  }

  function createEntry(id: string): HTMLLIElement {
    const braces = id.indexOf("{");
    const [name, labels] = braces < 0 ? [id, ""] : [id.slice(0, braces), id.slice(braces + 1, -1)];
    const button = element("button", { type: "button", "aria-pressed": "false", title: id },
      element("span", { class: "check", "aria-hidden": "true" }),
      element("span", { class: "id" }, element("span", { class: "name" }, name), element("span", { class: "labels" }, labels)),
      element("span", { class: "rate" }));
    button.addEventListener("click", () => {
      events.toggle(id);
      show();
    });
    const entry = element("li", { "data-id": id }, button);
    entries.set(id, entry);
    return entry;
  }

  function refreshIfSeen(): void {
    if (!document.hidden)
      void refresh();
  }

  search.addEventListener("input", () => {
    show();
    if (hasMore)
      void refresh();
  });
  setInterval(refreshIfSeen, refreshMs);
  document.addEventListener("visibilitychange", refreshIfSeen);
  return () => {
    show();
    if (channels.length === 0)
      void refresh();
  };
}

/** Channels whose name holds the text, for a server that has more channels than one page of the list. */
function selectorOf(text: string): string {
  const pattern = text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const quoted = `(?i).*${pattern}.*`.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `{__name__=~"${quoted}"}`;
}

function rateOf({ rowsPerSecond }: ChannelInfo): string {
  const rounded = rowsPerSecond >= 10 ? Math.round(rowsPerSecond) : Math.round(rowsPerSecond * 10) / 10;
  return rounded > 0 ? `${formatCount(rounded)}/s` : "quiet";
}
