// Columns off the wire and onto it. A null among numbers is a NaN with a payload (R's NA), so that a column of numbers
// stays one typed array; only copies between such arrays keep the payload for certain.
import type { Entities, FieldType, WireColumn, WireData } from "./wire.js";

/** Times and numbers are a Float64Array, texts and booleans an array. */
export type Column = Float64Array | (string | boolean | null)[];

const nullHigh = 0x7ff80000;
const nullLow = 0x000007a2;
const nullBits = new Float64Array(new Uint32Array([nullLow, nullHigh]).buffer);

/** Whether a row of a column is null; NaN is a value. */
export function isNull(column: Column, row: number): boolean {
  if (!(column instanceof Float64Array))
    return (column[row] ?? null) === null;
  const words = new Uint32Array(column.buffer, column.byteOffset + row * 8, 2);
  return words[0] === nullLow && words[1] === nullHigh;
}

/** A value of a column, with null for null. */
export function valueAt(column: Column, row: number): number | string | boolean | null {
  return isNull(column, row) ? null : (column[row] ?? null);
}

/** The values of a column, with null for null. */
export function valuesOf(column: Column): (number | string | boolean | null)[] {
  return Array.from({ length: column.length }, (_, row) => valueAt(column, row));
}

/** Fills rows of a column with null. */
export function fillNull(column: Column, from: number, to: number): void {
  if (column instanceof Float64Array)
    for (let row = from; row < to; row++)
      column.set(nullBits, row);
  else
    column.fill(null, from, to);
}

/** Decodes the columns of a frame. */
export function decodeColumns({ values, entities }: WireData, types: readonly FieldType[]): Column[] {
  if (values.length !== types.length)
    throw new RangeError(`${values.length} columns came for ${types.length} fields`);
  const columns = values.map((column, i) => decodeColumn(column, types[i] as FieldType, entities?.[i]));
  if (columns.some(({ length }) => length !== columns[0]?.length))
    throw new RangeError(`columns have different lengths: ${columns.map(({ length }) => length).join(", ")}`);
  return columns;
}

function decodeColumn(column: WireColumn, type: FieldType, entities?: Entities | null): Column {
  const isNumbers = type === "time" || type === "number";
  if (column instanceof Uint8Array) {
    if (!isNumbers || column.byteLength % 8 !== 0)
      throw new RangeError(`${column.byteLength} bytes came for a column of type ${type}`);
    // A bin starts anywhere in its message, and a Float64Array only at a multiple of 8, so its bytes are copied. Every
    // engine of today is little-endian, as the wire is.
    return new Float64Array(column.slice().buffer);
  }
  if (!isNumbers)
    return column as (string | boolean | null)[];

  const numbers = Float64Array.from(column as number[]);
  column.forEach((value, row) => value === null && fillNull(numbers, row, row + 1));
  for (const [name, number] of [["NaN", NaN], ["Inf", Infinity], ["NegInf", -Infinity]] as const)
    for (const row of entities?.[name] ?? [])
      numbers[row] = number;
  return numbers;
}

/** One column of several, which follow each other. */
export function concat(parts: readonly Column[]): Column {
  const [first] = parts;
  if (!first || parts.length === 1)
    return first ?? [];
  if (!(first instanceof Float64Array))
    return parts.flatMap((part) => [...part]) as Column;
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part as Float64Array, at);
    at += part.length;
  }
  return whole;
}
