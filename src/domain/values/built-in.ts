/*
 * Recognizes values of the built-in classes, whatever realm has made them. A test runner's sandbox and `node:vm` have classes of
 * their own, for which `instanceof` is false. The tag of an instance, and what the getters of its class accept, are the same in
 * every realm.
 */

/** Classes that Node writes in JavaScript: no getter of ours accepts those of another realm, so the tag has to do. */
const writtenClasses: readonly string[] = ['URL', 'DOMException'];

/**
 * For each tag but those of the typed arrays, a check that is true for an instance. For an object that only claims the tag, it is
 * false or throws.
 */
const checks: ReadonlyMap<string, (value: object) => boolean> = new Map([
  ['ArrayBuffer', hasGetter(ArrayBuffer.prototype, 'byteLength')],
  ['DataView', hasGetter(DataView.prototype, 'byteLength')],
  ['Date', (value: object) => typeof Date.prototype.getTime.call(value) === 'number'],
  ['Error', isError],
  ['Map', hasGetter(Map.prototype, 'size')],
  ['RegExp', hasGetter(RegExp.prototype, 'source')],
  ['Set', hasGetter(Set.prototype, 'size')],
  ...writtenClasses.map((name) => [name, () => true] as const),
]);

/**
 * The name of the built-in class that has this prototype in some realm, if the value is one of its instances; `undefined` for
 * a class that is derived from one.
 */
export function builtInName(value: object, prototype: object): string | undefined {
  const tag = tagOf(value);
  if (!checks.has(tag) && arrayName(value) !== tag) return undefined;
  const Class = findClass(value, prototype);
  if (typeof Class !== 'function') return undefined;
  const name = tag === 'Error' ? Class.name : tag;
  return isBuiltIn(Class, name, prototype) && isInstance(value, tag) ? name : undefined;
}

/** The name of a typed array's class, which is `Uint8Array` for a `Buffer`; `undefined` for anything else. */
export function arrayName(value: unknown): unknown {
  return Reflect.get(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag, value);
}

export function isBytes(value: unknown): value is Uint8Array {
  // Quick for the usual answers: this is asked of every state and its data.
  return ArrayBuffer.isView(value) && arrayName(value) === 'Uint8Array';
}

export function isDate(value: unknown): value is Date {
  return value instanceof Date || isInstance(value, 'Date');
}

/** True for an error of any class. */
export function isError(value: unknown): value is Error {
  if (value instanceof Error) return true;
  if (typeof value !== 'object' || value === null) return false;
  const tag = tagOf(value);
  // Only a tag that neither the object nor its class has set is built in.
  return tag === 'DOMException' || (tag === 'Error' && !(Symbol.toStringTag in value));
}

function isInstance(value: unknown, tag: string): boolean {
  try {
    return arrayName(value) === tag || checks.get(tag)?.(Object(value)) === true;
  } catch {
    return false;
  }
}

function isBuiltIn(Class: { readonly name: string }, name: string, prototype: object): boolean {
  // A test runner's fake clock puts a `Date` of its own in the place of the built-in one.
  if (Reflect.get(globalThis, name) === Class) return true;
  if (Function.prototype.toString.call(Class) === `function ${name}() { [native code] }`) return true;
  return writtenClasses.includes(name) && Class.name === name && Object.hasOwn(prototype, Symbol.toStringTag);
}

/** The class of a prototype. A date of a fake clock names the class that it stands for in a property of its own. */
function findClass(value: object, prototype: object): unknown {
  const holder = Object.hasOwn(value, 'constructor') ? value : prototype;
  return Object.getOwnPropertyDescriptor(holder, 'constructor')?.value;
}

/** The tag of an object, such as `Map` for `[object Map]`. */
function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** A check by a getter of a class, which throws for everything but an instance. */
function hasGetter(prototype: object, name: string): (value: object) => boolean {
  return (value) => Reflect.get(prototype, name, value) !== undefined;
}
