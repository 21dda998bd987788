import { copyState } from '../../domain/state-copy.js';
import type { StateSerializer, ValueBeyondJson } from '../../domain/state-serializer.js';
import { decodeState } from './decode-state.js';
import { encodeState } from './encode-state.js';

/**
 * The default serializer: plain JSON with ISO dates, and superjson's notes beside it that say what else a value was. A state
 * whose only such values are `createdAt` and `lastActivity` has no notes.
 *
 * superjson by itself reads and writes the same, only slower, but for what it loses or refuses, which has custom types here:
 * errors, binary data, invalid dates and keys such as `__proto__`.
 *
 * Given `beyondJson`, it turns `state` itself into what it returns; without, it makes its own copy.
 *
 * @example
 * const serializer: StateSerializer = {
 *   serialize: async (state, ids, beyondJson) =>
 *     encrypt(toStateText(await superjsonSerializer.serialize(state, ids, beyondJson)), ids),
 *   deserialize: async (stored, ids) =>
 *     superjsonSerializer.deserialize(fromStateText(await decrypt(stored, ids)), ids),
 * };
 */
export const superjsonSerializer: StateSerializer = {
  serialize(state, _ids, beyondJson) {
    if (beyondJson !== undefined) return encodeState(state, beyondJson);
    const found: ValueBeyondJson[] = [];
    return encodeState(copyState(state, found), found);
  },
  deserialize: decodeState,
};
