import { expect, test } from "vitest";
import { createChoice, readHash, writeHash } from "./choice";

test("an empty hash shows this machine", () => {
  const { window, choices } = readHash("");
  expect(window).toBe("1m");
  expect(choices.slice(0, 3).map(({ text }) => text)).toEqual(['cpu{core="all"}', "memory", "network"]);
});

test("what is chosen survives the hash, whatever the ids hold", () => {
  const odd = { ...createChoice("id", 'a&b #/ü<img src=x>{x="1,\\"2"}'), fields: ["f=1", "g&h"] };
  const chosen = { window: "1h" as const, choices: [odd, createChoice("channel", "plant/*/temp")] };
  expect(readHash(writeHash(chosen))).toEqual(chosen);
});

test("nothing chosen stays nothing", () => expect(readHash(writeHash({ window: "1m", choices: [] }))).toEqual({ window: "1m", choices: [] }));

test("a hash that makes no sense is passed over", () => expect(readHash("#w=9y&s=&s=cpu&s=cpu")).toEqual({ window: "5m", choices: [createChoice("channel", "cpu")] }));

test("an id longer than a refId may be has a refId that is short enough and its own", () => {
  const refIdOf = (id: string): string => createChoice("id", id).refId;
  const ids = ["a", "b"].flatMap((end) => [`${end}${"x".repeat(500)}`, `${"x".repeat(500)}${end}`]);
  expect(new Set(ids.map(refIdOf)).size).toBe(ids.length);
  expect(ids.map(refIdOf)).toEqual(ids.map(refIdOf));
  expect(Math.max(...[1, 124, 125, 126, 512].map((length) => refIdOf("x".repeat(length)).length))).toBe(128);
});
