import { restore } from './decode.js';
import { encode } from './encode.js';

/**
 * Copies a value as a store would give it back, and says how many characters it takes. The copy shares nothing with it.
 *
 * @param root - What messages call the value.
 * @throws AgentStoreError `UNSERIALIZABLE`, with the path, if it holds what cannot be kept.
 */
export function copyValue<Value>(
  value: Value,
  root: string,
): { readonly copy: Value; readonly size: number } {
  const { data, notes } = encode({ value }, root);
  const size = JSON.stringify(data).length;
  restore(data, notes);
  // Every kind of value that can be kept is restored as itself.
  return { copy: Reflect.get(Object(data), 'value') as Value, size };
}
