import { type Column, fillNull } from "./columns.js";
import type { FieldType } from "./wire.js";

const firstRows = 64;

/**
 * The newest rows of some columns, each in one piece: numbers are views of typed arrays with room for twice the rows, so
 * that appending moves what is kept only once in as many rows as are kept.
 */
export class RowWindow {
  private columns: Column[] = [];
  private types: FieldType[] = [];
  private room = 0;
  private start = 0;
  private end = 0;
  private views: (Column | undefined)[] = [];

  /** @param isHead Whether the newest row is the first one. */
  constructor(private readonly capacity: number, private readonly isHead: boolean) {}

  get length(): number {
    return this.end - this.start;
  }

  /** A column's rows, without a copy where they are numbers; valid until the next change. */
  values(column: number): Column {
    const whole = this.columns[column] as Column;
    return (this.views[column] ??= whole instanceof Float64Array ? whole.subarray(this.start, this.end) : whole.slice(this.start, this.end));
  }

  /** Adds a column, null in the rows that are there. */
  addColumn(type: FieldType): void {
    this.types.push(type);
    this.columns.push(create(type, this.room));
  }

  /** Adds a row; what is missing in it is null. */
  add(values: readonly unknown[]): void {
    const at = this.isHead ? this.roomBefore() : this.roomBehind();
    this.columns.forEach((column, i) => {
      const value = values[i];
      if (value === null || value === undefined)
        fillNull(column, at, at + 1);
      else
        column[at] = value as never;
    });
    if (this.isHead) {
      this.start = at;
      this.end = Math.min(this.end, at + this.capacity);
    } else {
      this.end = at + 1;
      this.start = Math.max(this.start, this.end - this.capacity);
    }
    this.views = [];
  }

  /** Forgets all rows. */
  clear(): void {
    this.start = this.end = this.isHead ? this.room : 0;
    this.views = [];
  }

  private roomBehind(): number {
    if (this.end === this.room) {
      const kept = Math.min(this.length, this.capacity - 1);
      this.move(this.end - kept, kept, 0);
    }
    return this.end;
  }

  private roomBefore(): number {
    if (this.start === 0) {
      const kept = Math.min(this.length, this.capacity - 1);
      this.move(0, kept, this.nextRoom() - kept);
    }
    return this.start - 1;
  }

  private nextRoom(): number {
    return Math.max(this.room, Math.min(2 * this.capacity, Math.max(firstRows, 4 * this.length)));
  }

  private move(from: number, count: number, to: number): void {
    const room = this.nextRoom();
    this.columns = this.columns.map((column, i) => {
      const moved = room === this.room ? column : create(this.types[i] as FieldType, room);
      if (column instanceof Float64Array)
        (moved as Float64Array).set(column.subarray(from, from + count), to);
      else
        column.slice(from, from + count).forEach((value, row) => ((moved as unknown[])[to + row] = value));
      return moved;
    });
    this.room = room;
    this.start = to;
    this.end = to + count;
  }
}

function create(type: FieldType, rows: number): Column {
  const column: Column = type === "time" || type === "number" ? new Float64Array(rows) : new Array<string | boolean | null>(rows).fill(null);
  fillNull(column, 0, rows);
  return column;
}
