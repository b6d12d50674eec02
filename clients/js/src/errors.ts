import type { ErrorCode } from "./wire.js";

const codes: ReadonlySet<string> = new Set<ErrorCode>([
  "bad_request", "not_found", "unauthorized", "forbidden", "limit_exceeded", "overloaded", "backplane_unavailable", "shutting_down", "internal",
]);
const final: ReadonlySet<string> = new Set<ErrorCode>(["bad_request", "not_found", "unauthorized", "forbidden", "limit_exceeded"]);

/** What went wrong, by the codes of PROTOCOL.md section 7, and `connection` where no server answered. */
export class HubServerError extends Error {
  override readonly name = "HubServerError";

  constructor(
    readonly code: ErrorCode | "connection",
    message: string,
    options?: ErrorOptions & { isFinal?: boolean },
  ) {
    super(message, options);
    this.isFinal = options?.isFinal ?? final.has(code);
  }

  /** Whether the same is refused again, so that repeating it is no use. */
  readonly isFinal: boolean;

  /** The place in `targets` of the one at fault, where the text names one. */
  get target(): number | undefined {
    const [, place] = /^targets\[(\d+)\]/.exec(this.message) ?? [];
    return place === undefined ? undefined : Number(place);
  }
}

/** Reads what SignalR threw: `... HubException: code: text`, or the loss of the connection. */
export function readError(error: unknown): HubServerError {
  if (error instanceof HubServerError)
    return error;
  const message = error instanceof Error ? error.message : String(error);
  const [, code = "", text = ""] = /HubException: (\w+): (.*)$/s.exec(message) ?? [];
  if (codes.has(code))
    return new HubServerError(code as ErrorCode, text, { cause: error });

  // What SignalR itself refuses has no code: an unknown method is a hub that is none of HubServer's.
  if (/HubException|Method does not exist|Failed to invoke/.test(message) && !/connection|closed/i.test(message))
    return new HubServerError("internal", message, { cause: error, isFinal: /Method does not exist/.test(message) });
  return new HubServerError("connection", message, { cause: error });
}

/** An error's text without the place that it names, for one who shows it there: `targets[1].channel: at 4: ...`. */
export function withoutPlace(message: string): string {
  return message.replace(/^targets\[\d+\](?:\.(?:channel|id))?(?:: |\.)/, "");
}
