import { expect, test } from "vitest";
import { readRefusal, textOf } from "./refusal";

const thrown = (text: string): Error => new Error(`Failed to invoke 'Query' due to an error on the server. HubException: ${text}`);

test("a refusal names the target at fault, and its text has no path to it", () => {
  expect(readRefusal(thrown("bad_request: targets[12].channel: at 4: a label is missing"))).toEqual({ code: "bad_request", text: "at 4: a label is missing", target: 12 });
  expect(readRefusal(thrown("limit_exceeded: targets[0]: 'cpu…' has 5000 characters"))).toEqual({ code: "limit_exceeded", text: "'cpu…' has 5000 characters", target: 0 });
  expect(readRefusal(thrown("bad_request: targets[1].refId is 'A' again"))).toEqual({ code: "bad_request", text: "refId is 'A' again", target: 1 });
});

test("a refusal of the whole query names no target", () => {
  expect(readRefusal(thrown("limit_exceeded: targets has 101 entries; the limit is 100"))).toEqual({ code: "limit_exceeded", text: "targets has 101 entries; the limit is 100" });
  expect(readRefusal(thrown("forbidden: not\nyours: at all"))).toEqual({ code: "forbidden", text: "not\nyours: at all" });
});

test.each(["overloaded", "backplane_unavailable", "shutting_down", "internal", "unheard_of"])("%s may succeed later", (code) =>
  expect(readRefusal(thrown(`${code}: targets[0]: no`))).toBeUndefined());

test("an error without a code may be gone later", () => {
  for (const error of [new Error("WebSocket closed with status code: 1006."), new Error("bad_request: said by nobody"), "lost", undefined])
    expect(readRefusal(error)).toBeUndefined();
});

test("the text of an error is what the hub said", () => {
  expect(textOf(thrown("overloaded: later"))).toBe("overloaded: later");
  expect(textOf(new Error("the server ended the query"))).toBe("the server ended the query");
});
