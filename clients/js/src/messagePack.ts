// MessagePack as far as the contract and SignalR's hub protocol use it (the MessagePack specification). Numbers that fit
// are written as integers, all others as float64; a `bin` is read as a view of the message and not copied.

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

/** Writes values one after the other. */
export class PackWriter {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  private at = 0;

  /** What was written, as a view. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  value(value: unknown): this {
    if (value === null || value === undefined)
      this.byte(0xc0);
    else if (typeof value === "boolean")
      this.byte(value ? 0xc3 : 0xc2);
    else if (typeof value === "number")
      this.number(value);
    else if (typeof value === "string")
      this.string(value);
    else if (value instanceof Uint8Array)
      this.binary(value);
    else if (value instanceof Float64Array)
      this.binary(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else if (Array.isArray(value))
      this.head(value.length, 0x90, 15, 0xdc).all(value);
    else
      this.map(value as Record<string, unknown>);
    return this;
  }

  private all(values: readonly unknown[]): void {
    for (const value of values)
      this.value(value);
  }

  private map(value: Record<string, unknown>): void {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    this.head(entries.length, 0x80, 15, 0xde);
    for (const [key, one] of entries)
      this.value(key).value(one);
  }

  private number(value: number): void {
    if (Number.isInteger(value) && value >= -32 && value <= 127 && !Object.is(value, -0)) {
      this.byte(value & 0xff);
      return;
    }
    this.reserve(9);
    const isInt = Number.isInteger(value) && Math.abs(value) < 2 ** 31 && !Object.is(value, -0);
    this.bytes[this.at] = isInt ? 0xd2 : 0xcb;
    if (isInt)
      this.view.setInt32(this.at + 1, value);
    else
      this.view.setFloat64(this.at + 1, value);
    this.at += isInt ? 5 : 9;
  }

  private string(value: string): void {
    const bytes = utf8.encode(value);
    if (bytes.length > 31 && bytes.length < 256)
      this.byte(0xd9).byte(bytes.length);
    else
      this.head(bytes.length, 0xa0, 31, 0xda);
    this.raw(bytes);
  }

  private binary(bytes: Uint8Array): void {
    if (bytes.length < 256)
      this.byte(0xc4).byte(bytes.length);
    else
      this.head(bytes.length, 0, -1, 0xc5);
    this.raw(bytes);
  }

  /** A length: in the low bits of one byte, or in two or four behind one. */
  private head(length: number, small: number, maxSmall: number, large: number): this {
    if (length <= maxSmall)
      return this.byte(small | length);
    this.reserve(5);
    const isShort = length < 2 ** 16;
    this.bytes[this.at] = isShort ? large : large + 1;
    if (isShort)
      this.view.setUint16(this.at + 1, length);
    else
      this.view.setUint32(this.at + 1, length);
    this.at += isShort ? 3 : 5;
    return this;
  }

  private byte(value: number): this {
    this.reserve(1);
    this.bytes[this.at++] = value;
    return this;
  }

  private raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  private reserve(count: number): void {
    if (this.at + count <= this.bytes.length)
      return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    grown.set(this.written);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** Reads values one after the other. */
export class PackReader {
  private readonly view: DataView;
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws RangeError where the bytes end too early or hold what the contract does not use. */
  value(): unknown {
    const type = this.view.getUint8(this.at++);
    if (type < 0x80)
      return type;
    if (type < 0x90)
      return this.map(type & 0x0f);
    if (type < 0xa0)
      return this.array(type & 0x0f);
    if (type < 0xc0)
      return this.string(type & 0x1f);
    if (type >= 0xe0)
      return type - 0x100;
    return this.long(type);
  }

  private long(type: number): unknown {
    switch (type) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: case 0xc5: case 0xc6: return this.take(this.uint(1 << (type - 0xc4)));
      case 0xca: return this.view.getFloat32(this.skip(4));
      case 0xcb: return this.view.getFloat64(this.skip(8));
      case 0xcc: case 0xcd: case 0xce: case 0xcf: return this.uint(1 << (type - 0xcc));
      case 0xd0: return this.view.getInt8(this.skip(1));
      case 0xd1: return this.view.getInt16(this.skip(2));
      case 0xd2: return this.view.getInt32(this.skip(4));
      case 0xd3: return Number(this.view.getBigInt64(this.skip(8)));
      case 0xd9: case 0xda: case 0xdb: return this.string(this.uint(1 << (type - 0xd9)));
      case 0xdc: case 0xdd: return this.array(this.uint(type === 0xdc ? 2 : 4));
      case 0xde: case 0xdf: return this.map(this.uint(type === 0xde ? 2 : 4));
      default: throw new RangeError(`MessagePack type 0x${type.toString(16)} at byte ${this.at - 1} is none that the contract uses`);
    }
  }

  private uint(bytes: number): number {
    const at = this.skip(bytes);
    switch (bytes) {
      case 1: return this.view.getUint8(at);
      case 2: return this.view.getUint16(at);
      case 4: return this.view.getUint32(at);
      default: return Number(this.view.getBigUint64(at));
    }
  }

  private map(count: number): Record<string, unknown> {
    // Without a prototype, so that no key is more than a key.
    const map = Object.create(null) as Record<string, unknown>;
    for (; count > 0; count--)
      map[String(this.value())] = this.value();
    return map;
  }

  private array(count: number): unknown[] {
    const array: unknown[] = [];
    for (; count > 0; count--)
      array.push(this.value());
    return array;
  }

  private string(length: number): string {
    const bytes = this.take(length);
    // Keys and names are short and nearly always ASCII, where this is faster than the decoder.
    if (length < 24) {
      let text = "";
      for (const byte of bytes) {
        if (byte >= 0x80)
          return fromUtf8.decode(bytes);
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return fromUtf8.decode(bytes);
  }

  private take(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  private skip(count: number): number {
    const at = this.at;
    this.at += count;
    if (this.at > this.bytes.length)
      throw new RangeError(`a MessagePack value ends at byte ${this.at} of ${this.bytes.length}`);
    return at;
  }
}
