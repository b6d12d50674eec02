// Columns off the wire. For drawing, null and NaN are both "no point here"; they stay apart in the bits, so that a
// legend can tell them from each other.
import type { Field, WireColumn } from "./wire";

export type Column = Float64Array | unknown[];

// A NaN whose payload says null (R's NA). Only copies between typed arrays of one kind keep the payload for certain.
const nullHigh = 0x7ff80000;
const nullLow = 0x000007a2;
const nullBits = new Float64Array(new Uint32Array([nullLow, nullHigh]).buffer);

/** Whether a row of the column is null, as opposed to NaN. */
export function isNull(column: Column, row: number): boolean {
  if (!(column instanceof Float64Array))
    return (column[row] ?? null) === null;
  const words = new Uint32Array(column.buffer, column.byteOffset + row * 8, 2);
  return words[0] === nullLow && words[1] === nullHigh;
}

/** Fills rows of a column with null. */
export function fillNull(column: Column, from: number, to: number): void {
  if (!(column instanceof Float64Array)) {
    column.fill(null, from, to);
    return;
  }
  for (let row = from; row < to; row++)
    column.set(nullBits, row);
}

/** Decodes a column: numbers, times and booleans (as 0 and 1) become a Float64Array, texts stay an array. */
export function decodeColumn(column: WireColumn, type: Field["type"]): Column {
  if (column instanceof Uint8Array)
    return decodeBinary(column);
  return type === "string" ? column : decodeArray(column);
}

// A bin starts anywhere in its message, and a Float64Array only at a multiple of 8, so its bytes are copied. Every
// engine that runs a browser today is little-endian, as the wire is.
function decodeBinary(bytes: Uint8Array): Float64Array {
  if (bytes.byteLength % 8 !== 0)
    throw new RangeError(`a binary column holds float64, 8 bytes each; it has ${bytes.byteLength} bytes`);
  return new Float64Array(bytes.slice().buffer);
}

function decodeArray(values: unknown[]): Float64Array {
  const column = new Float64Array(values.length);
  values.forEach((value, row) => {
    if (value === null || value === undefined)
      fillNull(column, row, row + 1);
    else
      column[row] = Number(value);
  });
  return column;
}
