// The golden vectors that the C# tests write and check, read by another language.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { decode } from "@msgpack/msgpack";
import { decodeBinary, decodeColumns, encodeBinary, nullBits } from "./columns.mjs";

const folder = new URL("../vectors/", import.meta.url);
const families = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")));

/** The message with every `{values, entities?}` in it replaced by its decoded columns. */
function withColumns(message) {
  if (Array.isArray(message))
    return message.map(withColumns);
  if (message === null || typeof message !== "object")
    return message;

  const { entities, ...rest } = message;
  return Object.fromEntries(Object.entries(rest).map(([key, value]) =>
    [key, key === "values" ? decodeColumns({ values: value, entities }) : withColumns(value)]));
}

function find(message, name) {
  const { cases } = families.find((family) => family.message === message);
  return cases.find((one) => one.name === name);
}

function bytesOf(hex) {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

test("every family of messages is on file", () => {
  assert.deepEqual(
    families.map((family) => family.message).sort(),
    ["channel-list", "channel-settings", "item", "list-request", "publish", "publish-result", "query", "rows"]);
});

for (const { message, cases } of families) {
  for (const { name, json, messagepack } of cases) {
    // deepEqual is strict: it tells null from NaN, and 0 from -0.
    test(`${message}, ${name}: both formats say the same`, () => {
      assert.deepEqual(withColumns(decode(bytesOf(messagepack))), withColumns(json));
    });
  }
}

test("NaN, the infinities and null stay apart in both formats", () => {
  const { json, messagepack } = find("item", "special numbers");
  const numbers = [
    NaN, Infinity, -Infinity, null, -0, 0, 0.1, -1.5, 2 ** 53, 2 ** 53 + 2, 1e21, 1e-7, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE,
  ];
  const nans = [NaN, NaN, null, NaN, NaN, NaN, Infinity, 0, 0, 0, 0, 0, 0, 0, 0];

  for (const item of [json, decode(bytesOf(messagepack))]) {
    const columns = decodeColumns(item.frames[0].data);

    assert.deepEqual(columns[1], numbers);
    assert.deepEqual(columns[2], nans);
    assert.equal(columns[0][1], 1_700_000_000_000.25);
  }
});

test("a column of numbers is a bin in MessagePack and a list in JSON", () => {
  const { json, messagepack } = find("item", "every type of field with labels, units and nulls");
  const kinds = (item) => item.frames[0].data.values.map((column) => column.constructor.name);

  assert.deepEqual(kinds(decode(bytesOf(messagepack))), ["Uint8Array", "Uint8Array", "Array", "Array"]);
  assert.deepEqual(kinds(json), ["Array", "Array", "Array", "Array"]);
});

test("the decoder reads a bin at any byte of its buffer", () => {
  const bytes = encodeBinary([1.5, null, NaN]);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);

  assert.deepEqual(decodeBinary(shifted.subarray(3)), [1.5, null, NaN]);
  assert.equal(new DataView(bytes.buffer).getBigUint64(8, true), nullBits);
  assert.throws(() => decodeBinary(bytes.subarray(1)), RangeError);
});

test("the decoder refuses an entity where a value is, or of another name", () => {
  assert.throws(() => decodeColumns({ values: [[1]], entities: [{ NaN: [0] }] }), RangeError);
  assert.throws(() => decodeColumns({ values: [[null]], entities: [{ nan: [0] }] }), RangeError);
});

test("every MessagePack example in PROTOCOL.md is part of a vector", () => {
  const text = readFileSync(new URL("../../src/HubServer.Protocol/PROTOCOL.md", import.meta.url), "utf8");
  // An example's lines start with bytes; what explains them stands to the right, behind a wide space.
  const examples = [...text.matchAll(/^```\n((?:[0-9a-f]{2} .*\n|  .*\n)+)```$/gm)].map(([, block]) =>
    block.split("\n").map((line) => line.trim().split(/ {3,}/)[0].replaceAll(" ", "")).join(""));

  assert.equal(examples.length, 3);
  for (const example of examples)
    assert.ok(families.some(({ cases }) => cases.some(({ messagepack }) => messagepack.includes(example))), example);
});
