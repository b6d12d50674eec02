import { expect, test } from "vitest";
import { differingLabels, labelsOf, nameOf } from "./channelIds.js";

test("labels are read from an id", () => {
  expect(labelsOf('cpu{a="x, \\"y\\"",b="1\\n2"}')).toEqual({ a: 'x, "y"', b: "1\n2" });
  expect([labelsOf("cpu"), nameOf('cpu{a="{"}')]).toEqual([{}, "cpu"]);
});

test("channels differ in the labels that one of them has otherwise, or not at all", () => {
  expect(differingLabels(['cpu{core="0",host="a"}', 'cpu{core="1",host="a"}', 'load{host="a",zone="z"}'])).toEqual(["core", "zone"]);
  expect(differingLabels(['cpu{core="0"}'])).toEqual([]);
});
