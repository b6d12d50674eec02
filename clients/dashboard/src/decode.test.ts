import { expect, test } from "vitest";
import { decodeColumn, isNull } from "./decode";

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));

test("null is told from NaN, wherever the bytes begin", () => {
  const bytes = hex("ff000000000000f83fa20700000000f87f000000000000f87f");
  const column = decodeColumn(bytes.subarray(1), "number");
  expect([...column]).toEqual([1.5, NaN, NaN]);
  expect([0, 1, 2].map((row) => isNull(column, row))).toEqual([false, true, false]);
});

test("arrays of numbers, nils and booleans become numbers", () => {
  const column = decodeColumn([true, null, false], "boolean");
  expect([...column]).toEqual([1, NaN, 0]);
  expect(isNull(column, 1)).toBe(true);
});

test("texts stay texts", () => expect(decodeColumn(["<b>", null], "string")).toEqual(["<b>", null]));

test("a bin of another length is refused", () => expect(() => decodeColumn(new Uint8Array(9), "number")).toThrow("8 bytes each"));
