// What the page shows, and how that stands in the URL's hash: `#w=5m&s=cpu&f=busy&c=plant/1/temp`. `s` is a panel of
// all channels that match a selector, `c` one of exactly that channel; `f` names fields shown of the panel before it.

export interface Choice {
  refId: string;
  kind: "id" | "channel";
  /** The channel's id or the selector. */
  text: string;
  /** The fields shown at first; empty for all that have the unit of the first. */
  fields: string[];
}

export interface Chosen {
  window: WindowName;
  choices: Choice[];
}

export const windows = { "1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000 } as const;
export type WindowName = keyof typeof windows;

/** As many as a query takes targets. */
const maxChoices = 100;
/** The longest that a server takes; an id or a selector may be longer. */
const maxRefIdLength = 128;
const kinds = { s: "channel", c: "id" } as const;

/** This machine's numbers, which the server has from its first second on. */
const firstHash = [
  "w=1m",
  `s=${encodeURIComponent('cpu{core="all"}')}&f=busy&f=user&f=system&f=iowait`,
  "s=memory&f=used&f=cached",
  "s=network&f=received&f=sent",
  "s=load&f=load1&f=load5&f=load15",
  "s=disk&f=read&f=written",
  "s=process",
].join("&");

export function readHash(hash: string): Chosen {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const hasChoices = parameters.has("s") || parameters.has("c") || parameters.has("w");
  if (!hasChoices)
    return readHash(firstHash);

  const window = parameters.get("w") ?? "";
  const choices: Choice[] = [];
  for (const [key, text] of parameters) {
    if ((key === "s" || key === "c") && text !== "" && choices.length < maxChoices)
      choices.push(createChoice(kinds[key], text));
    if (key === "f")
      choices.at(-1)?.fields.push(text);
  }
  return { window: Object.hasOwn(windows, window) ? (window as WindowName) : "5m", choices: unique(choices) };
}

export function writeHash({ window, choices }: Chosen): string {
  const parameters = new URLSearchParams({ w: window });
  for (const { kind, text, fields } of choices) {
    parameters.append(kind === "id" ? "c" : "s", text);
    fields.forEach((field) => parameters.append("f", field));
  }
  return `#${parameters}`;
}

/**
 * The refId follows from what is chosen: it is the same after each change of the address, and pages that show the same
 * share a feed.
 */
export function createChoice(kind: Choice["kind"], text: string): Choice {
  return { refId: `${kind} ${text.length < maxRefIdLength - kind.length ? text : hashOf(text)}`, kind, text, fields: [] };
}

/** 64 bits of FNV-1a. Ids may differ in any of their characters, and a text that is cut may end in half a pair. */
function hashOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++)
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  return `#${hash.toString(16)}`;
}

function unique(choices: Choice[]): Choice[] {
  return choices.filter((one, i) => choices.findIndex(({ refId }) => refId === one.refId) === i);
}
