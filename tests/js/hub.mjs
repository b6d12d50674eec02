// The official SignalR client, and what the tests do with it.
import { HttpTransportType, HubConnectionBuilder, JsonHubProtocol, LogLevel, Subject } from "@microsoft/signalr";
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack";
import { encodeBinary } from "./columns.mjs";

/** Connects; `isBinary` chooses MessagePack. */
export async function connect(url, { isBinary = false, negotiates = false } = {}) {
  const transport = negotiates ? {} : { skipNegotiation: true, transport: HttpTransportType.WebSockets };
  const connection = new HubConnectionBuilder()
    .withUrl(`${url}/hub`, transport)
    .withHubProtocol(isBinary ? new MessagePackHubProtocol() : new JsonHubProtocol())
    .configureLogging(LogLevel.None)
    .build();
  await connection.start();
  return connection;
}

/** Opens a query and hands each item to `onItem`. */
export function openQuery(connection, request, onItem = () => {}) {
  const query = { items: [], error: undefined, isDone: false };
  const subscription = connection.stream("Query", { version: 1, ...request }).subscribe({
    next(item) {
      query.items.push(item);
      try {
        onItem(item);
      } catch (error) {
        query.error ??= error;
      }
    },
    error: (error) => query.error ??= error,
    complete: () => query.isDone = true,
  });
  query.dispose = () => subscription.dispose();
  return query;
}

/** Opens a `PublishStream`: `send(request)` gives that request's results. */
export function openPublishStream(connection) {
  const requests = new Subject();
  const waiting = [];
  let isDone = false;
  let failure;
  connection.stream("PublishStream", requests).subscribe({
    next: (results) => waiting.shift().resolve(results),
    error(error) {
      failure = error;
      waiting.splice(0).forEach(({ reject }) => reject(error));
    },
    complete: () => isDone = true,
  });
  return {
    send: (request) => failure ? Promise.reject(failure) : new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      requests.next(request);
    }),
    complete: () => requests.complete(),
    isDone: () => isDone,
  };
}

/** `Rows` of the contract from columns by name, as the protocol carries them. */
export function rowsOf(columns, { isBinary = false } = {}) {
  const fields = Object.keys(columns).map((name) => ({ name }));
  const values = Object.values(columns);
  return isBinary ? { fields, values: values.map(toBinary) } : { fields, ...toJson(values) };
}

function toBinary(column) {
  // A column of only nulls says nothing of its type, so it stays an array.
  const isNumbers = column.some((value) => typeof value === "number");
  return isNumbers ? encodeBinary(column) : column;
}

function toJson(columns) {
  const isEntity = (value) => typeof value === "number" && !Number.isFinite(value);
  const names = { NaN: "NaN", Infinity: "Inf", "-Infinity": "NegInf" };
  const entities = columns.map((column) => {
    const found = {};
    column.forEach((value, row) => isEntity(value) && (found[names[value]] ??= []).push(row));
    return Object.keys(found).length > 0 ? found : null;
  });
  const values = columns.map((column) => column.map((value) => isEntity(value) ? null : value));
  return entities.some((one) => one !== null) ? { values, entities } : { values };
}

/** Posts a body, by default as JSON, and gives the answer's JSON; throws with it unless the status is 200. */
export async function post(url, path, body, type = "application/json") {
  const response = await fetch(`${url}${path}`, { method: "POST", headers: { "content-type": type }, body: typeof body === "string" ? body : JSON.stringify(body) });
  const answer = await response.json();
  if (response.status !== 200)
    throw Object.assign(new Error(`${response.status}: ${JSON.stringify(answer)}`), { status: response.status, answer });
  return answer;
}

/** Posts rows to one channel. */
export function postRows(url, channel, rows) {
  return post(url, `/api/channels/${encodeURIComponent(channel)}/rows`, rows);
}
