// Columns as they travel (see PROTOCOL.md, "Columns"), written against the text and not against the server's code.
// A decoded column is an array whose values are numbers, strings, booleans or null; NaN and null are different.

/** The bits of the float64 that means null: R's NA. */
export const nullBits = 0x7ff80000000007a2n;

const entityValues = { NaN: NaN, Inf: Infinity, NegInf: -Infinity };

/** Decodes `{values, entities?}` of either hub protocol. */
export function decodeColumns({ values, entities = [] }) {
  return values.map((column, index) =>
    column instanceof Uint8Array ? decodeBinary(column) : withEntities(column, entities?.[index]));
}

/** Decodes a MessagePack `bin` of little-endian float64. */
export function decodeBinary(bytes) {
  if (bytes.byteLength % 8 !== 0)
    throw new RangeError(`a binary column holds float64, 8 bytes each; it has ${bytes.byteLength} bytes`);

  // A bin starts anywhere in its message, so it cannot be viewed as a Float64Array; and null is told from NaN by its
  // bits before the number is read, since an engine may change a NaN's payload on the way.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 8 }, (_, row) =>
    view.getBigUint64(row * 8, true) === nullBits ? null : view.getFloat64(row * 8, true));
}

/** Encodes numbers and nulls as a MessagePack `bin`. */
export function encodeBinary(numbers) {
  const view = new DataView(new ArrayBuffer(numbers.length * 8));
  numbers.forEach((number, row) => {
    if (number === null)
      view.setBigUint64(row * 8, nullBits, true);
    else
      view.setFloat64(row * 8, number, true);
  });
  return new Uint8Array(view.buffer);
}

function withEntities(column, entities) {
  const decoded = [...column];
  for (const [name, rows] of Object.entries(entities ?? {})) {
    if (!Object.hasOwn(entityValues, name))
      throw new RangeError(`'${name}' is no entity`);
    for (const row of rows) {
      if (decoded[row] !== null)
        throw new RangeError(`row ${row} has a value beside the entity ${name}`);
      decoded[row] = entityValues[name];
    }
  }

  return decoded;
}
