import { arrayName, builtInName } from './built-in.js';
import { asList, defineKind } from './value-kind.js';

/** Binary data of any class that is kept: an `ArrayBuffer`, a `DataView`, a typed array or a Node `Buffer`. */
type BinaryValue = ArrayBuffer | ArrayBufferView;

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

/** Kept as the name of the class and the bytes in base64. */
export const binaryKind = defineKind<BinaryValue>({
  type: ['custom', 'binary'],
  classes: binaryClasses.map(({ Class }) => Class),
  className: nameOf,
  toPlain: (value) => [nameOf(value), toBase64(value)],
  fromPlain: (plain) => {
    const [name, base64] = asList(plain);
    return create(String(name), Buffer.from(String(base64), 'base64'));
  },
  toJson: (value, { list }) => {
    const name = arrayName(value);
    return name !== undefined && name !== 'Uint8Array' && Symbol.iterator in value
      ? list([...(value as Iterable<unknown> & BinaryValue)])
      : toBase64(value);
  },
});

function nameOf(value: BinaryValue): string {
  const prototype: object = Object.getPrototypeOf(value);
  const known = binaryClasses.find(({ Class }) => Class.prototype === prototype);
  return known?.Class.name ?? String(builtInName(value, prototype));
}

function toBase64(value: BinaryValue): string {
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
  return bytes.toString('base64');
}

/** Over a copy of the bytes. @throws RangeError if no class has that name, or the bytes are no whole number of its elements. */
function create(name: string, bytes: Uint8Array): BinaryValue {
  const known = binaryClasses.find(({ Class }) => Class.name === name);
  if (known === undefined) throw new RangeError('The stored value is of an unknown class of binary data.');
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return known.create(copy);
}
