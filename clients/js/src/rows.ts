// Rows on their way in: from objects to columns, in blocks that the server takes whole or not at all.
import { type Column, fillNull, isNull } from "./columns.js";
import type { Entities, Rows } from "./wire.js";

/** A value of a row; a Date is a moment, undefined is null. */
export type Value = number | string | boolean | Date | null | undefined;

/** One row by field name; `time` in milliseconds since 1970, an ISO 8601 text or a Date. */
export type Row = Record<string, Value>;

const maxBlockRows = 1_000;
const maxBlockBytes = 96 << 10; // Of the server's 128 KB, since this is an estimate.

/** Objects as columns: a field for every key of any row. */
export function toRows(rows: readonly Row[]): Rows {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { fields: names.map((name) => ({ name })), values: names.map((name) => toColumn(rows.map((row) => row[name]))) };
}

function toColumn(values: readonly Value[]): Column {
  const plain = values.map((value) => (value instanceof Date ? value.getTime() : (value ?? null)));
  if (!plain.every((value): value is number | null => value === null || typeof value === "number") || plain.every((value) => value === null))
    return plain as Column;
  const column = Float64Array.from(plain as number[]);
  plain.forEach((value, row) => value === null && fillNull(column, row, row + 1));
  return column;
}

/** Cuts rows into blocks that may be published with a sequence each. */
export function* blocksOf(rows: Rows): Generator<Rows> {
  const count = rows.values[0]?.length ?? 0;
  for (let from = 0; from < count || from === 0;) {
    let [to, bytes] = [from, 0];
    while (to < count && to - from < maxBlockRows) {
      bytes += rowBytes(rows, to);
      if (to > from && bytes > maxBlockBytes)
        break;
      to++;
    }
    yield from === 0 && to >= count ? rows : slice(rows, from, to);
    from = Math.max(to, from + 1);
  }
}

function slice(rows: Rows, from: number, to: number): Rows {
  const { entities, ...rest } = rows;
  const cut = (places: number[] = []): number[] => places.filter((row) => row >= from && row < to).map((row) => row - from);
  return {
    ...rest,
    values: rows.values.map((column) => column.slice(from, to) as Column),
    ...(entities && { entities: entities.map((one) => one && { NaN: cut(one.NaN), Inf: cut(one.Inf), NegInf: cut(one.NegInf) }) }),
  };
}

function rowBytes({ values }: Rows, row: number): number {
  let bytes = 0;
  for (const column of values) {
    const value = column[row];
    bytes += 9 + (typeof value === "string" ? value.length * 3 : 0);
  }
  return bytes;
}

/** Rows as JSON can say them: numbers that it has no words for stand beside the columns. */
export function toJson(rows: Rows): Rows {
  if (!rows.values.some((column) => column instanceof Float64Array))
    return rows;
  const entities = rows.values.map((column, i) => (column instanceof Float64Array ? entitiesOf(column) : (rows.entities?.[i] ?? null)));
  const values = rows.values.map((column) =>
    column instanceof Float64Array ? Array.from(column, (value) => (Number.isFinite(value) ? value : null)) : column);
  return { ...rows, values, ...(entities.some((one) => one) && { entities }) };
}

function entitiesOf(column: Float64Array): Entities | null {
  const found: Required<Entities> = { NaN: [], Inf: [], NegInf: [] };
  column.forEach((value, row) => {
    if (Number.isFinite(value) || isNull(column, row))
      return;
    found[Number.isNaN(value) ? "NaN" : value > 0 ? "Inf" : "NegInf"].push(row);
  });
  return found.NaN.length + found.Inf.length + found.NegInf.length > 0 ? found : null;
}
