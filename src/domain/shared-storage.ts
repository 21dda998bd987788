import { AsyncLocalStorage } from 'node:async_hooks';

/** The storage under this name, which all copies of this package in a process share. */
export function sharedStorage<Value>(name: string): AsyncLocalStorage<Value> {
  const slot = Symbol.for(`@looopy-ai/aws/${name}`);
  const known: unknown = Reflect.get(globalThis, slot);
  if (known instanceof AsyncLocalStorage) return known;
  const created = new AsyncLocalStorage<Value>();
  Object.defineProperty(globalThis, slot, { value: created });
  return created;
}
