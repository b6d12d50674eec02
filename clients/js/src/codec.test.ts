// The golden vectors of the contract, and random values against another implementation.
import { readdirSync, readFileSync } from "node:fs";
import { MessageType } from "@microsoft/signalr";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeColumns, isNull, valuesOf } from "./columns.js";
import { MessagePackProtocol } from "./hubProtocol.js";
import { PackReader, PackWriter } from "./messagePack.js";
import { blocksOf, toJson, toRows } from "./rows.js";
import type { FieldType, Item, WireData } from "./wire.js";

interface Family { message: string; cases: { name: string; json: unknown; messagepack: string }[] }

const folder = new URL("../../../tests/vectors/", import.meta.url);
const families = readdirSync(folder).filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Family);
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const read = (bytes: Uint8Array): unknown => new PackReader(bytes).value();
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? [...one] : one)));

describe("the golden vectors", () => {
  for (const { message, cases } of families)
    for (const { name, messagepack } of cases)
      test(`${message}, ${name}: is read as another reader reads it`, () => {
        expect(plain(read(bytesOf(messagepack)))).toEqual(plain(decode(bytesOf(messagepack))));
      });

  for (const { name, json, messagepack } of families.find(({ message }) => message === "item")?.cases ?? [])
    test(`item, ${name}: both formats have the same columns`, () => {
      const [fromJson, packed] = [columnsOf(json as Item), columnsOf(read(bytesOf(messagepack)) as Item)];
      expect(packed).toEqual(fromJson);
    });
});

/** The values of all frames that carry a schema. */
function columnsOf({ frames }: Item): unknown[] {
  return frames.filter(({ schema }) => schema).map(({ schema, data }) =>
    decodeColumns(data, (schema?.fields ?? []).map(({ type }) => type)).map(valuesOf));
}

describe("MessagePack", () => {
  const json = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });

  test("of any value is read by another reader, and read back", () => {
    fc.assert(fc.property(json, (value) => {
      const bytes = new PackWriter().value(value).written;
      expect(plain(decode(bytes))).toEqual(plain(value));
      expect(plain(read(bytes))).toEqual(plain(value));
      expect(plain(read(encode(value)))).toEqual(plain(value));
    }));
  });

  test("keeps numbers of every size", () => {
    const numbers = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.integer());
    fc.assert(fc.property(numbers, (value) => {
      expect(read(new PackWriter().value(value).written)).toBe(value);
      // The other codec writes -0 as the integer 0, so what its bytes hold is what it reads from them itself.
      expect(read(encode(value))).toBe(decode(encode(value)));
    }), { examples: [[-0], [NaN], [-Infinity]] });
  });

  test("carries long texts, arrays and columns", () => {
    const value = { text: "é".repeat(70_000), list: Array.from({ length: 70_000 }, (_, i) => i % 3 === 0), column: new Float64Array(20_000).fill(1.5) };
    const back = decode(new PackWriter().value(value).written) as { text: string; list: boolean[]; column: Uint8Array };
    expect(back.text).toBe(value.text);
    expect(back.list).toEqual(value.list);
    expect(back.column.length).toBe(160_000);
  });

  test("that ends too early or is none of the contract's is refused", () => {
    for (const bytes of [[0xc4, 3, 1], [0x92, 1], [0xcb, 0], [0xc1], [0xd4, 0, 0], [0xdd, 0xff, 0xff, 0xff, 0xff]])
      expect(() => read(new Uint8Array(bytes))).toThrow(RangeError);
  });
});

