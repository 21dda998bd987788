/** True for a plain object: a literal, `JSON.parse`d, without a prototype, or made so in another realm. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  // By the prototype, since the object may have a key `constructor`.
  return Object.getPrototypeOf(prototype) === null && className(Object(prototype)) === 'Object';
}

/** True for a promise, whatever realm or library has made it. */
export function isThenable<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

export function className(value: object): string {
  const Class: unknown = Reflect.get(value, 'constructor');
  return typeof Class === 'function' && Class.name !== '' ? Class.name : 'an unnamed class';
}

/** Sets a property of the object itself, whatever its name: assigning to `__proto__` would not. */
export function setOwn(target: Record<string | number, unknown>, key: string | number, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    target[key] = value;
  }
}
