import { HubServerError } from "./errors.js";

const patienceMs = 3_000;

/**
 * Why there is no connection, since a WebSocket that does not open says nothing: asks the same address over plain HTTP.
 * Final is what only another address or token can mend.
 */
export async function diagnose(url: string, token: string | undefined, cause: unknown): Promise<HubServerError> {
  const place = new URL(url);
  let response: Response;
  try {
    place.searchParams.set("negotiateVersion", "1");
    place.pathname = `${place.pathname.replace(/\/$/, "")}/negotiate`;
    response = await fetch(place, {
      method: "POST",
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
      signal: AbortSignal.timeout(patienceMs),
    });
    await response.body?.cancel();
  } catch {
    return new HubServerError("connection", `no server answers at ${url}; is it running, and may this page reach it?`, { cause });
  }

  switch (response.status) {
    case 200:
      return new HubServerError("connection", `${url} answers HTTP but no WebSocket opens; a proxy in between has to pass WebSockets on`, { cause });
    case 401:
      return new HubServerError("unauthorized", `${url} asks who is calling (401): ${token === undefined ? "give an accessToken" : "the accessToken was refused"}`, { cause });
    case 403:
      return new HubServerError("forbidden", `${url} refuses this caller (403)`, { cause });
    case 404:
    case 405:
      return new HubServerError("not_found", `there is no hub at ${url} (${response.status}); is it a HubServer, and behind which path does a proxy serve it?`, { cause });
    default:
      return new HubServerError("connection", `${url} answers with status ${response.status}`, { cause });
  }
}
