// What the server says where it refuses a call as a whole (PROTOCOL.md 7).

export interface Refusal {
  code: string;
  text: string;
  /** The place in `targets` of the one at fault, if it is a single one's. */
  target?: number;
}

/** The same call is refused again; with any other code it may succeed later. */
const final = new Set(["bad_request", "not_found", "unauthorized", "forbidden", "limit_exceeded"]);

/** Why asking the same again is no use; undefined where it may help, as after any loss. */
export function readRefusal(error: unknown): Refusal | undefined {
  const [, code = "", text = ""] = /HubException: (\w+): (.*)$/s.exec(messageOf(error)) ?? [];
  if (!final.has(code))
    return undefined;
  // The panel is the place, so the path to it says nothing there: `targets[1].channel: at 4: ...`.
  const [, target, rest = ""] = /^targets\[(\d+)\](?:\.(?:channel|id))?(?:: |\.)(.*)$/s.exec(text) ?? [];
  return target === undefined ? { code, text } : { code, text: rest, target: Number(target) };
}

/** What a HubException says, without SignalR's words before it. */
export function textOf(error: unknown): string {
  const message = messageOf(error);
  return message.split("HubException: ").at(-1) ?? message;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
