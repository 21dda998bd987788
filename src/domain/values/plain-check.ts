/**
 * True if JSON says a value as it is: texts, finite numbers but -0, booleans, `null`, and plain objects and lists of those. Makes no
 * copy, so that it takes less than half of the time of the walk that copies. False too for what may be plain, but would take longer to tell:
 * objects of another realm, and more levels than given.
 */
export function isPlainJson(value: unknown, levels: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || levels === 0) return false;
  if (Array.isArray(value)) return isPlainList(value, levels);
  if (!isPlainObject(value)) return false;
  for (const key of Object.keys(value)) if (!isPlainJson(value[key], levels - 1)) return false;
  return true;
}

/** True for an object that has nothing but texts as keys, and no class. */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.getOwnPropertySymbols(value).length === 0;
}

function isPlainList(list: readonly unknown[], levels: number): boolean {
  // Not one with holes or properties, nor of a class, which may have a `toJSON`.
  if (Object.getPrototypeOf(list) !== Array.prototype || Object.keys(list).length !== list.length)
    return false;
  return list.every((item) => isPlainJson(item, levels - 1));
}
