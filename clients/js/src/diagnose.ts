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
    return new HubServerError("connection", await unreachable(url, place), { cause });
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

/** Why a page gets no answer that it may read: there may be a server that answers others. */
async function unreachable(url: string, place: URL): Promise<string> {
  const nobody = `no server answers at ${url}; is it running, and may this page reach it?`;
  if (typeof location === "undefined" || location.origin === place.origin)
    return nobody;
  if (location.protocol === "https:" && place.protocol === "http:")
    return `this page came over https, so the browser refuses ${url}; give the server TLS and an address with https://`;
  try {
    // Whatever it answers, a page of another origin may not read it; that it answers is what counts.
    await fetch(place, { mode: "no-cors", signal: AbortSignal.timeout(patienceMs) });
    return `a server answers at ${url}, but opens no WebSocket for pages of ${location.origin}; it, or a proxy before it, has to allow that origin`;
  } catch {
    return nobody;
  }
}
