import { expect, test } from "vitest";
import { labelsOf, nameOf } from "./channelIds.js";

test("labels are read from an id", () => {
  expect(labelsOf('cpu{a="x, \\"y\\"",b="1\\n2"}')).toEqual({ a: 'x, "y"', b: "1\n2" });
  expect([labelsOf("cpu"), nameOf('cpu{a="{"}')]).toEqual([{}, "cpu"]);
});
