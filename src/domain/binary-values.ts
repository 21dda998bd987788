import { isExactly } from './object-kinds.js';

/** Binary data of any class that is kept: an `ArrayBuffer`, a `DataView`, a typed array or a Node `Buffer`. */
export type BinaryValue = ArrayBuffer | ArrayBufferView;

interface BinaryClass {
  readonly Class: { readonly name: string; readonly prototype: BinaryValue };
  /** Makes a value of bytes that nobody else holds. */
  readonly create: (bytes: ArrayBuffer) => BinaryValue;
}

const binaryClasses: readonly BinaryClass[] = [
  { Class: ArrayBuffer, create: (bytes) => bytes },
  { Class: Buffer, create: (bytes) => Buffer.from(bytes) },
  { Class: DataView, create: (bytes) => new DataView(bytes) },
  { Class: Int8Array, create: (bytes) => new Int8Array(bytes) },
  { Class: Uint8Array, create: (bytes) => new Uint8Array(bytes) },
  { Class: Uint8ClampedArray, create: (bytes) => new Uint8ClampedArray(bytes) },
  { Class: Int16Array, create: (bytes) => new Int16Array(bytes) },
  { Class: Uint16Array, create: (bytes) => new Uint16Array(bytes) },
  { Class: Int32Array, create: (bytes) => new Int32Array(bytes) },
  { Class: Uint32Array, create: (bytes) => new Uint32Array(bytes) },
  { Class: Float32Array, create: (bytes) => new Float32Array(bytes) },
  { Class: Float64Array, create: (bytes) => new Float64Array(bytes) },
  { Class: BigInt64Array, create: (bytes) => new BigInt64Array(bytes) },
  { Class: BigUint64Array, create: (bytes) => new BigUint64Array(bytes) },
];

/** The name of the class of a binary value; `undefined` for anything else. */
export function binaryClassName(value: object): string | undefined {
  return binaryClasses.find(({ Class }) => isExactly(value, Class))?.Class.name;
}

/** The bytes of a binary value, seen in place. */
export function bytesOf(value: BinaryValue): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

export function isBinary(value: object): value is BinaryValue {
  return binaryClassName(value) !== undefined;
}

/**
 * Binary data of the named class, over a copy of the bytes.
 *
 * @throws RangeError where no class has that name, or the bytes are no whole number of its elements.
 */
export function createBinary(name: string, bytes: Uint8Array): BinaryValue {
  const known = binaryClasses.find(({ Class }) => Class.name === name);
  if (known === undefined) throw new RangeError('The stored value is of an unknown class of binary data.');
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return known.create(copy);
}
