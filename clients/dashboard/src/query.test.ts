import { type IStreamResult, Subject } from "@microsoft/signalr";
import { expect, test } from "vitest";
import { openQuery, type Query } from "./query";
import type { Item, ItemError, Target } from "./wire";

interface Call {
  refIds: string[];
  answers: Subject<Item>;
}

interface Opened {
  query: Query;
  /** The calls of `Query` so far; the last is the running one. */
  calls: Call[];
  /** What the page was told, in order. */
  told: unknown[];
}

/** A query over a connection whose answers the test gives. */
function open(wanted: () => string[]): Opened {
  const calls: Call[] = [];
  const told: unknown[] = [];
  const link = {
    stream<T>(_: string, request: { targets: Target[] }): IStreamResult<T> {
      const answers = new Subject<Item>();
      calls.push({ refIds: request.targets.map(({ refId }) => refId), answers });
      return answers as unknown as IStreamResult<T>;
    },
  };
  const query = openQuery(link, {
    request: () => ({ targets: wanted().map((refId) => ({ refId, channel: refId })), resume: [] }),
    item: ({ state }) => told.push(state),
    errors: (errors) => told.push(errors.map(sayError)),
    idle: () => told.push("idle"),
    refused: (text) => told.push(`refused: ${text}`),
    lost: (error) => told.push(`lost: ${String(error)}`),
  });
  query.ask();
  return { query, calls, told };
}

const sayError = ({ refId, message }: ItemError): string => `${refId ?? "all"}: ${message}`;
const refuse = (calls: Call[], text: string): void => calls.at(-1)?.answers.error(new Error(`Failed to invoke 'Query'. HubException: ${text}`));
const answer = (calls: Call[], errors?: ItemError[]): void => calls.at(-1)?.answers.next({ state: "Streaming", frames: [], ...(errors ? { errors } : {}) });

test("a target that is refused is left out, and the others are asked for at once", () => {
  const { calls, told } = open(() => ["A", "B", "C"]);
  refuse(calls, "bad_request: targets[1].channel: at 4: a label is missing");
  refuse(calls, "forbidden: targets[1].channel: not yours");
  expect(calls.map(({ refIds }) => refIds)).toEqual([["A", "B", "C"], ["A", "C"], ["A"]]);
  expect(told).toEqual([]);
  answer(calls);
  expect(told).toEqual([["B: at 4: a label is missing", "C: not yours"], "Streaming"]);
});

test("what a running query cannot serve is told beside what was refused", () => {
  const { calls, told } = open(() => ["A", "B"]);
  refuse(calls, "bad_request: targets[0].channel: no");
  answer(calls);
  answer(calls);
  answer(calls, [{ refId: "B", code: "limit_exceeded", message: "too many" }]);
  answer(calls, []);
  expect(told).toEqual([["A: no"], "Streaming", "Streaming", ["A: no", "B: too many"], "Streaming", ["A: no"], "Streaming"]);
});

test("where every target is refused, nothing runs and nothing is lost", () => {
  const { calls, told } = open(() => ["A"]);
  refuse(calls, "bad_request: targets[0].channel: no");
  expect(calls.length).toBe(1);
  expect(told).toEqual([["A: no"], "idle"]);
});

test("a refusal that names no target waits for another choice", () => {
  let wanted = ["A", "B"];
  const { query, calls, told } = open(() => wanted);
  refuse(calls, "limit_exceeded: targets has 2 entries; the limit is 1");
  expect(calls.length).toBe(1);
  expect(told).toEqual([["all: targets has 2 entries; the limit is 1"], "refused: targets has 2 entries; the limit is 1"]);
  wanted = ["B"];
  query.ask();
  answer(calls);
  expect(calls.at(-1)?.refIds).toEqual(["B"]);
  expect(told.slice(2)).toEqual([[], "Streaming"]);
});

test("another choice asks for everything again, and says nothing before it is answered", () => {
  const { query, calls, told } = open(() => ["A", "B"]);
  refuse(calls, "bad_request: targets[0].channel: no");
  answer(calls);
  query.ask();
  expect(calls.at(-1)?.refIds).toEqual(["A", "B"]);
  expect(told).toEqual([["A: no"], "Streaming"]);
  answer(calls);
  expect(told.slice(2)).toEqual([[], "Streaming"]);
});

test("what may succeed later loses the query, as a lost connection does", () => {
  for (const text of ["overloaded: later", "internal: targets[0]: a fault"]) {
    const { calls, told } = open(() => ["A"]);
    refuse(calls, text);
    expect(calls.length).toBe(1);
    expect(told).toEqual([`lost: Error: Failed to invoke 'Query'. HubException: ${text}`]);
  }
});

test("an answer to a query that was replaced is passed over", () => {
  const { query, calls, told } = open(() => ["A"]);
  const [first] = calls;
  query.ask();
  first?.answers.next({ state: "Streaming", frames: [] });
  first?.answers.error(new Error("HubException: bad_request: targets[0].channel: no"));
  expect(told).toEqual([]);
  expect(calls.length).toBe(2);
});
