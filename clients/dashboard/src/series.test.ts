import { expect, test } from "vitest";
import { createRing } from "./ring";
import { linesOf, unitsOf } from "./series";
import type { Held } from "./store";
import type { Field } from "@hubserver/client";

function held(channel: string, ...fields: [name: string, type: Field["type"], unit?: string][]): Held {
  return {
    refId: "A", channel, epoch: "1", next: 0, ring: createRing(), gaps: [], changes: 0, shape: 1,
    schema: undefined,
    fields: fields.map(([name, type, unit]) => ({ name, type, ...(unit ? { config: { unit } } : {}) })),
  };
}

const names = (...channels: Held[]): string[] => linesOf(channels).map(({ name }) => name);

test("a line is named by its field alone in a panel of one channel", () =>
  expect(names(held('cpu{host="a"}', ["time", "time"], ["busy", "number"], ["note", "string"], ["isHot", "boolean"]))).toEqual(["busy", "isHot"]));

test("a line is named by what tells it apart", () => {
  expect(names(held('net{device="x",host="a"}', ["in", "number"], ["out", "number"]), held('net{device="y",host="a"}', ["in", "number"]))).toEqual(["x in", "x out", "y in"]);
  expect(names(held("plant/1/temp", ["value", "number"]), held("plant/2/temp", ["value", "number"]))).toEqual(["plant/1/temp", "plant/2/temp"]);
});

test("units stand in the order of the fields", () =>
  expect(unitsOf(linesOf([held("a", ["x", "number", "ms"], ["y", "number"], ["z", "number", "ms"])]))).toEqual(["ms", ""]));