describe("the hub protocol", () => {
  const protocol = new MessagePackProtocol();
  const framed = (...messages: unknown[]): ArrayBuffer => {
    const parts = messages.map((message) => encode(message));
    return Uint8Array.from(parts.flatMap((part) => [...(part.length < 128 ? [part.length] : [(part.length & 0x7f) | 0x80, part.length >> 7]), ...part])).buffer;
  };

  test("reads what SignalR's server sends", () => {
    expect(protocol.parseMessages(framed(
      [2, {}, "1", { a: "x".repeat(200) }], [3, {}, "1", 3, [1]], [3, {}, "2", 1, "bad"], [3, {}, "3", 2], [6], [7, null, true], [7, "gone"], [99],
    ))).toMatchObject([
      { type: MessageType.StreamItem, invocationId: "1" },
      { type: MessageType.Completion, invocationId: "1", result: [1] },
      { type: MessageType.Completion, invocationId: "2", error: "bad" },
      { type: MessageType.Completion, invocationId: "3" },
      { type: MessageType.Ping },
      { type: MessageType.Close, allowReconnect: true },
      { type: MessageType.Close, error: "gone", allowReconnect: false },
    ]);
  });

  test("writes calls, items, ends and cancellations as the contract has them", () => {
    const written = (message: Parameters<typeof protocol.writeMessage>[0]): unknown => {
      const bytes = new Uint8Array(protocol.writeMessage(message));
      const start = bytes.findIndex((byte) => byte < 0x80) + 1;
      expect(bytes.length - start).toBe(bytes.slice(0, start).reduce((sum, byte, i) => sum + (byte & 0x7f) * 128 ** i, 0));
      return decode(bytes.subarray(start));
    };
    expect(written({ type: MessageType.StreamInvocation, invocationId: "2", target: "Query", arguments: [{ a: "y".repeat(300) }] })).toEqual([4, {}, "2", "Query", [{ a: "y".repeat(300) }], []]);
    expect(written({ type: MessageType.Invocation, invocationId: "1", target: "Publish", arguments: [1], streamIds: ["s"] })).toEqual([1, {}, "1", "Publish", [1], ["s"]]);
    expect(written({ type: MessageType.StreamItem, invocationId: "s", item: 5 })).toEqual([2, {}, "s", 5]);
    expect(written({ type: MessageType.Completion, invocationId: "s" })).toEqual([3, {}, "s", 2]);
    expect(written({ type: MessageType.CancelInvocation, invocationId: "2" })).toEqual([5, {}, "2"]);
    expect(written({ type: MessageType.Ping })).toEqual([6]);
  });

  test("refuses a message that is cut off", () => {
    expect(() => protocol.parseMessages(new Uint8Array([5, 1]).buffer)).toThrow(RangeError);
    expect(() => protocol.parseMessages(new Uint8Array([0x80, 0x80]).buffer)).toThrow(RangeError);
  });
});

describe("rows", () => {
  test("of objects become columns, with null, NaN and infinities apart in both formats", () => {
    const rows = toRows([{ time: new Date(5), value: NaN, note: "a" }, { time: 6, value: null }, { time: 7, value: -Infinity, flag: true }]);
    expect(rows.fields.map(({ name }) => name)).toEqual(["time", "value", "note", "flag"]);
    const [, value] = rows.values as [unknown, Float64Array];
    expect([isNull(value, 0), isNull(value, 1), value[2]]).toEqual([false, true, -Infinity]);

    const json = JSON.parse(JSON.stringify(toJson(rows))) as WireData;
    expect(json.values).toEqual([[5, 6, 7], [null, null, null], ["a", null, null], [null, null, true]]);
    const types: FieldType[] = ["time", "number", "string", "boolean"];
    expect(decodeColumns(json, types).map(valuesOf)).toEqual([[5, 6, 7], [NaN, null, -Infinity], ["a", null, null], [null, null, true]]);
  });

  test("of any number and size are cut into blocks that the server takes, without losing one", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 60_000 }), (count, length) => {
      const texts = Array.from({ length: count }, (_, i) => (i % 700 === 5 ? "x".repeat(length) : `${i}`));
      const blocks = [...blocksOf({ fields: [{ name: "text" }], values: [texts] })];
      expect(blocks.flatMap(({ values }) => [...values[0] as string[]])).toEqual(texts);
      for (const { values } of blocks) {
        const bytes = (values[0] as string[]).reduce((sum, text) => sum + text.length, 0);
        expect(values[0]?.length).toBeLessThanOrEqual(1_000);
        expect(bytes < 128 << 10 || values[0]?.length === 1).toBe(true);
      }
    }), { numRuns: 30 });
  });
});
