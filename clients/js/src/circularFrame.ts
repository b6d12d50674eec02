import type { Column } from "./columns.js";
import { RowWindow } from "./rowWindow.js";
import type { Value } from "./rows.js";
import type { FieldType } from "./wire.js";

export interface CircularFrameOptions {
  /** Whether a new row comes last or first. Default "tail". */
  append?: "tail" | "head";
  /** The rows kept; the oldest go. Default 1,000. */
  capacity?: number;
}

export interface NewField {
  name: string;
  /** Default: by the name and the values, else "number". */
  type?: FieldType;
  labels?: Record<string, string>;
  config?: Record<string, unknown>;
  /** Rows to begin with, in the frame's order; of more than the capacity, the newest are kept. They are copied. */
  values?: ArrayLike<Value>;
}

export interface CircularField {
  readonly name: string;
  readonly type: FieldType;
  readonly labels?: Record<string, string>;
  readonly config: Record<string, unknown>;
  /** The rows: times and numbers as a Float64Array, without a copy; valid until the next row. */
  readonly values: Column;
}

/**
 * The circular frame of Grafana's guide on streaming data sources, on typed arrays. What is different from Grafana's own
 * is in the README: null for missing values, a default capacity, copies of what it is given, ISO 8601 times.
 */
export class CircularFrame {
  refId?: string;
  name?: string;
  meta?: Record<string, unknown>;
  readonly fields: CircularField[] = [];
  private readonly rows: RowWindow;
  private readonly capacity: number;
  private readonly isHead: boolean;

  constructor({ append = "tail", capacity = 1_000 }: CircularFrameOptions = {}) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`capacity is ${capacity}; it is a whole number of 1 or more`);
    this.capacity = capacity;
    this.isHead = append === "head";
    this.rows = new RowWindow(capacity, this.isHead);
  }

  /** The rows held. */
  get length(): number {
    return this.rows.length;
  }

  /** Adds a field; rows that are there are null in it, and rows that it brings are null in the other fields. */
  addField({ name, type, labels, config = {}, values }: NewField): CircularField {
    const column = this.fields.length;
    const rows = values ? Array.from(values) : [];
    const kept = this.isHead ? rows.slice(0, this.capacity) : rows.slice(-this.capacity);
    const { rows: window } = this;
    const field: CircularField = {
      name,
      type: type ?? guess(name, kept.find((value) => value !== null && value !== undefined)),
      ...(labels && { labels }),
      config,
      get values() {
        return window.values(column);
      },
    };
    this.fields.push(field);
    window.addColumn(field.type);
    this.fill(column, kept);
    return field;
  }

  /** Adds a row by field names: what it lacks is null, what no field has is passed over. */
  add(row: Record<string, Value>): void {
    this.rows.add(this.fields.map(({ name, type }) => read(row[name], type)));
  }

  /** Adds a row by place; a value without a field makes one, `Field N`. */
  appendRow(row: readonly Value[]): void {
    for (let i = this.fields.length; i < row.length; i++)
      this.addField({ name: `Field ${i + 1}`, type: guess("", row[i]) });
    this.rows.add(this.fields.map(({ type }, i) => read(row[i], type)));
  }

  /** A row by field names. */
  get(row: number): Record<string, Value> {
    return Object.fromEntries(this.fields.map(({ name, values }) => [name, values[row]]));
  }

  /** The rows that a field brings: into those that are there from the newest on, and rows of their own before them. */
  private fill(column: number, values: readonly Value[]): void {
    if (values.length === 0)
      return;
    const before = this.fields.map((field, i) => (i === column ? [] : Array.from(field.values as ArrayLike<Value>)));
    const length = Math.max(this.length, values.length);
    const all = this.fields.map(({ type }, i) => {
      const own = i === column ? values.map((value) => read(value, type)) : before[i] as Value[];
      const padding = new Array<Value>(length - own.length).fill(null);
      return this.isHead ? [...own, ...padding] : [...padding, ...own];
    });
    const rows = Array.from({ length }, (_, row) => all.map((one) => one[row]));
    this.rows.clear();
    for (const row of this.isHead ? rows.reverse() : rows)
      this.rows.add(row);
  }
}

function guess(name: string, value: Value): FieldType {
  if (/^(time|date)$/i.test(name) || value instanceof Date)
    return "time";
  return typeof value === "string" ? "string" : typeof value === "boolean" ? "boolean" : "number";
}

function read(value: Value, type: FieldType): Value {
  if (value === null || value === undefined)
    return null;
  switch (type) {
    case "time":
      return value instanceof Date ? value.getTime() : typeof value === "string" ? Date.parse(value) : Number(value);
    case "number":
      return typeof value === "string" ? Number.parseFloat(value) : Number(value);
    case "boolean":
      return typeof value === "string" ? !/^[f0]/i.test(value) : Boolean(value);
    default:
      return String(value);
  }
}
